//! Files that only their owner can read, since they hold password hashes and keys.

use std::fs::{DirBuilder, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use csv::Writer;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::import_export::csv_file::{APP, COLUMNS, MAIL};
use crate::import_export::error::TransferError;
use crate::linked_accounts::ExportedAccount;
use crate::passwords::UserWithPassword;
use crate::users::Username;

const PRIVATE_DIRECTORY: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
/// The columns of Better Auth's tables.
const BETTER_AUTH_USER: [&str; 7] =
    ["id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"];
const BETTER_AUTH_ACCOUNT: [&str; 8] =
    ["id", "accountId", "providerId", "userId", "password", "scope", "createdAt", "updatedAt"];
/// Not part of the file of users: only deployments with the plugin `admin` have the columns.
const BETTER_AUTH_BAN: [&str; 3] = ["userId", "banReason", "banExpires"];
/// Not part of the file of users: only deployments with the plugin `username` have the columns.
const BETTER_AUTH_USERNAME: [&str; 3] = ["userId", "username", "displayUsername"];
/// Not part of the file of users: which columns a deployment has for them, only its operator knows.
const BETTER_AUTH_FIELDS: [&str; 2] = ["userId", "fields"];
/// Better Auth's name of the provider for passwords.
const CREDENTIAL: &str = "credential";

/// The directory of an export.
pub struct Directory(PathBuf);

impl Directory {
    /// Creates the directory, or uses an empty one. Nothing is overwritten.
    pub fn create(path: &Path) -> Result<Self, TransferError> {
        let failed = |source| TransferError::File { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(PRIVATE_DIRECTORY).create(path).map_err(failed)?;
        if std::fs::read_dir(path).map_err(failed)?.next().is_some() {
            return Err(failed(std::io::Error::other("the directory is not empty")));
        }
        Ok(Self(path.to_owned()))
    }

    /// Creates a file.
    pub fn file(&self, name: &str) -> Result<(BufWriter<File>, PathBuf), TransferError> {
        let path = self.0.join(name);
        let file = File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(&path);
        match file {
            Ok(file) => Ok((BufWriter::new(file), path)),
            Err(source) => Err(TransferError::File { path, source }),
        }
    }

    /// Creates a file with this text.
    pub fn write(&self, name: &str, text: &str) -> Result<(), TransferError> {
        let (mut file, path) = self.file(name)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.flush());
        written.map_err(|source| TransferError::File { path, source })
    }
}

/// A CSV file.
pub struct CsvFile {
    writer: Writer<BufWriter<File>>,
    path: PathBuf,
}

impl CsvFile {
    /// Creates the file with a header row.
    pub fn create(directory: &Directory, name: &str, header: &[&str]) -> Result<Self, TransferError> {
        let (file, path) = directory.file(name)?;
        let mut file = Self { writer: Writer::from_writer(file), path };
        file.row(header)?;
        Ok(file)
    }

    /// Writes a row.
    pub fn row(&mut self, fields: &[&str]) -> Result<(), TransferError> {
        self.writer.write_record(fields).map_err(|error| self.failed(error.into()))
    }

    /// Flushes the buffers.
    pub fn finish(mut self) -> Result<(), TransferError> {
        self.writer.flush().map_err(|error| self.failed(error))
    }

    fn failed(&self, source: std::io::Error) -> TransferError {
        TransferError::File { path: self.path.clone(), source }
    }
}

/// The second factor of a user.
pub struct ExportedFactor {
    /// Whether the user has an authenticator app.
    pub has_app: bool,
    /// Its key in Base32, if secrets are exported.
    pub key: Option<SecretString>,
}

/// The files of users: one for `import csv`, and the others for the tables of Better Auth.
pub struct UserFiles {
    all: CsvFile,
    user: CsvFile,
    account: CsvFile,
    bans: CsvFile,
    usernames: CsvFile,
    fields: CsvFile,
}

impl UserFiles {
    /// Creates the files.
    pub fn create(directory: &Directory) -> Result<Self, TransferError> {
        Ok(Self {
            all: CsvFile::create(directory, "users.csv", &COLUMNS)?,
            user: CsvFile::create(directory, "better-auth-user.csv", &BETTER_AUTH_USER)?,
            account: CsvFile::create(directory, "better-auth-account.csv", &BETTER_AUTH_ACCOUNT)?,
            bans: CsvFile::create(directory, "better-auth-ban.csv", &BETTER_AUTH_BAN)?,
            usernames: CsvFile::create(directory, "better-auth-username.csv", &BETTER_AUTH_USERNAME)?,
            fields: CsvFile::create(directory, "better-auth-fields.csv", &BETTER_AUTH_FIELDS)?,
        })
    }

    /// Writes a user to each file, with their accounts at identity providers.
    pub fn write(
        &mut self,
        UserWithPassword { user, ban, password }: &UserWithPassword,
        links: &[ExportedAccount],
        factor: &ExportedFactor,
    ) -> Result<(), TransferError> {
        let (id, email, name) = (user.id.as_str(), user.email.as_str(), user.name.as_str());
        let verified = if user.email_verified { "true" } else { "false" };
        let image = user.image.as_deref().unwrap_or_default();
        let (created, updated) = (text(user.created_at), text(user.updated_at));
        let stored = password.as_ref();
        let (hash, scheme) = stored.map_or(("", ""), |stored| (stored.hash.as_str(), stored.scheme.as_str()));
        let username = user.username.as_ref().map(Username::as_str).unwrap_or_default();
        let display = user.display_username.as_deref().unwrap_or_default();
        let kind = match (user.two_factor, factor.has_app) {
            (false, _) => "",
            (true, true) => APP,
            (true, false) => MAIL,
        };
        let key = factor.key.as_ref().filter(|_| user.two_factor).map_or("", |key| key.expose_secret());
        let ban = ban.as_ref();
        let banned = if ban.is_some() { "true" } else { "" };
        let since = ban.map(|ban| text(ban.since)).unwrap_or_default();
        let until = ban.and_then(|ban| ban.until).map(text).unwrap_or_default();
        let reason = ban.and_then(|ban| ban.reason.as_deref()).unwrap_or_default();
        let fields =
            if user.fields.is_empty() { String::new() } else { serde_json::to_string(&user.fields)? };
        let linked = if links.is_empty() { String::new() } else { serde_json::to_string(links)? };
        self.all.row(&[
            id, email, name, verified, image, hash, scheme, &created, &updated, banned, &since, &until,
            reason, username, display, kind, key, &fields, &linked,
        ])?;
        if !fields.is_empty() {
            self.fields.row(&[id, &fields])?;
        }
        if !username.is_empty() || !display.is_empty() {
            self.usernames.row(&[id, username, display])?;
        }
        if ban.is_some() {
            self.bans.row(&[id, reason, &until])?;
        }
        self.user.row(&[id, name, email, verified, image, &created, &updated])?;
        if stored.is_some_and(|stored| stored.scheme.is_portable()) {
            // The row's own id only has to be unique.
            self.account.row(&[id, id, CREDENTIAL, id, hash, "", &created, &updated])?;
        }
        for link in links {
            let (own, scope) = (link.id.to_string(), link.scopes.join(","));
            let (created, updated) = (text(link.created_at), text(link.updated_at));
            self.account.row(&[&own, &link.subject, &link.provider, id, "", &scope, &created, &updated])?;
        }
        Ok(())
    }

    /// Flushes the buffers.
    pub fn finish(self) -> Result<(), TransferError> {
        self.all.finish()?;
        self.user.finish()?;
        self.account.finish()?;
        self.bans.finish()?;
        self.usernames.finish()?;
        self.fields.finish()
    }
}

/// RFC 3339, to the microsecond that PostgreSQL keeps.
pub fn text(time: Timestamp) -> String {
    format!("{time:.6}")
}
