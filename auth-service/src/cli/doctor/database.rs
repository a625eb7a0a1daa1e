//! The database, as the role of `serve` sees it.

use std::time::Duration;

use service_kit::database::{self, DatabaseError, DatabaseUrl, Pool, RoleRights, SchemaVersion, Timeouts};
use service_kit::store::StoreError;
use tokio::time::timeout;

use super::report::{Finding, Report};
use crate::config::Config;
use crate::server::NAME;

const CONNECTION: &str = "database.connection";
const POOLER: &str = "database.pooler";
const ROLE: &str = "database.role";
const SCHEMA: &str = "database.schema";

/// Maximum time for the check of the pooler: two logins, which take up to 3 s each, and some round trips.
const POOLER_TIMEOUT: Duration = Duration::from_secs(10);

/// Checks the connection, the pooler, the role and the schema. Returns a pool if the database can be read.
pub async fn check(config: &Config, report: &mut Report) -> Option<Pool> {
    let (address, pool) = match connect(config).await {
        Ok(connected) => connected,
        Err(finding) => {
            report.add(finding);
            report.skip(&[POOLER, ROLE, SCHEMA], "the database cannot be reached");
            return None;
        }
    };
    report.add(Finding::ok(CONNECTION, "PostgreSQL accepts the login and writes"));
    report.add(pooler(&address, config).await);
    report.add(role(RoleRights::read(&pool).await));
    report.add(schema(SchemaVersion::read(&pool, &crate::migrations::runner()).await));
    Some(pool)
}

async fn connect(config: &Config) -> Result<(DatabaseUrl, Pool), Finding> {
    let unset =
        |error: String| Finding::fault(CONNECTION, error, "Set DATABASE_URL to the URL of the service role");
    let url = config.database_url().map_err(|error| unset(error.to_string()))?;
    let address = DatabaseUrl::parse("DATABASE_URL", &url, NAME).map_err(|error| unset(error.to_string()))?;
    let pool = address.pool(1, Timeouts::REQUEST).map_err(|error| unset(error.to_string()))?;
    let remedy = "Check host, port, role and password of DATABASE_URL, and that PostgreSQL is running";
    database::ping(&pool).await.map_err(|error| Finding::fault(CONNECTION, error.to_string(), remedy))?;
    Ok((address, pool))
}

async fn pooler(address: &DatabaseUrl, config: &Config) -> Finding {
    let address = address.clone().with_pooler(config.database_pooler);
    match timeout(POOLER_TIMEOUT, address.reject_undeclared_pooler()).await {
        Ok(Ok(())) => Finding::ok(POOLER, "DATABASE_POOLER fits the way to the database"),
        Ok(Err(DatabaseError::Pooler { .. })) => Finding::fault(
            POOLER,
            "DATABASE_URL leads to a pooler in transaction mode, and DATABASE_POOLER is none",
            "Set DATABASE_POOLER=transaction, or use the URL of the server itself",
        ),
        Ok(Err(error)) => Finding::skipped(POOLER, error.to_string()),
        Err(_) => Finding::skipped(POOLER, format!("no answer within {} s", POOLER_TIMEOUT.as_secs())),
    }
}

fn role(rights: Result<RoleRights, StoreError>) -> Finding {
    match rights {
        Err(error) => Finding::skipped(ROLE, error.to_string()),
        Ok(RoleRights { role, excess }) if excess.is_empty() => {
            Finding::ok(ROLE, format!("the role {role} has no right that the service does not need"))
        }
        Ok(RoleRights { role, excess }) => Finding::fault(
            ROLE,
            format!("the role {role} has rights that the service does not need: {}", excess.join(", ")),
            "Set DATABASE_URL to the URL of the service role, auth_service (migrations/databases.sql creates it)",
        ),
    }
}

fn schema(version: Result<SchemaVersion, StoreError>) -> Finding {
    match version {
        Err(error) => Finding::skipped(SCHEMA, error.to_string()),
        Ok(SchemaVersion { found, needed }) if found < needed => Finding::fault(
            SCHEMA,
            format!("migrations are pending: the schema has version {found}, this binary needs {needed}"),
            format!("Run `{NAME} migrate` with MIGRATION_DATABASE_URL"),
        ),
        Ok(SchemaVersion { found, .. }) => Finding::ok(SCHEMA, format!("the schema has version {found}")),
    }
}
