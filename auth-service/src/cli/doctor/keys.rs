//! The signing keys in the database.

use jiff::Timestamp;
use service_kit::database::Pool;

use super::report::{Finding, Report};
use crate::config::Config;
use crate::keys::KeyInspection;

const SIGNING: &str = "keys.signing";

/// Checks that every private key can be decrypted and one of them signs. Returns the keys.
pub async fn check(
    config: &Config,
    pool: Option<&Pool>,
    now: Timestamp,
    report: &mut Report,
) -> Option<KeyInspection> {
    let Some(pool) = pool else {
        report.skip(&[SIGNING], "the database cannot be reached");
        return None;
    };
    let encryption = match config.key_encryption_keys() {
        Ok(encryption) => encryption,
        Err(error) => {
            let remedy = "Set KEY_ENCRYPTION_KEYS to the value that the service was first started with";
            report.add(Finding::fault(SIGNING, error.to_string(), remedy));
            return None;
        }
    };
    match KeyInspection::read(pool, &encryption, now).await {
        Ok(keys) => {
            report.add(finding(&keys));
            Some(keys)
        }
        Err(error) => {
            report.skip(&[SIGNING], &error.to_string());
            None
        }
    }
}

fn finding(keys: &KeyInspection) -> Finding {
    let sealed = keys.sealed.join(", ");
    if let Some(first) = keys.sealed.first() {
        return Finding::fault(
            SIGNING,
            format!("none of KEY_ENCRYPTION_KEYS decrypts these signing keys: {sealed}"),
            format!(
                "Add the key that they were encrypted under to the end of KEY_ENCRYPTION_KEYS; if it is lost, run \
                 `auth-service keys revoke {first}`"
            ),
        );
    }
    match &keys.active {
        Some(active) => {
            Finding::ok(SIGNING, format!("the key {} signs, and all keys can be decrypted", active.kid()))
        }
        None => {
            Finding::warning(SIGNING, "no key signs yet", "Start the service, which creates the first key")
        }
    }
}
