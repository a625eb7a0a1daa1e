//! Keys that signed tokens there: published here until those tokens are over, and never signing again.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio_postgres::Row;

use super::KeyOptions;
use super::accounts::{Table, read};
use super::names::Names;
use crate::import_export::error::TransferError;
use crate::import_export::report::CopiedKey;
use crate::import_export::snapshot::Snapshot;
use crate::import_export::target::Target;
use crate::keys::{KeyEncryptionKeys, RS256, RetiredKey, SigningKey, is_usable_kid, pkcs8_of, published};

/// Copies the keys whose tokens may still be out.
pub async fn import(
    snapshot: &Snapshot<'_>,
    names: &Names,
    options: &KeyOptions,
    target: &mut Target,
    now: Timestamp,
) -> Result<(), TransferError> {
    let table = Table::look(snapshot, names, "jwks").await?;
    // Without its JWT plugin there is none.
    if !table.is_there() {
        return Ok(());
    }
    let sql = format!(
        "SELECT {id}::text AS kid, {public}::text AS public_key, {private}::text AS private_key,
                {created}::timestamptz AS created_at, {expires}::timestamptz AS expires_at, {alg}::text AS alg
         FROM {name} ORDER BY {created}, {id}",
        id = table.column("id")?,
        public = table.column("publicKey")?,
        private = table.column("privateKey")?,
        created = table.column("createdAt")?,
        expires = table.optional("", "expiresAt", "NULL")?,
        alg = table.optional("", "alg", "NULL")?,
        name = table.name,
    );
    let mut keys = Vec::new();
    let mut encryption = None;
    for row in snapshot.rows(&sql, &[]).await.map_err(TransferError::Source)? {
        let kid: String = read(&row, "kid").map_err(TransferError::Source)?;
        match key(&row, &kid, options, &mut encryption, now)? {
            Ok(key) => keys.push(key),
            Err(reason) => {
                target.report.keys.skipped.insert(kid, reason);
            }
        }
    }
    for key in keys {
        let copied = CopiedKey {
            kid: key.kid.clone(),
            algorithm: key.algorithm.clone(),
            private_half: key.private_key.is_some(),
            published_until: format!("{:.0}", key.until),
        };
        if target.take_key(&key).await? {
            target.report.keys.copied.push(copied);
        } else {
            target.report.keys.already_there.push(key.kid);
        }
    }
    Ok(())
}

/// A key that fits; else, why it is left out. An error stops the run.
fn key(
    row: &Row,
    kid: &str,
    options: &KeyOptions,
    encryption: &mut Option<KeyEncryptionKeys>,
    now: Timestamp,
) -> Result<Result<RetiredKey, &'static str>, TransferError> {
    let source = TransferError::Source;
    if !is_usable_kid(kid) {
        return Ok(Err("its id is no usable kid"));
    }
    let end = now.checked_add(options.publish_for).unwrap_or(Timestamp::MAX);
    let until = match read::<Option<Timestamp>>(row, "expires_at").map_err(source)? {
        Some(expires) => expires.checked_add(options.grace).unwrap_or(Timestamp::MAX).min(end),
        None => end,
    };
    if until <= now {
        return Ok(Err("expired, its time of grace included"));
    }
    let public: Option<String> = read(row, "public_key").map_err(source)?;
    let public = public.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let named: Option<String> = read(row, "alg").map_err(source)?;
    let Some((algorithm, jwk)) = public.and_then(|public| published(&public, kid, named.as_deref())) else {
        return Ok(Err("its public half is no JWK of a signature key"));
    };
    if options.rs256_only && algorithm != RS256 {
        return Ok(Err("not RS256"));
    }
    let private: Option<String> = read(row, "private_key").map_err(source)?;
    let private_key = match private {
        Some(stored) if algorithm == RS256 => {
            let stored = SecretString::from(stored);
            sealed(&stored, &jwk, kid, options, encryption)?
        }
        _ => None,
    };
    let created_at = read(row, "created_at").map_err(source)?;
    Ok(Ok(RetiredKey { kid: kid.to_owned(), algorithm, jwk, private_key, until, created_at }))
}

/// The private half, encrypted anew; `None` when no secret was given to open it with.
fn sealed(
    stored: &SecretString,
    public: &Value,
    kid: &str,
    options: &KeyOptions,
    encryption: &mut Option<KeyEncryptionKeys>,
) -> Result<Option<Vec<u8>>, TransferError> {
    let broken =
        || TransferError::Key(format!("key {kid}: its private half is not the RSA key of its public half"));
    let stored: Value = serde_json::from_str(stored.expose_secret()).map_err(|_| broken())?;
    let jwk: Value = match stored {
        // A text in JSON is an encrypted key, an object a plain one.
        Value::String(encrypted) => {
            if options.secrets.is_empty() {
                return Ok(None);
            }
            let opened = options.secrets.open(&encrypted).ok_or_else(|| {
                TransferError::Key(format!(
                    "BETTER_AUTH_SECRET does not open key {kid}: give the secret of that deployment, or none, to \
                     copy the public halves alone"
                ))
            })?;
            serde_json::from_str(opened.expose_secret()).map_err(|_| broken())?
        }
        plain => plain,
    };
    let der = pkcs8_of(&jwk).filter(|der| {
        let key = SigningKey::from_pkcs8(der).ok().and_then(|key| serde_json::to_value(key.jwk()).ok());
        key.is_some_and(|key| key.get("n") == public.get("n") && key.get("e") == public.get("e"))
    });
    let der = der.ok_or_else(broken)?;
    let encryption = match encryption {
        Some(encryption) => encryption,
        none => none.insert((options.encryption)()?),
    };
    let sealed = encryption.seal(kid, &der).map_err(|error| TransferError::Key(error.to_string()))?;
    Ok(Some(sealed))
}
