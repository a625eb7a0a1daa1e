//! The settings that an import reads.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use service_kit::settings;

use super::store_args::encryption;
use crate::config::{SocialConfig, UsernameConfig};
use crate::import_export::{TargetSettings, TransferError};
use crate::users::UserFields;

/// The settings of `serve` that decide what is imported with an account.
#[derive(Args)]
pub(super) struct SettingsArgs {
    /// Keys that encrypt private keys and the tokens of providers in the database, as for `serve`
    #[arg(long, env, hide_env_values = true)]
    key_encryption_keys: Option<SecretString>,
    /// File that contains KEY_ENCRYPTION_KEYS
    #[arg(long, env, value_parser = settings::file_path())]
    key_encryption_keys_file: Option<PathBuf>,
    /// Additional fields of users, as for `serve`. Others are not imported
    #[arg(long, env, default_value = "")]
    pub(super) user_fields: UserFields,
    #[command(flatten)]
    usernames: UsernameConfig,
    #[command(flatten)]
    social: SocialConfig,
}

impl SettingsArgs {
    /// The settings, if they do not contradict each other.
    pub(super) fn settings(&self) -> Result<TargetSettings, TransferError> {
        let (keys, file) = (self.key_encryption_keys.as_ref(), self.key_encryption_keys_file.as_deref());
        let usernames = self.usernames.rules(&self.user_fields);
        let usernames = usernames.map_err(|error| TransferError::Schema(error.to_string()))?;
        Ok(TargetSettings {
            encryption: encryption(keys, file),
            providers: self.social.providers()?.iter().map(|provider| provider.id.clone()).collect(),
            usernames,
            fields: self.user_fields.clone(),
        })
    }
}
