//! Options of commands that use the database and the keys in it.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;
use service_kit::database::{DatabaseError, DatabaseUrl};
use service_kit::secret::{self, SecretError};
use service_kit::settings;

use crate::keys::KeyEncryptionKeys;
use crate::server::NAME;

/// The database, and the keys that decrypt its private keys.
#[derive(Args)]
pub struct StoreArgs {
    /// PostgreSQL database `auth`, as the service role
    #[arg(long, env, hide_env_values = true)]
    database_url: Option<SecretString>,
    /// File that contains DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    database_url_file: Option<PathBuf>,
    /// Keys that decrypt and encrypt private keys, as for `serve`
    #[arg(long, env, hide_env_values = true)]
    key_encryption_keys: Option<SecretString>,
    /// File that contains KEY_ENCRYPTION_KEYS
    #[arg(long, env, value_parser = settings::file_path())]
    key_encryption_keys_file: Option<PathBuf>,
}

impl StoreArgs {
    /// The URL of the database.
    pub fn address<E: From<SecretError> + From<DatabaseError>>(&self) -> Result<DatabaseUrl, E> {
        database_url("DATABASE_URL", self.database_url.as_ref(), self.database_url_file.as_deref())
    }

    /// The keys that decrypt and encrypt private keys.
    pub fn encryption(&self) -> Result<KeyEncryptionKeys, SecretError> {
        encryption(self.key_encryption_keys.as_ref(), self.key_encryption_keys_file.as_deref())
    }
}

/// The database URL of the setting `name`, which is a value or in a file.
pub fn database_url<E: From<SecretError> + From<DatabaseError>>(
    name: &'static str,
    url: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<DatabaseUrl, E> {
    Ok(DatabaseUrl::parse(name, &secret::resolve(name, url, file)?, NAME)?)
}

/// The keys of `KEY_ENCRYPTION_KEYS`, which are a value or in a file.
pub fn encryption(
    keys: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<KeyEncryptionKeys, SecretError> {
    KeyEncryptionKeys::parse(&secret::resolve("KEY_ENCRYPTION_KEYS", keys, file)?)
}
