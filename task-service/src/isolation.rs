//! Whether row level security binds this service at all. PostgreSQL lets superusers, roles with BYPASSRLS and (unless
//! it is forced) owners past every policy, without a word; so this is asked at start.

use deadpool_postgres::Pool;
use service_kit::store::StoreError;
use tokio_postgres::Row;

/// Why this service must not serve requests on this database.
#[derive(Debug, thiserror::Error)]
pub enum IsolationError {
    /// The role is, or may become, one that no policy binds.
    #[error(
        "DATABASE_URL: role {role} may act as {other}, which bypasses row level security (SUPERUSER or BYPASSRLS); \
         use tasks_service"
    )]
    Bypass {
        /// Our role.
        role: String,
        /// The role it may act as, which can be itself.
        other: String,
    },
    /// The role is, or may become, the table's owner, who can switch the wall off.
    #[error("DATABASE_URL: role {role} may act as {owner}, the owner of the table tasks; use tasks_service")]
    Owner {
        /// Our role.
        role: String,
        /// The table's owner.
        owner: String,
    },
    /// The table's wall is down.
    #[error(
        "row level security of the table tasks is not {0}; run `task-service migrate` or repair it by hand"
    )]
    Down(&'static str),
    /// The database could not be asked.
    #[error("cannot check row level security: {0}")]
    Store(#[from] StoreError),
}

/// The roles this connection may act as, itself included, that policies do not bind. `session_user`, because a role
/// set by `options` could be set back.
const BYPASSING_ROLES: &str = "SELECT session_user::text AS role, rolname::text AS other FROM pg_roles \
     WHERE (rolsuper OR rolbypassrls) AND pg_has_role(session_user, oid, 'MEMBER') \
     ORDER BY rolname <> session_user LIMIT 1";

const TABLE: &str = "SELECT session_user::text AS role, relowner::regrole::text AS owner, \
     pg_has_role(session_user, relowner, 'MEMBER') AS is_owner, \
     relrowsecurity AS enabled, relforcerowsecurity AS forced \
     FROM pg_class WHERE oid = 'tasks'::regclass";

/// Proof that policies bind the role on the table: only [`verify`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Isolated(());

/// Makes sure that policies bind the role of this pool on the table of tasks.
///
/// # Errors
/// When they do not, or the database cannot be asked.
pub async fn verify(pool: &Pool) -> Result<Isolated, IsolationError> {
    let client = pool.get().await.map_err(StoreError::from)?;
    if let Some(row) = client.query_opt(BYPASSING_ROLES, &[]).await.map_err(StoreError::from)? {
        let (role, other) = (text(&row, "role")?, text(&row, "other")?);
        return Err(IsolationError::Bypass { role, other });
    }
    let table = client.query_one(TABLE, &[]).await.map_err(StoreError::from)?;
    let holds = |column: &str| table.try_get::<_, bool>(column).map_err(StoreError::from);
    if holds("is_owner")? {
        return Err(IsolationError::Owner { role: text(&table, "role")?, owner: text(&table, "owner")? });
    }
    if !holds("enabled")? {
        return Err(IsolationError::Down("enabled"));
    }
    if !holds("forced")? {
        return Err(IsolationError::Down("forced"));
    }
    Ok(Isolated(()))
}

fn text(row: &Row, column: &str) -> Result<String, StoreError> {
    Ok(row.try_get(column)?)
}
