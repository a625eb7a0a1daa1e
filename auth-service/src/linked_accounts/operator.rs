//! Encrypting the tokens of providers again, for the operator who replaces the keys.

use service_kit::database::{Executor, Pool};
use service_kit::store::{StoreError, column};
use uuid::Uuid;

use super::sealed::SealedTokens;
use crate::keys::{KeyEncryptionKeys, ReEncrypted, ReEncryptionError};

const TABLE: &str = "linked_accounts";
/// How many are read at once: a million accounts need not fit into memory.
const PAGE: i64 = 500;

const READ: &str = "SELECT id, tokens FROM linked_accounts WHERE id > $1 ORDER BY id LIMIT $2";
/// Unless new tokens were stored meanwhile, which are encrypted with the first key.
const SEAL: &str = "UPDATE linked_accounts SET tokens = $2 WHERE id = $1 AND tokens = $3";

/// Encrypts all tokens with the first key. It can be run again if it fails half way. Users whose tokens are lost can sign in,
/// which replaces them.
///
/// # Errors
/// If the database fails.
pub async fn re_encrypt(pool: &Pool, keys: &KeyEncryptionKeys) -> Result<ReEncrypted, ReEncryptionError> {
    let mut outcome = ReEncrypted::default();
    let mut after = Uuid::nil();
    loop {
        let page = page(pool, after).await?;
        for (id, sealed) in &page {
            match sealed.open(*id, keys) {
                Some(tokens) => {
                    pool.execute(SEAL, &[id, &tokens.seal(*id, keys)?.0, &sealed.0]).await?;
                    outcome.count += 1;
                }
                None => outcome.lost += 1,
            }
        }
        match page.last() {
            Some((id, _)) => after = *id,
            None => return Ok(outcome),
        }
    }
}

/// The number of linked accounts whose tokens none of the keys decrypts.
///
/// # Errors
/// If the database fails.
pub async fn undecryptable(pool: &Pool, keys: &KeyEncryptionKeys) -> Result<usize, StoreError> {
    let mut count = 0;
    let mut after = Uuid::nil();
    loop {
        let page = page(pool, after).await?;
        count += page.iter().filter(|(id, sealed)| sealed.open(*id, keys).is_none()).count();
        match page.last() {
            Some((id, _)) => after = *id,
            None => return Ok(count),
        }
    }
}

async fn page(pool: &Pool, after: Uuid) -> Result<Vec<(Uuid, SealedTokens)>, StoreError> {
    let rows = pool.query(READ, &[&after, &PAGE]).await?;
    rows.iter()
        .map(|row| Ok((column(row, TABLE, "id")?, SealedTokens(column(row, TABLE, "tokens")?))))
        .collect()
}
