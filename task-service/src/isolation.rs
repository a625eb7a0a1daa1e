//! Whether row level security binds this service at all. PostgreSQL lets superusers, roles with BYPASSRLS and (unless
//! it is forced) owners past every policy, without a word; so this is asked at start.

use service_kit::database::{Executor, Pool};
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
    /// The role is, or may become, a table's owner, who can switch the wall off.
    #[error(
        "DATABASE_URL: role {role} may act as {owner}, the owner of the table {table}; use tasks_service"
    )]
    Owner {
        /// Our role.
        role: String,
        /// The table's owner.
        owner: String,
        /// The table.
        table: String,
    },
    /// A table's wall is down.
    #[error(
        "row level security of the table {table} is not {state}; run `task-service migrate` or repair it by hand"
    )]
    Down {
        /// The table.
        table: String,
        /// What it should be.
        state: &'static str,
    },
    /// The database could not be asked.
    #[error("cannot check row level security: {0}")]
    Store(#[from] StoreError),
}

/// The roles this connection may act as, itself included, that policies do not bind. `session_user`, because a role
/// set by `options` could be set back.
const BYPASSING_ROLES: &str = "SELECT session_user::text AS role, rolname::text AS other FROM pg_roles \
     WHERE (rolsuper OR rolbypassrls) AND pg_has_role(session_user, oid, 'MEMBER') \
     ORDER BY rolname <> session_user LIMIT 1";

/// Every table that holds rows of users.
const TABLES: &str = "SELECT relname::text AS table, session_user::text AS role, relowner::regrole::text AS owner, \
     pg_has_role(session_user, relowner, 'MEMBER') AS is_owner, \
     relrowsecurity AS enabled, relforcerowsecurity AS forced \
     FROM pg_class WHERE oid IN ('tasks'::regclass, 'task_counts'::regclass) ORDER BY relname DESC";

/// Proof that policies bind the role on the tables: only [`verify`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Isolated(());

/// Makes sure that policies bind the role of this pool on every table that holds rows of users.
///
/// # Errors
/// When they do not, or the database cannot be asked.
pub async fn verify(pool: &Pool) -> Result<Isolated, IsolationError> {
    if let Some(row) = pool.query_opt(BYPASSING_ROLES, &[]).await? {
        let (role, other) = (text(&row, "role")?, text(&row, "other")?);
        return Err(IsolationError::Bypass { role, other });
    }
    for row in pool.query(TABLES, &[]).await? {
        verify_table(&row)?;
    }
    Ok(Isolated(()))
}

fn verify_table(row: &Row) -> Result<(), IsolationError> {
    let holds = |column: &str| row.try_get::<_, bool>(column).map_err(StoreError::from);
    let table = text(row, "table")?;
    if holds("is_owner")? {
        return Err(IsolationError::Owner { role: text(row, "role")?, owner: text(row, "owner")?, table });
    }
    if !holds("enabled")? {
        return Err(IsolationError::Down { table, state: "enabled" });
    }
    if !holds("forced")? {
        return Err(IsolationError::Down { table, state: "forced" });
    }
    Ok(())
}

fn text(row: &Row, column: &str) -> Result<String, StoreError> {
    Ok(row.try_get(column)?)
}
