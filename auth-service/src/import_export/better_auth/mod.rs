//! Out of the PostgreSQL database of a Better Auth deployment, which may be in use meanwhile.

mod accounts;
mod encryption;
mod keys;
mod names;

pub use encryption::SourceSecrets;
use jiff::{SignedDuration, Timestamp};
pub use names::Names;
use service_kit::database::Address;

use super::error::TransferError;
use super::snapshot::{self, Snapshot};
use super::target::Target;
use crate::keys::KeyEncryptionKeys;

/// What to read, and how much of it.
pub struct BetterAuth {
    /// What its tables and columns are called.
    pub names: Names,
    /// Whether sessions come along.
    pub sessions: bool,
    /// Which keys come along; `None`: none.
    pub keys: Option<KeyOptions>,
    /// Accounts in one transaction.
    pub batch: u16,
}

/// Which keys come along, and for how long.
pub struct KeyOptions {
    /// What decrypts private halves there. With none, only public halves come.
    pub secrets: SourceSecrets,
    /// What encrypts private halves here; asked for when there is one to encrypt.
    pub encryption: Box<dyn Fn() -> Result<KeyEncryptionKeys, TransferError>>,
    /// Leave out what does not sign RS256.
    pub rs256_only: bool,
    /// For how long they are published.
    pub publish_for: SignedDuration,
    /// For how long the source publishes an expired key.
    pub grace: SignedDuration,
}

impl BetterAuth {
    /// Copies all of it into `target`: the keys first, so that a wrong secret stops the run before anything is copied.
    ///
    /// # Errors
    /// What has to be mended. What was copied stays.
    pub async fn import(
        &self,
        source: &Address,
        target: &mut Target,
        now: Timestamp,
    ) -> Result<(), TransferError> {
        let mut client = snapshot::connect(source).await.map_err(TransferError::Source)?;
        let snapshot = Snapshot::begin(&mut client).await.map_err(TransferError::Source)?;
        let accounts = accounts::plan(&snapshot, &self.names, self.sessions).await?;
        if let Some(options) = &self.keys {
            keys::import(&snapshot, &self.names, options, target, now).await?;
        }
        accounts::import(&snapshot, &accounts, self.batch, target, now).await
    }
}
