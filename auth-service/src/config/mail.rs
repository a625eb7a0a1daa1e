//! Where mail goes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;
use service_kit::secret::{self, SecretError};
use service_kit::settings;
use url::Url;

use crate::email::{
    LONGEST_POLL_INTERVAL, MailUrl, MailUrlError, Mailer, Notices, Sender, SenderError, Transport,
    TransportError,
};
use crate::polling;

/// A replica that asked more often would do little else.
const SHORTEST_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The settings of mail.
#[derive(Debug, Clone, Args)]
pub struct MailConfig {
    /// Mail server: `smtps://user:password@host` or `smtp://user:password@host:587?tls=required`
    ///
    /// `file:///a/directory` writes mail to files, for development. Without MAIL_URL no mail is sent, features that
    /// need mail are off, and a log line at start reports it.
    #[arg(long, env, hide_env_values = true)]
    pub mail_url: Option<SecretString>,
    /// File that contains MAIL_URL
    #[arg(long, env, value_parser = settings::file_path())]
    pub mail_url_file: Option<PathBuf>,
    /// Sender of mail, such as `Example <accounts@example.com>`; required with SMTP
    ///
    /// Mail calls the product by this name. Without a name it uses the host of BASE_URL.
    #[arg(long, env, default_value = "")]
    pub mail_from: String,
    /// PEM file with the certificates that sign the certificate of the mail server [default: the system's certificates]
    #[arg(long, env, value_parser = settings::file_path())]
    pub mail_ca_file: Option<PathBuf>,
    /// Interval at which a replica checks the database for mail that another replica left behind, 100ms to 30m
    ///
    /// A replica sends and retries its own mail at once, whatever the interval.
    #[arg(long, env, default_value = "5s", value_parser = poll_interval)]
    pub mail_poll_interval: Duration,
    /// Mails that tell the owner of an account what happened to it, comma-separated, or `none`
    ///
    /// `new-device` reports a sign-in on a device that is new to the account, and is sent only if RATE_LIMIT_ENABLED is
    /// on. `password-changed` and `email-changed` report these changes, the latter to the former email. `sign-in-methods`
    /// reports that an account at an identity provider, or the password, can or cannot sign in any more.
    #[arg(long, env, default_value = "new-device,password-changed,email-changed,sign-in-methods")]
    pub notification_mails: Notices,
}

fn poll_interval(text: &str) -> Result<Duration, String> {
    polling::interval(text, SHORTEST_POLL_INTERVAL, LONGEST_POLL_INTERVAL)
}

/// Why the settings of mail cannot be used. Never holds any of `MAIL_URL`.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It is given twice, or its file cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The URL is wrong.
    #[error("MAIL_URL: {0}")]
    Url(#[from] MailUrlError),
    /// The sender is wrong, or missing.
    #[error("MAIL_FROM: {0}")]
    From(#[from] SenderError),
    /// The way out cannot be set up.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl MailConfig {
    /// The mailer of a service that browsers reach under `base_url`, or `None` if mail is off, which is logged.
    ///
    /// # Errors
    /// What has to be mended.
    pub fn mailer(&self, base_url: &Url) -> Result<Option<Mailer>, MailError> {
        let url = match secret::resolve("MAIL_URL", self.mail_url.as_ref(), self.mail_url_file.as_deref()) {
            Ok(url) => MailUrl::parse(&url)?,
            Err(SecretError::Missing(_)) => {
                self.report_off();
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let host = base_url.host_str().unwrap_or_default();
        let sender = match (self.mail_from.as_str(), &url) {
            ("", MailUrl::Directory(_)) => Sender::for_development(host)?,
            (from, _) => Sender::parse(from, host)?,
        };
        let ca_file = self.mail_ca_file.as_deref().filter(|path| *path != Path::new(""));
        Ok(Some(Mailer { sender, transport: Transport::new(url, ca_file)? }))
    }

    /// Logs that no mail is sent, what that means, and which setting turns it on.
    fn report_off(&self) {
        tracing::info!(
            "mail is off; passwords cannot be reset, and email addresses can be neither verified nor changed; set MAIL_URL \
             and MAIL_FROM to turn it on"
        );
        if !self.mail_from.is_empty() {
            tracing::warn!(
                "MAIL_FROM is set, but MAIL_URL (or MAIL_URL_FILE) is not set or is empty; no mail is sent"
            );
        }
    }
}
