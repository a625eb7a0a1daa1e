//! Checks at start that row level security applies to this service. PostgreSQL silently exempts superusers, roles with
//! BYPASSRLS and, unless it is forced, table owners from every policy.

use service_kit::database::{Executor, Pool};
use service_kit::store::{Row, StoreError};

/// Why this service must not serve requests on this database.
#[derive(Debug, thiserror::Error)]
pub enum IsolationError {
    /// The role is, or may act as, one that bypasses policies.
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
    /// The role is, or may act as, the owner of a table, who can disable row level security.
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
    /// Row level security of a table is disabled or not forced.
    #[error(
        "row level security of the table {table} is not {state}; run `task-service migrate` or repair it by hand"
    )]
    Down {
        /// The table.
        table: String,
        /// What it should be.
        state: &'static str,
    },
    /// The check failed.
    #[error("cannot check row level security: {0}")]
    Store(#[from] StoreError),
}

/// Roles that bypass policies and that this connection may act as, its own included. Uses `session_user`, because a role set
/// by `options` could be reset.
const BYPASSING_ROLES: &str = "SELECT session_user::text AS role, rolname::text AS other FROM pg_roles \
     WHERE (rolsuper OR rolbypassrls) AND pg_has_role(session_user, oid, 'MEMBER') \
     ORDER BY rolname <> session_user LIMIT 1";

/// All tables with rows of users.
const TABLES: &str = "SELECT relname::text AS table, session_user::text AS role, relowner::regrole::text AS owner, \
     pg_has_role(session_user, relowner, 'MEMBER') AS is_owner, \
     relrowsecurity AS enabled, relforcerowsecurity AS forced \
     FROM pg_class WHERE oid IN ('tasks'::regclass, 'task_counts'::regclass) ORDER BY relname DESC";

/// Proof that policies apply to the role on the tables. Only [`verify`] creates it.
#[derive(Debug, Clone, Copy)]
pub struct Isolated(());

/// Checks that policies apply to the role of this pool on every table with rows of users.
///
/// # Errors
/// If they do not, or the check fails.
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
