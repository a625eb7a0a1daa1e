//! The signing keys in the database, and what else KEY_ENCRYPTION_KEYS encrypts.

use std::sync::Arc;

use jiff::Timestamp;
use service_kit::database::Pool;
use shared_claims::SystemClock;
use uuid::Uuid;

use super::report::{Finding, Report};
use crate::config::Config;
use crate::keys::KeyInspection;
use crate::linked_accounts;
use crate::second_factors;
use crate::webhooks::Registry;

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
    let registry = Registry { pool: pool.clone(), clock: Arc::new(SystemClock) };
    let keys = KeyInspection::read(pool, &encryption, now).await.map_err(|error| error.to_string());
    let receivers = registry.undecryptable(&encryption).await.map_err(|error| error.to_string());
    let linked = linked_accounts::undecryptable(pool, &encryption).await.map_err(|error| error.to_string());
    let factors = second_factors::undecryptable(pool, &encryption).await.map_err(|error| error.to_string());
    match (keys, receivers, linked, factors) {
        (Ok(keys), Ok(receivers), Ok(linked), Ok(factors)) => {
            report.add(finding(&keys, &receivers, (linked, factors)));
            Some(keys)
        }
        (Err(error), ..) | (_, Err(error), ..) | (.., Err(error), _) | (.., Err(error)) => {
            report.skip(&[SIGNING], &error);
            None
        }
    }
}

fn finding(keys: &KeyInspection, receivers: &[Uuid], (linked, factors): (usize, usize)) -> Finding {
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
    if let Some(first) = receivers.first() {
        let receivers = receivers.iter().map(Uuid::to_string).collect::<Vec<_>>().join(", ");
        return Finding::fault(
            SIGNING,
            format!(
                "none of KEY_ENCRYPTION_KEYS decrypts the secrets of these webhook receivers: {receivers}"
            ),
            format!(
                "Add the key that they were encrypted under to the end of KEY_ENCRYPTION_KEYS; if it is lost, run \
                 `auth-service webhooks remove {first}` and add the receiver again"
            ),
        );
    }
    if factors > 0 {
        return Finding::fault(
            SIGNING,
            format!("none of KEY_ENCRYPTION_KEYS decrypts the second factors of {factors} users"),
            "Add the key that they were encrypted under to the end of KEY_ENCRYPTION_KEYS; if it is lost, remove them with \
             `auth-service users remove-second-factor`",
        );
    }
    if linked > 0 {
        return Finding::warning(
            SIGNING,
            format!("none of KEY_ENCRYPTION_KEYS decrypts the tokens of {linked} accounts at providers"),
            "Add the key that they were encrypted under to the end of KEY_ENCRYPTION_KEYS; if it is lost, the next \
             sign-in with the provider replaces them",
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
