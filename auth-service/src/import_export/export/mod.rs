//! Exports users and keys as files, for `import csv` or for the tables of Better Auth.

mod files;
mod keys;
mod summary;

use std::path::PathBuf;

use data_encoding::BASE32_NOPAD;
use files::{Directory, ExportedFactor, UserFiles};
use jiff::Timestamp;
use secrecy::SecretString;
use service_kit::database::DatabaseUrl;
use shared_claims::UserId;
pub use summary::Summary;

use super::error::TransferError;
use super::snapshot::{self, Snapshot};
use crate::keys::KeyEncryptionKeys;
use crate::progress::{Progress, ProgressOutput};
use crate::second_factors::SealedSecret;
use crate::{linked_accounts, passwords, second_factors, sessions, users};

/// The number of users in one query.
const PAGE: u16 = 1000;

/// What to export, and where to.
pub struct Export {
    /// A directory that is new or empty.
    pub to: PathBuf,
    /// Decrypts the private keys.
    pub encryption: KeyEncryptionKeys,
    /// Whether to export private keys too.
    pub private_keys: bool,
    /// Whether to export the keys of authenticator apps too.
    pub secrets: bool,
    /// Whether to show progress.
    pub progress: ProgressOutput,
}

impl Export {
    /// Writes the files. They show one snapshot of the database, which may be in use.
    pub async fn run(&self, source: &DatabaseUrl, now: Timestamp) -> Result<Summary, TransferError> {
        let directory = Directory::create(&self.to)?;
        let mut client = snapshot::connect(source).await.map_err(TransferError::Store)?;
        let snapshot = Snapshot::begin(&mut client).await.map_err(TransferError::Store)?;
        let mut summary = Summary::new(self.to.clone());
        self.write_users(&snapshot, &directory, &mut summary).await?;
        keys::write(&snapshot, &directory, &self.encryption, self.private_keys, &mut summary).await?;
        summary.sessions = sessions::count_live(&snapshot, now).await.map_err(TransferError::Store)?;
        Ok(summary)
    }

    /// The key of an authenticator app, in Base32.
    fn key(&self, user: &UserId, sealed: &SealedSecret) -> Result<SecretString, TransferError> {
        let lost = || {
            TransferError::Key(format!("no key of KEY_ENCRYPTION_KEYS decrypts the second factor of {user}"))
        };
        let secret = sealed.open(user, &self.encryption).ok_or_else(lost)?;
        let key = secret.totp.map(|key| BASE32_NOPAD.encode(key.expose()));
        Ok(key.unwrap_or_default().into())
    }

    async fn write_users(
        &self,
        snapshot: &Snapshot<'_>,
        directory: &Directory,
        summary: &mut Summary,
    ) -> Result<(), TransferError> {
        let total = users::count(snapshot).await.map_err(TransferError::Store)?;
        let mut progress = Progress::new(self.progress, "users", Some(total));
        let mut files = UserFiles::create(directory)?;
        let mut last = String::new();
        loop {
            let page = passwords::page(snapshot, &last, PAGE.into()).await.map_err(TransferError::Store)?;
            let Some(end) = page.last() else { break };
            last = end.user.id.as_str().to_owned();
            let ids: Vec<&str> = page.iter().map(|user| user.user.id.as_str()).collect();
            let links = linked_accounts::of_users(snapshot, &ids).await.map_err(TransferError::Store)?;
            let factors = second_factors::of_users(snapshot, &ids).await.map_err(TransferError::Store)?;
            for user in &page {
                let id = &user.user.id;
                let links = links.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
                let app = factors.get(id.as_str());
                let key = app.filter(|_| self.secrets).map(|sealed| self.key(id, sealed)).transpose()?;
                let factor = ExportedFactor { has_app: app.is_some(), key };
                summary.count(user, links.len() as u64, &factor);
                files.write(user, links, &factor)?;
            }
            progress.add(page.len() as u64);
        }
        progress.finish();
        files.finish()
    }
}
