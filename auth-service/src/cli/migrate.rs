//! `migrate`.

use serde::Serialize;
use service_kit::database::{DatabaseError, DatabaseUrl, MIGRATION_LOCK_TIMEOUT};
use service_kit::secret::SecretError;

use super::output::{print, to_json};
use crate::config::MigrateConfig;
use crate::server::NAME;

/// Why the database was not migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("output: {0}")]
    Json(#[from] serde_json::Error),
}

/// What was done. As JSON, its fields are documented and stable.
#[derive(Serialize)]
struct Migrated {
    /// The number of migrations.
    applied: usize,
}

/// Applies the migrations.
pub async fn run(config: &MigrateConfig, json: bool) -> Result<(), MigrateError> {
    let address = DatabaseUrl::parse("MIGRATION_DATABASE_URL", &config.database_url()?, NAME)?;
    let applied =
        address.migrate(crate::migrations::runner(), MIGRATION_LOCK_TIMEOUT, config.options).await?;
    tracing::info!(applied, "the schema is up to date");
    if json {
        print(&to_json(&Migrated { applied })?)?;
    }
    Ok(())
}
