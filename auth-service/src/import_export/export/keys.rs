//! Exports signing keys as JWK sets, PEM files and rows for Better Auth.

use serde::Serialize;
use serde_json::json;

use super::files::{CsvFile, Directory, text};
use super::summary::Summary;
use crate::import_export::error::TransferError;
use crate::import_export::snapshot::Snapshot;
use crate::keys::{self, ExportedKey, KeyEncryptionKeys, KeyStatus, PublicJwk, RS256, SigningKey, StoredKey};

/// The columns of Better Auth's table `jwks`.
const BETTER_AUTH_JWKS: [&str; 5] = ["id", "publicKey", "privateKey", "createdAt", "alg"];

/// Writes the public keys to `jwks.json`. With private keys, writes those to `private-jwks.json`, to PEM files, and as
/// rows for Better Auth.
pub async fn write(
    snapshot: &Snapshot<'_>,
    directory: &Directory,
    encryption: &KeyEncryptionKeys,
    with_private: bool,
    summary: &mut Summary,
) -> Result<(), TransferError> {
    let mut stored = keys::all(snapshot).await.map_err(TransferError::Store)?;
    stored.retain(|key| key.record.status != KeyStatus::Revoked);
    stored.sort_by_key(|key| key.record.status);
    let keys: Vec<DecryptedKey<'_>> =
        stored.iter().map(|key| DecryptedKey::of(key, encryption)).collect::<Result<_, _>>()?;
    summary.keys = keys.len() as u64;
    directory.write("jwks.json", &set(&keys.iter().map(|key| &key.public).collect::<Vec<_>>())?)?;
    if !with_private {
        return Ok(());
    }
    let private: Vec<&DecryptedKey<'_>> = keys.iter().filter(|key| key.private.is_some()).collect();
    summary.private_keys = private.len() as u64;
    let mut rows = CsvFile::create(directory, "better-auth-jwks.csv", &BETTER_AUTH_JWKS)?;
    let mut jwks = Vec::new();
    for (number, key) in private.iter().enumerate() {
        let Some(ExportedKey { pem, jwk }) = &key.private else { continue };
        // An imported `kid` may not be a valid file name.
        directory.write(&format!("key-{}-{}.pem", number + 1, key.stored.record.status.as_str()), pem)?;
        let (public, private) = (json_text(&key.public)?, json_text(jwk)?);
        let record = &key.stored.record;
        // Better Auth would sign with the pending key, since it is the newest.
        if record.status != KeyStatus::Pending {
            rows.row(&[&record.kid, &public, &private, &text(record.created_at), RS256])?;
        }
        jwks.push(jwk);
    }
    rows.finish()?;
    directory.write("private-jwks.json", &set(&jwks)?)
}

/// A key with its private half in the clear.
struct DecryptedKey<'a> {
    stored: &'a StoredKey,
    public: PublicJwk,
    private: Option<ExportedKey>,
}

impl<'a> DecryptedKey<'a> {
    fn of(stored: &'a StoredKey, encryption: &KeyEncryptionKeys) -> Result<Self, TransferError> {
        let kid = &stored.record.kid;
        let der = match &stored.key_pair.private_key {
            Some(sealed) => Some(encryption.open(kid, sealed).ok_or_else(|| {
                TransferError::Key(format!(
                    "KEY_ENCRYPTION_KEYS: none of the keys decrypts signing key {kid}"
                ))
            })?),
            None => None,
        };
        let broken = || TransferError::Key(format!("the stored key {kid} is not an RSA key"));
        let public = match (&stored.key_pair.jwk, &der) {
            (Some(jwk), _) => jwk.clone(),
            (None, Some(der)) => SigningKey::from_pkcs8(der).map_err(|_| broken())?.jwk().clone(),
            (None, None) => return Err(broken()),
        };
        let private = match &der {
            Some(der) => Some(ExportedKey::from_pkcs8(der, kid).ok_or_else(broken)?),
            None => None,
        };
        Ok(Self { stored, public, private })
    }
}

fn set(keys: &[impl Serialize]) -> Result<String, TransferError> {
    let keys = serde_json::to_value(keys).map_err(not_json)?;
    Ok(format!("{:#}\n", json!({ "keys": keys })))
}

fn json_text(key: &impl Serialize) -> Result<String, TransferError> {
    serde_json::to_string(key).map_err(not_json)
}

fn not_json(error: serde_json::Error) -> TransferError {
    TransferError::Key(format!("a key is not JSON: {error}"))
}
