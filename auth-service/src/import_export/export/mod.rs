//! All of it as files: to come in again elsewhere, or to be loaded into Better Auth's tables.

mod files;
mod keys;
mod rows;

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use files::Directory;
use jiff::Timestamp;
use service_kit::database::Address;

use super::error::TransferError;
use super::progress::Progress;
use super::snapshot::{self, Snapshot};
use crate::keys::KeyEncryptionKeys;

/// Users read at once.
const PAGE: u16 = 1000;

/// What to write, and where.
pub struct Export {
    /// A directory that is new or empty.
    pub to: PathBuf,
    /// What opens the keys.
    pub encryption: KeyEncryptionKeys,
    /// Whether private keys are written too.
    pub private_keys: bool,
}

/// What was written, and what cannot leave.
#[derive(Debug, Default)]
pub struct Exported {
    to: PathBuf,
    users: u64,
    passwords: u64,
    /// Passwords of more than 72 bytes: no other system knows our rule for them.
    ours_alone: u64,
    keys: u64,
    private_keys: u64,
    sessions: u64,
}

impl Export {
    /// Writes the files: one moment of the database, whatever happens in it meanwhile.
    ///
    /// # Errors
    /// When the directory is not empty, a file cannot be written, or the database cannot.
    pub async fn run(&self, source: &Address, now: Timestamp) -> Result<Exported, TransferError> {
        let directory = Directory::create(&self.to)?;
        let mut client = snapshot::connect(source).await.map_err(TransferError::Target)?;
        let snapshot = Snapshot::begin(&mut client).await.map_err(TransferError::Target)?;
        let mut exported = Exported { to: self.to.clone(), ..Exported::default() };
        self.users(&snapshot, &directory, &mut exported).await?;
        keys::write(&snapshot, &directory, &self.encryption, self.private_keys, &mut exported).await?;
        exported.sessions = rows::live_sessions(&snapshot, now).await.map_err(TransferError::Target)?;
        Ok(exported)
    }

    async fn users(
        &self,
        snapshot: &Snapshot<'_>,
        directory: &Directory,
        exported: &mut Exported,
    ) -> Result<(), TransferError> {
        let total = rows::users(snapshot).await.map_err(TransferError::Target)?;
        let mut progress = Progress::new("users", Some(total));
        let mut tables = files::Tables::create(directory)?;
        let mut pages = rows::open(snapshot).await.map_err(TransferError::Target)?;
        loop {
            let page = pages.next(PAGE).await.map_err(TransferError::Target)?;
            if page.is_empty() {
                break;
            }
            for row in &page {
                let user = rows::read(row).map_err(TransferError::Target)?;
                exported.users += 1;
                exported.passwords += u64::from(user.password.is_some());
                exported.ours_alone += u64::from(user.is_ours_alone());
                tables.write(&user)?;
            }
            progress.add(page.len() as u64);
        }
        progress.finish();
        tables.finish()
    }
}

impl Display for Exported {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { to, users, passwords, ours_alone, keys, private_keys, sessions } = self;
        writeln!(f, "export to {}", to.display())?;
        writeln!(f, "users      {users}, {passwords} with a password")?;
        writeln!(f, "keys       {keys} public, {private_keys} private")?;
        if *ours_alone > 0 {
            writeln!(
                f,
                "  note     {ours_alone} passwords have more than 72 bytes: only `import csv` reads their hashes"
            )?;
        }
        writeln!(f, "  left     {sessions} sessions: their tokens are not known, everybody signs in again")
    }
}
