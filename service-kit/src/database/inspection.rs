//! What an operator's check reads from the server: the schema, the role and the clock. Nothing is changed.

use jiff::Timestamp;
use refinery::Runner;

use super::executor::Executor;
use super::pool::Pool;
use super::start::{newest_of, schema_version};
use crate::store::StoreError;

/// What the role of a connection may do, itself or as a role that it is a member of. Uses `session_user`, because a role
/// set by `options` could be reset.
const RIGHTS: &str = "
    SELECT session_user::text AS role, bool_or(rolsuper) AS superuser, bool_or(rolbypassrls) AS bypassrls,
        bool_or(rolcreaterole) AS createrole, bool_or(rolcreatedb) AS createdb, bool_or(rolreplication) AS replication,
        (SELECT min(relname::text) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
             AND pg_has_role(session_user, relowner, 'MEMBER')) AS owned
    FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')";
const CLOCK: &str = "SELECT clock_timestamp()";

/// The version of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion {
    /// The newest migration that was applied; 0 if the database is empty.
    pub found: i32,
    /// The newest migration of this binary.
    pub needed: i32,
}

/// The role of a connection and the rights that a service must not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRights {
    /// The role.
    pub role: String,
    /// What it may do and a service must not, such as `SUPERUSER`. Empty for a service role.
    pub excess: Vec<String>,
}

impl SchemaVersion {
    /// Reads the version of the schema, for the migrations of `runner`.
    ///
    /// # Errors
    /// If a query fails.
    pub async fn read(pool: &Pool, runner: &Runner) -> Result<Self, StoreError> {
        Ok(Self { found: schema_version(pool).await?, needed: newest_of(runner) })
    }
}

impl RoleRights {
    /// Reads the rights of the role of this pool.
    ///
    /// # Errors
    /// If the query fails.
    pub async fn read(pool: &Pool) -> Result<Self, StoreError> {
        let row = pool.query_one(RIGHTS, &[]).await?;
        let role = row.try_get("role")?;
        if row.try_get("superuser")? {
            // Includes all others.
            return Ok(Self { role, excess: vec!["SUPERUSER".to_owned()] });
        }
        let mut excess = Vec::new();
        for attribute in ["bypassrls", "createrole", "createdb", "replication"] {
            if row.try_get(attribute)? {
                excess.push(attribute.to_uppercase());
            }
        }
        let owned: Option<String> = row.try_get("owned")?;
        excess.extend(owned.map(|table| format!("ownership of the table {table}")));
        Ok(Self { role, excess })
    }
}

/// Reads the clock of the server.
///
/// # Errors
/// If the query fails.
pub async fn clock(pool: &Pool) -> Result<Timestamp, StoreError> {
    Ok(pool.query_one(CLOCK, &[]).await?.try_get(0)?)
}
