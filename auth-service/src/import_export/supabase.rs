//! Imports the users of a Supabase project: the table `auth.users` of its auth server.

use jiff::Timestamp;
use secrecy::SecretString;
use service_kit::database::DatabaseUrl;
use tokio_postgres::Row;

use super::account::NewAccount;
use super::error::TransferError;
use super::reason::SkipReason;
use super::rows;
use super::snapshot::{self, Snapshot};
use super::target::Target;

const TABLE: &str = "auth.users";
const NEEDED_COLUMNS: [&str; 6] =
    ["id", "email", "encrypted_password", "email_confirmed_at", "raw_user_meta_data", "created_at"];
const COUNT: &str = "SELECT count(*) FROM auth.users";
/// Columns that older versions lack are read from the row as JSON, where a missing one is null.
const USERS: &str = "
    SELECT id::text AS id, email::text AS email, encrypted_password::text AS hash,
           email_confirmed_at IS NOT NULL AS email_verified,
           coalesce(raw_user_meta_data->>'name', raw_user_meta_data->>'full_name') AS name,
           coalesce(raw_user_meta_data->>'avatar_url', raw_user_meta_data->>'picture') AS image,
           created_at::timestamptz AS created_at,
           (to_jsonb(u)->>'updated_at')::timestamptz AS updated_at,
           to_jsonb(u)->>'deleted_at' IS NOT NULL AS deleted,
           coalesce((to_jsonb(u)->>'banned_until')::timestamptz > $1, false) AS banned,
           nullif((to_jsonb(u)->>'banned_until')::timestamptz, 'infinity') AS ban_expires,
           NULL::text AS ban_reason,
           coalesce((to_jsonb(u)->>'is_anonymous')::boolean, false) AS anonymous
    FROM auth.users u
    ORDER BY email <> lower(email), created_at, id";

/// Imports the users of a Supabase project, `batch` of them in a transaction. Its sessions and tokens have another format
/// and are not imported.
pub async fn import(
    source: &DatabaseUrl,
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
        return Err(TransferError::Schema(format!(
            "the source has no {TABLE}.{missing}: is it a Supabase project?"
        )));
    }
    let total = snapshot.count(COUNT, &[]).await.map_err(failed)?;
    let pages = snapshot.open(USERS, &[&now]).await.map_err(failed)?;
    rows::import(pages, total, batch, target, read).await
}

fn read(row: &Row) -> Result<NewAccount, tokio_postgres::Error> {
    let is = |column: &str| row.try_get::<_, bool>(column);
    let reasons = [(is("deleted")?, SkipReason::Deleted), (is("anonymous")?, SkipReason::Anonymous)];
    Ok(NewAccount {
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        email_verified: is("email_verified")?,
        image: row.try_get("image")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        password: row.try_get::<_, Option<String>>("hash")?.map(SecretString::from),
        ban: rows::ban(row)?,
        skip: reasons.into_iter().find_map(|(applies, reason)| applies.then_some(reason)),
        ..NewAccount::default()
    })
}
