//! Why the service does not start.

use std::net::SocketAddr;

use service_kit::database::DatabaseError;
use service_kit::metrics::MetricsError;
use service_kit::secret::SecretError;
use service_kit::traces::TracesError;

use crate::config::{
    CookieError, InvalidClaim, MailError, MailNeeded, NoPasswordFits, NoRoles, PolledTooLate,
    PublicCredentials, UnknownPath, UsernameConfigError, WebhookError,
};
use crate::keys::{KeyError, RotationPolicyError};
use crate::passwords::BreachServiceError;
use crate::status_lists::StatusListError;

/// The reasons why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A secret is missing or weak.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The cookie settings contradict each other.
    #[error(transparent)]
    Cookies(#[from] CookieError),
    /// A public URL contains credentials.
    #[error(transparent)]
    PublicCredentials(#[from] PublicCredentials),
    /// The mail settings cannot be used.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Links could expire before their mail is sent.
    #[error(transparent)]
    PolledTooLate(#[from] PolledTooLate),
    /// A setting is enabled that requires mail.
    #[error(transparent)]
    MailNeeded(#[from] MailNeeded),
    /// A second factor is required for roles that users cannot have.
    #[error(transparent)]
    NoRoles(#[from] NoRoles),
    /// No password can have the configured length.
    #[error(transparent)]
    NoPasswordFits(#[from] NoPasswordFits),
    /// The settings of usernames contradict each other.
    #[error(transparent)]
    Usernames(#[from] UsernameConfigError),
    /// A field cannot be a claim.
    #[error(transparent)]
    InvalidClaim(#[from] InvalidClaim),
    /// The breach service cannot be used.
    #[error(transparent)]
    BreachService(#[from] BreachServiceError),
    /// A setting names a path that does not exist.
    #[error(transparent)]
    UnknownPath(#[from] UnknownPath),
    /// A key could sign before verifiers have it.
    #[error(transparent)]
    RotationPolicy(#[from] RotationPolicyError),
    /// The signing key cannot be created or read.
    #[error("signing key: {0}")]
    Key(#[from] KeyError),
    /// The status lists cannot be signed.
    #[error("status lists: {0}")]
    StatusLists(#[from] StatusListError),
    /// The receiver of webhooks cannot be used.
    #[error(transparent)]
    Webhooks(#[from] WebhookError),
    /// The metrics endpoint cannot be served.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// Traces cannot be exported.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// The socket address cannot be bound.
    #[error("BIND: cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The operating system reported an error.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}
