//! What commands take that work on our database and the keys in it.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use service_kit::database::{Address, DatabaseError};
use service_kit::secret::{self, SecretError};
use service_kit::settings;

use crate::keys::KeyEncryptionKeys;
use crate::server::NAME;

/// The database, and what opens its private keys.
#[derive(Args)]
pub struct StoreArgs {
    /// PostgreSQL, database `auth`, as the service role
    #[arg(long, env, hide_env_values = true)]
    database_url: Option<SecretString>,
    /// A file that holds DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    database_url_file: Option<PathBuf>,
    /// Opens and encrypts private keys: as for `serve`
    #[arg(long, env, hide_env_values = true)]
    key_encryption_keys: Option<SecretString>,
    /// A file that holds KEY_ENCRYPTION_KEYS
    #[arg(long, env, value_parser = settings::file_path())]
    key_encryption_keys_file: Option<PathBuf>,
}

impl StoreArgs {
    /// Where the database is.
    ///
    /// # Errors
    /// When that is not said, or cannot be read.
    pub fn address<E: From<SecretError> + From<DatabaseError>>(&self) -> Result<Address, E> {
        let (url, file) = (self.database_url.as_ref(), self.database_url_file.as_deref());
        Ok(Address::parse("DATABASE_URL", &secret::resolve("DATABASE_URL", url, file)?, NAME)?)
    }

    /// What opens the keys.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn encryption(&self) -> Result<KeyEncryptionKeys, SecretError> {
        let (keys, file) = (self.key_encryption_keys.as_ref(), self.key_encryption_keys_file.as_deref());
        KeyEncryptionKeys::parse(&secret::resolve("KEY_ENCRYPTION_KEYS", keys, file)?)
    }
}
