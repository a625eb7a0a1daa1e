//! Imports from the PostgreSQL database of a Better Auth deployment, which may be in use meanwhile.

mod accounts;
mod encryption;
mod fields;
mod keys;
mod links;
mod names;
mod second_factors;
mod tables;

pub use encryption::SourceSecrets;
use jiff::Timestamp;
pub use keys::KeyOptions;
pub use names::Names;
use service_kit::database::DatabaseUrl;

use super::error::TransferError;
use super::snapshot::{self, Snapshot};
use super::target::Target;

/// What to import.
pub struct BetterAuth {
    /// The names of the deployment's tables and columns.
    pub names: Names,
    /// Decrypt private keys and the tokens of providers.
    pub secrets: SourceSecrets,
    /// Whether to import sessions.
    pub sessions: bool,
    /// Which keys to import, if any.
    pub keys: Option<KeyOptions>,
    /// The number of accounts in one transaction.
    pub batch: u16,
}

impl BetterAuth {
    /// Imports into `target`. Keys come first, so that a wrong secret stops the import before anything is stored.
    pub async fn import(
        &self,
        source: &DatabaseUrl,
        target: &mut Target,
        now: Timestamp,
    ) -> Result<(), TransferError> {
        let mut client = snapshot::connect(source).await.map_err(TransferError::Source)?;
        let snapshot = Snapshot::begin(&mut client).await.map_err(TransferError::Source)?;
        let queries = accounts::queries(&snapshot, &self.names, self.sessions, target).await?;
        if let Some(options) = &self.keys {
            keys::import(&snapshot, &self.names, options, &self.secrets, target, now).await?;
        }
        accounts::import(&snapshot, &queries, &self.secrets, self.batch, target, now).await
    }
}
