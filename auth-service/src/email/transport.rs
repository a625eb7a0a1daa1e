//! The ways out: a mail server, or a directory for development.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::directory;
use super::smtp::{SmtpServer, SmtpSession};
use super::url::MailUrl;

/// How mail goes out.
pub enum Transport {
    /// To a mail server.
    Smtp(Arc<SmtpServer>),
    /// Into a directory.
    Directory(Arc<Path>),
}

/// Why no mail can go out this way, ever.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// `MAIL_CA_FILE` cannot be used.
    #[error("MAIL_CA_FILE: {}: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error("MAIL_URL: TLS: {0}")]
    Tls(String),
    /// The directory cannot be made.
    #[error("MAIL_URL: cannot make the directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// Why a mail did not go out. The texts hold nothing that the mail server said: it likes to repeat the recipient.
#[derive(Debug)]
pub(super) enum Failure {
    /// Not this mail, and never.
    Refused(String),
    /// Not this mail, now.
    Later(String),
    /// No mail at all, now.
    Away(String),
}

/// One mail after the other, over one connection.
pub(super) enum Session {
    Smtp(SmtpSession),
    Directory(Arc<Path>),
}

impl Transport {
    /// The way out that `url` names. Certificates of mail servers are signed by one in `ca_file`, or by one that the
    /// system trusts. A directory is made if it is missing.
    ///
    /// # Errors
    /// What has to be mended.
    pub fn new(url: MailUrl, ca_file: Option<&Path>) -> Result<Self, TransportError> {
        match url {
            MailUrl::Smtp(address) => Ok(Self::Smtp(Arc::new(SmtpServer::new(address, ca_file)?))),
            MailUrl::Directory(path) => match directory::make(&path) {
                Ok(()) => Ok(Self::Directory(path.into())),
                Err(source) => Err(TransportError::Directory { path, source }),
            },
        }
    }

    pub(super) fn session(&self) -> Session {
        match self {
            Self::Smtp(server) => Session::Smtp(SmtpSession::new(Arc::clone(server))),
            Self::Directory(path) => Session::Directory(Arc::clone(path)),
        }
    }
}

impl Session {
    /// Sends the mail of the row `id`.
    pub(super) async fn send(&mut self, id: Uuid, mail: &lettre::Message) -> Result<(), Failure> {
        match self {
            Self::Smtp(session) => session.send(mail).await,
            Self::Directory(path) => {
                let (path, bytes) = (Arc::clone(path), mail.formatted());
                let written = tokio::task::spawn_blocking(move || directory::write(&path, id, &bytes)).await;
                match written {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(Failure::Away(error.to_string())),
                    Err(error) => Err(Failure::Away(error.to_string())),
                }
            }
        }
    }

    /// Takes its leave.
    pub(super) async fn close(self) {
        if let Self::Smtp(session) = self {
            session.close().await;
        }
    }
}
