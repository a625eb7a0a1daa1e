//! Why the service does not start.

use std::net::SocketAddr;

use service_kit::database::DatabaseError;
use service_kit::metrics::MetricsError;
use service_kit::secret::SecretError;

use crate::config::{
    CookieError, MailError, MailNeeded, NoPasswordFits, PolledTooLate, PublicCredentials, UnknownPath,
};
use crate::keys::{KeyError, RotationPolicyError};
use crate::passwords::BreachServiceError;
use crate::status_lists::StatusListError;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A secret is missing or weak.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Cookies cannot be as they are set.
    #[error(transparent)]
    Cookies(#[from] CookieError),
    /// A public URL has credentials in it.
    #[error(transparent)]
    PublicCredentials(#[from] PublicCredentials),
    /// The settings of mail cannot be used.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Links could be over before their mail arrives.
    #[error(transparent)]
    PolledTooLate(#[from] PolledTooLate),
    /// A setting is on that needs mail.
    #[error(transparent)]
    MailNeeded(#[from] MailNeeded),
    /// No password has the length that is set.
    #[error(transparent)]
    NoPasswordFits(#[from] NoPasswordFits),
    /// No breach service can be asked.
    #[error(transparent)]
    BreachService(#[from] BreachServiceError),
    /// A setting names a path that there is not.
    #[error(transparent)]
    UnknownPath(#[from] UnknownPath),
    /// Keys would sign before verifiers know them.
    #[error(transparent)]
    RotationPolicy(#[from] RotationPolicyError),
    /// The signing key cannot be made or read.
    #[error("signing key: {0}")]
    Key(#[from] KeyError),
    /// The status lists cannot be signed.
    #[error("status lists: {0}")]
    StatusLists(#[from] StatusListError),
    /// Figures cannot be served.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The address cannot be listened on.
    #[error("BIND: cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}
