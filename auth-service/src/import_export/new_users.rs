//! Stores users who do not exist yet.

use std::collections::HashSet;

use service_kit::database::Transaction;
use service_kit::store::StoreError;

use super::account::ValidAccount;
use crate::users::{self, User};

/// Stores the users of new accounts: of several with one username, the first gets it. Returns the ids of those who are
/// stored.
pub async fn create(
    transaction: &Transaction,
    new: &mut [ValidAccount],
) -> Result<HashSet<String>, StoreError> {
    let users: Vec<&User> = new.iter().map(|account| &account.user).collect();
    let mut stored = users::create_missing(transaction, &users).await?;
    let lost = new
        .iter_mut()
        .filter(|account| account.user.username.is_some() && !stored.contains(account.user.id.as_str()));
    let mut renamed = Vec::new();
    for account in lost {
        account.drop_username();
        renamed.push(&account.user);
    }
    if !renamed.is_empty() {
        let more = users::create_missing(transaction, &renamed).await?;
        stored.extend(more);
    }
    Ok(stored)
}
