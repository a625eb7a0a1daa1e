//! Encrypting the secrets of second factors again, for the operator who replaces the keys.

use service_kit::database::{Executor, Pool};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;

use super::sealed::SealedSecret;
use crate::keys::{KeyEncryptionKeys, ReEncrypted, ReEncryptionError};

const TABLE: &str = "second_factors";
/// How many are read at once: a million users need not fit into memory.
const PAGE: i64 = 500;

const READ: &str = "SELECT user_id, secret FROM second_factors WHERE user_id > $1 ORDER BY user_id LIMIT $2";
/// Unless another secret was stored meanwhile, which is encrypted with the first key.
const SEAL: &str = "UPDATE second_factors SET secret = $2 WHERE user_id = $1 AND secret = $3";

/// Encrypts all secrets with the first key. It can be run again if it fails half way. Second factors whose secrets are lost
/// cannot be used.
///
/// # Errors
/// If the database fails.
pub async fn re_encrypt(pool: &Pool, keys: &KeyEncryptionKeys) -> Result<ReEncrypted, ReEncryptionError> {
    let mut outcome = ReEncrypted::default();
    let mut after = String::new();
    loop {
        let page = page(pool, &after).await?;
        for (user, sealed) in &page {
            match sealed.open(user, keys) {
                Some(secret) => {
                    let again = secret.seal(user, keys)?;
                    pool.execute(SEAL, &[&user.as_str(), &again.0, &sealed.0]).await?;
                    outcome.count += 1;
                }
                None => outcome.lost += 1,
            }
        }
        match page.last() {
            Some((user, _)) => user.as_str().clone_into(&mut after),
            None => return Ok(outcome),
        }
    }
}

/// The number of users whose secrets none of the keys decrypts.
///
/// # Errors
/// If the database fails.
pub async fn undecryptable(pool: &Pool, keys: &KeyEncryptionKeys) -> Result<usize, StoreError> {
    let mut count = 0;
    let mut after = String::new();
    loop {
        let page = page(pool, &after).await?;
        count += page.iter().filter(|(user, sealed)| sealed.open(user, keys).is_none()).count();
        match page.last() {
            Some((user, _)) => user.as_str().clone_into(&mut after),
            None => return Ok(count),
        }
    }
}

async fn page(pool: &Pool, after: &str) -> Result<Vec<(UserId, SealedSecret)>, StoreError> {
    let read = |row: &Row| {
        let user: String = column(row, TABLE, "user_id")?;
        let user = UserId::try_from(user).map_err(|error| corrupt(TABLE, "user_id", error))?;
        Ok((user, SealedSecret(column(row, TABLE, "secret")?)))
    };
    pool.query(READ, &[&after, &PAGE]).await?.iter().map(read).collect()
}
