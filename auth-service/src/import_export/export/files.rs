//! Files that nobody but their owner reads: they hold password hashes.

use std::fs::{DirBuilder, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use csv::Writer;
use jiff::Timestamp;

use super::rows::Exportable;
use crate::import_export::csv_file::COLUMNS;
use crate::import_export::error::TransferError;

const PRIVATE_DIRECTORY: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
/// Columns of Better Auth's tables.
const BETTER_AUTH_USER: [&str; 7] =
    ["id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"];
const BETTER_AUTH_ACCOUNT: [&str; 7] =
    ["id", "accountId", "providerId", "userId", "password", "createdAt", "updatedAt"];
/// Better Auth's name for a password's sign-in.
const CREDENTIAL: &str = "credential";

/// Where the files go.
pub struct Directory(PathBuf);

impl Directory {
    /// Makes the directory, or takes one that is empty: nothing is ever overwritten.
    pub fn create(path: &Path) -> Result<Self, TransferError> {
        let failed = |source| TransferError::File { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(PRIVATE_DIRECTORY).create(path).map_err(failed)?;
        if std::fs::read_dir(path).map_err(failed)?.next().is_some() {
            return Err(failed(std::io::Error::other("the directory is not empty")));
        }
        Ok(Self(path.to_owned()))
    }

    /// Makes a file.
    pub fn file(&self, name: &str) -> Result<(BufWriter<File>, PathBuf), TransferError> {
        let path = self.0.join(name);
        let file = File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(&path);
        match file {
            Ok(file) => Ok((BufWriter::new(file), path)),
            Err(source) => Err(TransferError::File { path, source }),
        }
    }

    /// Makes a file with this text.
    pub fn write(&self, name: &str, text: &str) -> Result<(), TransferError> {
        let (mut file, path) = self.file(name)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.flush());
        written.map_err(|source| TransferError::File { path, source })
    }
}

/// A CSV file that is being written.
pub struct Table {
    writer: Writer<BufWriter<File>>,
    path: PathBuf,
}

impl Table {
    /// Makes the file and its header row.
    pub fn create(directory: &Directory, name: &str, header: &[&str]) -> Result<Self, TransferError> {
        let (file, path) = directory.file(name)?;
        let mut table = Self { writer: Writer::from_writer(file), path };
        table.row(header)?;
        Ok(table)
    }

    /// Adds a row.
    pub fn row(&mut self, fields: &[&str]) -> Result<(), TransferError> {
        self.writer.write_record(fields).map_err(|error| self.failed(error.into()))
    }

    /// Makes sure that all of it is written.
    pub fn finish(mut self) -> Result<(), TransferError> {
        self.writer.flush().map_err(|error| self.failed(error))
    }

    fn failed(&self, source: std::io::Error) -> TransferError {
        TransferError::File { path: self.path.clone(), source }
    }
}

/// The files of users: one for `import csv`, and two for the tables of Better Auth.
pub struct Tables {
    ours: Table,
    user: Table,
    account: Table,
}

impl Tables {
    /// Makes the files.
    pub fn create(directory: &Directory) -> Result<Self, TransferError> {
        Ok(Self {
            ours: Table::create(directory, "users.csv", &COLUMNS)?,
            user: Table::create(directory, "better-auth-user.csv", &BETTER_AUTH_USER)?,
            account: Table::create(directory, "better-auth-account.csv", &BETTER_AUTH_ACCOUNT)?,
        })
    }

    /// Adds a user to each.
    pub fn write(&mut self, exportable: &Exportable) -> Result<(), TransferError> {
        let user = &exportable.user;
        let (id, email, name) = (user.id.as_str(), user.email.as_str(), user.name.as_str());
        let verified = if user.email_verified { "true" } else { "false" };
        let image = user.image.as_deref().unwrap_or_default();
        let (created, updated) = (text(user.created_at), text(user.updated_at));
        let stored = exportable.password.as_ref();
        let (hash, scheme) = stored.map_or(("", ""), |stored| (stored.hash.as_str(), stored.scheme.as_str()));
        self.ours.row(&[id, email, name, verified, image, hash, scheme, &created, &updated])?;
        self.user.row(&[id, name, email, verified, image, &created, &updated])?;
        if stored.is_some() && !exportable.is_ours_alone() {
            // The row's own id only has to be unique, as the user's is.
            self.account.row(&[id, id, CREDENTIAL, id, hash, &created, &updated])?;
        }
        Ok(())
    }

    /// Makes sure that all of it is written.
    pub fn finish(self) -> Result<(), TransferError> {
        self.ours.finish()?;
        self.user.finish()?;
        self.account.finish()
    }
}

/// RFC 3339, to the microsecond that PostgreSQL keeps.
pub fn text(time: Timestamp) -> String {
    format!("{time:.6}")
}
