//! The identity providers that users can sign in with.

use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use service_kit::secret::{self, SecretError};
use service_kit::settings;

use crate::providers::Providers;

const PROVIDERS: &str = "SOCIAL_PROVIDERS";

/// The settings of sign-in by identity providers.
#[derive(Debug, Clone, Args)]
pub struct SocialConfig {
    /// Identity providers, as JSON in the form of Better Auth's `socialProviders`
    ///
    /// Such as `{"google": {"clientId": "...", "clientSecret": "..."}}`. Known by name: google, github, apple, microsoft.
    /// Others have a `discoveryUrl` (OpenID Connect), or an `authorizationUrl`, `tokenUrl` and `userInfoUrl`.
    #[arg(long, env, hide_env_values = true)]
    pub social_providers: Option<SecretString>,
    /// File that contains SOCIAL_PROVIDERS
    #[arg(long, env, value_parser = settings::file_path())]
    pub social_providers_file: Option<PathBuf>,
}

impl SocialConfig {
    /// The providers; none without the setting.
    ///
    /// # Errors
    /// What is wrong with it. Contains no secret.
    pub fn providers(&self) -> Result<Providers, SecretError> {
        let file = self.social_providers_file.as_deref();
        match secret::resolve(PROVIDERS, self.social_providers.as_ref(), file) {
            Ok(text) => Providers::parse(text.expose_secret())
                .map_err(|rule| SecretError::Weak { name: PROVIDERS, rule }),
            Err(SecretError::Missing(_)) => Ok(Providers::default()),
            Err(error) => Err(error),
        }
    }
}
