//! Imports the accounts of another database.

use tokio_postgres::Row;

use super::account::{NewAccount, NewBan};
use super::error::TransferError;
use super::snapshot::Pages;
use super::target::Target;
use crate::progress::Progress;

/// Reads the ban of an account from the columns `banned`, `ban_expires` and `ban_reason`.
pub fn ban(row: &Row) -> Result<Option<NewBan>, tokio_postgres::Error> {
    if !row.try_get("banned")? {
        return Ok(None);
    }
    let (until, reason) = (row.try_get("ban_expires")?, row.try_get("ban_reason")?);
    Ok(Some(NewBan { since: None, until, reason }))
}

/// Imports the accounts of a query, `batch` of them in a transaction. `read` reads an account from its row, except for
/// its id, which is in the column `id`. An account that cannot be read is skipped.
pub async fn import(
    mut pages: Pages<'_>,
    total: u64,
    batch: u16,
    target: &mut Target,
    read: impl Fn(&Row) -> Result<NewAccount, tokio_postgres::Error>,
) -> Result<(), TransferError> {
    let mut progress = Progress::new(target.progress, "users", Some(total));
    loop {
        let rows = pages.next(batch).await.map_err(TransferError::Source)?;
        if rows.is_empty() {
            progress.finish();
            return Ok(());
        }
        let account = |row: &Row| {
            let id: String = row.try_get("id").unwrap_or_default();
            match read(row) {
                Ok(account) => NewAccount { label: id.clone(), id: Some(id), ..account },
                Err(_) => NewAccount::unreadable(id),
            }
        };
        target.import(rows.iter().map(account).collect()).await?;
        progress.add(rows.len() as u64);
    }
}
