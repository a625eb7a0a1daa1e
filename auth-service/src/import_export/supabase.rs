//! Out of a Supabase project's database: the table `auth.users` of its auth server.

use jiff::Timestamp;
use secrecy::SecretString;
use service_kit::database::Address;
use service_kit::store::StoreError;
use tokio_postgres::Row;

use super::account::NewAccount;
use super::error::TransferError;
use super::progress::Progress;
use super::reason::Reason;
use super::snapshot::{self, Snapshot};
use super::target::Target;

const TABLE: &str = "auth.users";
const NEEDED_COLUMNS: [&str; 6] =
    ["id", "email", "encrypted_password", "email_confirmed_at", "raw_user_meta_data", "created_at"];
const COUNT: &str = "SELECT count(*) FROM auth.users";
/// Columns that came with later versions are asked of the row as JSON, where a missing one is null.
const USERS: &str = "
    SELECT id::text AS id, email::text AS email, encrypted_password::text AS hash,
           email_confirmed_at IS NOT NULL AS email_verified,
           coalesce(raw_user_meta_data->>'name', raw_user_meta_data->>'full_name') AS name,
           coalesce(raw_user_meta_data->>'avatar_url', raw_user_meta_data->>'picture') AS image,
           created_at::timestamptz AS created_at,
           (to_jsonb(u)->>'updated_at')::timestamptz AS updated_at,
           to_jsonb(u)->>'deleted_at' IS NOT NULL AS deleted,
           coalesce((to_jsonb(u)->>'banned_until')::timestamptz > $1, false) AS banned,
           coalesce((to_jsonb(u)->>'is_anonymous')::boolean, false) AS anonymous
    FROM auth.users u
    ORDER BY email <> lower(email), created_at, id";

/// Copies the users of a Supabase project, `batch` of them in a transaction. Its sessions and tokens are of another
/// kind and stay behind.
///
/// # Errors
/// What has to be mended. What was copied stays.
pub async fn import(
    source: &Address,
    target: &mut Target,
    batch: u16,
    now: Timestamp,
) -> Result<(), TransferError> {
    let failed = TransferError::Source;
    let mut client = snapshot::connect(source).await.map_err(failed)?;
    let snapshot = Snapshot::begin(&mut client).await.map_err(failed)?;
    let columns = snapshot.columns(TABLE).await.map_err(failed)?;
    if let Some(missing) =
        NEEDED_COLUMNS.iter().find(|needed| !columns.iter().any(|column| column == *needed))
    {
        return Err(TransferError::Shape(format!(
            "the source has no {TABLE}.{missing}: is it a Supabase project?"
        )));
    }
    let total = snapshot.count(COUNT, &[]).await.map_err(failed)?;
    let mut progress = Progress::new("users", Some(total));
    let mut pages = snapshot.open(USERS, &[&now]).await.map_err(failed)?;
    loop {
        let rows = pages.next(batch).await.map_err(failed)?;
        if rows.is_empty() {
            break;
        }
        target.take(rows.iter().map(account).collect()).await?;
        progress.add(rows.len() as u64);
    }
    progress.finish();
    Ok(())
}

fn account(row: &Row) -> NewAccount {
    let id: String = row.try_get("id").unwrap_or_default();
    read(row, &id).unwrap_or_else(|_| NewAccount {
        label: id,
        stays: Some(Reason::Unreadable),
        ..NewAccount::default()
    })
}

fn read(row: &Row, id: &str) -> Result<NewAccount, StoreError> {
    let said = |column: &str| row.try_get::<_, bool>(column);
    let reasons = [
        (said("deleted")?, Reason::Deleted),
        (said("banned")?, Reason::Banned),
        (said("anonymous")?, Reason::Anonymous),
    ];
    Ok(NewAccount {
        label: id.to_owned(),
        id: Some(id.to_owned()),
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        email_verified: said("email_verified")?,
        image: row.try_get("image")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        password: row.try_get::<_, Option<String>>("hash")?.map(SecretString::from),
        stays: reasons.into_iter().find_map(|(applies, reason)| applies.then_some(reason)),
        ..NewAccount::default()
    })
}
