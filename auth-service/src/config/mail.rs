//! Where mail goes.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use service_kit::secret::{self, SecretError};

/// The settings of mail.
#[derive(Debug, Clone, Args)]
pub struct MailConfig {
    /// How mail is sent: smtps://user:password@host, smtp://user:password@host:587?tls=required, or
    /// file:///a/directory for development; without it none is sent, and what needs mail is off
    #[arg(long, env, hide_env_values = true)]
    pub mail_url: Option<SecretString>,
    /// A file that holds MAIL_URL
    #[arg(long, env)]
    pub mail_url_file: Option<PathBuf>,
    /// Who mail is from, such as Example <accounts@example.com>
    #[arg(long, env, default_value = "")]
    pub mail_from: String,
}

impl MailConfig {
    /// How mail is sent, if it is.
    ///
    /// # Errors
    /// When it is given twice, or its file cannot be read.
    pub fn url(&self) -> Result<Option<SecretString>, SecretError> {
        match secret::resolve("MAIL_URL", self.mail_url.as_ref(), self.mail_url_file.as_deref()) {
            Ok(url) => Ok(Some(url)),
            Err(SecretError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
