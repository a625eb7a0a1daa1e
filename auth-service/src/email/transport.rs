//! How mail is sent: to a mail server, or into a directory for development.

use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use super::directory;
use super::error::{Failure, TransportError};
use super::smtp::{SmtpServer, SmtpSession};
use super::url::MailUrl;

/// How mail is sent.
pub enum Transport {
    /// To a mail server.
    Smtp(Arc<SmtpServer>),
    /// Into a directory.
    Directory(Arc<Path>),
}

/// Sends one mail after the other over one connection.
pub(super) enum Session {
    Smtp(SmtpSession),
    Directory(Arc<Path>),
}

impl Transport {
    /// The transport that `url` names. Certificates of mail servers must be signed by one in `ca_file`, or without it by one
    /// that the system trusts. A missing directory is created.
    pub fn new(url: MailUrl, ca_file: Option<&Path>) -> Result<Self, TransportError> {
        match url {
            MailUrl::Smtp(address) => Ok(Self::Smtp(Arc::new(SmtpServer::new(address, ca_file)?))),
            MailUrl::Directory(path) => match directory::create(&path) {
                Ok(()) => Ok(Self::Directory(path.into())),
                Err(source) => Err(TransportError::Directory { path, source }),
            },
        }
    }

    /// Where mail goes, without credentials.
    pub fn place(&self) -> String {
        match self {
            Self::Smtp(server) => server.place(),
            Self::Directory(path) => path.display().to_string(),
        }
    }

    /// Checks that the mail server accepts our connection and credentials. Sends no mail.
    ///
    /// # Errors
    /// The reason, without anything that the server said.
    pub async fn probe(&self) -> Result<(), String> {
        match self {
            Self::Smtp(server) => server.probe().await,
            Self::Directory(_) => Ok(()),
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
    /// Sends the mail of the outbox row `id`.
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

    /// Closes the connection.
    pub(super) async fn close(self) {
        if let Self::Smtp(session) = self {
            session.close().await;
        }
    }
}
