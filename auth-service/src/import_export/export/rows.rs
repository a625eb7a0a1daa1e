//! What is read for an export.

use jiff::Timestamp;
use service_kit::store::{StoreError, column, corrupt};
use tokio_postgres::Row;

use crate::import_export::snapshot::{Pages, Snapshot};
use crate::passwords::{Scheme, StoredHash};
use crate::users::{self, User};

const COUNT_USERS: &str = "SELECT count(*) FROM users";
const COUNT_SESSIONS: &str = "SELECT count(*) FROM sessions WHERE expires_at > $1";
const USERS: &str = "
    SELECT u.id AS user_id, u.name, u.email, u.email_verified, u.image,
           u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.credential_epoch,
           p.hash, p.scheme
    FROM users u LEFT JOIN passwords p ON p.user_id = u.id
    ORDER BY u.id";

/// A user with the hash of their password.
pub struct Exportable {
    pub user: User,
    pub password: Option<StoredHash>,
}

impl Exportable {
    /// Whether no other system can check this password.
    pub fn is_ours_alone(&self) -> bool {
        self.password.as_ref().is_some_and(|stored| stored.scheme == Scheme::BcryptHmacSha384)
    }
}

/// How many users there are.
pub async fn users(snapshot: &Snapshot<'_>) -> Result<u64, StoreError> {
    snapshot.count(COUNT_USERS, &[]).await
}

/// How many sessions are alive.
pub async fn live_sessions(snapshot: &Snapshot<'_>, now: Timestamp) -> Result<u64, StoreError> {
    snapshot.count(COUNT_SESSIONS, &[&now]).await
}

/// All users, in pages.
pub async fn open<'a>(snapshot: &'a Snapshot<'_>) -> Result<Pages<'a>, StoreError> {
    snapshot.open(USERS, &[]).await
}

/// One of them.
pub fn read(row: &Row) -> Result<Exportable, StoreError> {
    let user = users::from_row(row)?;
    let Some(hash) = column::<Option<String>>(row, "passwords", "hash")? else {
        return Ok(Exportable { user, password: None });
    };
    let scheme: &str = column(row, "passwords", "scheme")?;
    let scheme = Scheme::parse(scheme).ok_or_else(|| corrupt("passwords", "scheme", "unknown"))?;
    Ok(Exportable { user, password: Some(StoredHash { hash, scheme }) })
}
