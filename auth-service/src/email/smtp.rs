//! Mail over SMTP, on connections that this module manages itself.
//!
//! lettre's pool would reuse a connection on which a mail timed out half way, and its asynchronous reads have no timeout.
//! Its transport without a pool would open a connection for every mail, and does not tell a refused connection from a
//! refused mail: the first is retried, the second dropped.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use service_kit::errors::with_causes;
use tokio::time::timeout;

use super::error::{Failure, TransportError};
use super::url::{Security, SmtpAddress};

/// Maximum time for the mail server to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum time for one mail, including a new connection if it needs one: some servers delay their greeting to unknown
/// clients for several seconds.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum time for the server to answer QUIT. Its answer does not matter.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
const NO_ANSWER: &str = "the mail server did not answer in time";
/// The authentication mechanisms, by preference: over TLS they are equally secure.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
/// Replies that concern authentication and not the mail (RFC 4954): the operator can fix the cause, so the mail waits.
const AUTHENTICATION: [u16; 4] = [530, 534, 535, 538];

/// A mail server, and our credentials there.
pub struct SmtpServer {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    tls: TlsParameters,
    hello: ClientId,
}

/// A connection to it, which is opened for the first mail.
pub(super) struct SmtpSession {
    server: Arc<SmtpServer>,
    connection: Option<Box<AsyncSmtpConnection>>,
}

impl SmtpServer {
    /// The server at `address`. Its certificate must be signed by one in `ca_file`, or without it by one that the system
    /// trusts.
    pub fn new(address: SmtpAddress, ca_file: Option<&Path>) -> Result<Self, TransportError> {
        let SmtpAddress { host, port, security, credentials } = address;
        let tls = match ca_file {
            None => TlsParameters::builder(host.clone()),
            Some(path) => trusting(path, host.clone())
                .map_err(|reason| TransportError::Certificates { path: path.to_owned(), reason })?,
        };
        let tls = tls.build().map_err(|error| TransportError::Tls(with_causes(&error)))?;
        Ok(Self { host, port, security, credentials, tls, hello: ClientId::default() })
    }

    /// Its name and port.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let implicit = (self.security == Security::Implicit).then(|| self.tls.clone());
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_TIMEOUT), &self.hello, implicit, None)
                .await?;
        let upgrade = match self.security {
            // If the server does not offer it, this is an error, and the connection is dropped.
            Security::Required => true,
            Security::Opportunistic => connection.can_starttls(),
            Security::Implicit | Security::Plain => false,
        };
        if upgrade {
            connection.starttls(self.tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

impl SmtpServer {
    /// Connects and authenticates like a mail would, sends nothing and closes the connection.
    ///
    /// # Errors
    /// The reason, without anything that the server said.
    pub(super) async fn probe(&self) -> Result<(), String> {
        let connecting = timeout(SEND_TIMEOUT, self.connect()).await;
        let connected = connecting.map_err(|_| NO_ANSWER.to_owned())?;
        let mut connection = connected.map_err(|error| reason(&error))?;
        // It is usable, whatever the server answers.
        let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(())
    }
}

impl SmtpSession {
    pub(super) fn new(server: Arc<SmtpServer>) -> Self {
        Self { server, connection: None }
    }

    /// Sends a mail. A connection is reused only if the server accepted the last mail on it.
    pub(super) async fn send(&mut self, mail: &lettre::Message) -> Result<(), Failure> {
        let used = self.connection.take().map(|connection| *connection);
        match timeout(SEND_TIMEOUT, self.server.send(used, mail)).await {
            Ok(Ok(connection)) => {
                self.connection = Some(Box::new(connection));
                Ok(())
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::Away(NO_ANSWER.to_owned())),
        }
    }

    pub(super) async fn close(self) {
        if let Some(mut connection) = self.connection {
            // The mails are sent, whatever the server answers.
            let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        }
    }
}

impl SmtpServer {
    /// Sends a mail over `used`, or over a new connection if the server has closed that one.
    async fn send(
        &self,
        used: Option<AsyncSmtpConnection>,
        mail: &lettre::Message,
    ) -> Result<AsyncSmtpConnection, Failure> {
        let bytes = mail.formatted();
        if let Some(mut connection) = used {
            match connection.send(mail.envelope(), &bytes).await {
                Ok(_) => return Ok(connection),
                Err(error) if !is_end_of_connection(&error) => return Err(failure(&error)),
                Err(_) => {}
            }
        }
        let mut connection = self.connect().await.map_err(|error| Failure::Away(reason(&error)))?;
        connection.send(mail.envelope(), &bytes).await.map_err(|error| failure(&error))?;
        Ok(connection)
    }
}

/// Servers close a connection after some mails or some time, with or without a 421 (RFC 5321, section 3.8).
fn is_end_of_connection(error: &Error) -> bool {
    error.status().is_none_or(|code| u16::from(code) == 421)
}

/// What a reply means for the mail.
fn failure(error: &Error) -> Failure {
    match error.status().map(u16::from) {
        Some(code) if AUTHENTICATION.contains(&code) => Failure::Away(reason(error)),
        Some(_) if error.is_permanent() => Failure::Refused(reason(error)),
        _ => Failure::Later(reason(error)),
    }
}

/// The code of a reply, or the error without one. Never the text of a reply.
fn reason(error: &Error) -> String {
    error.status().map_or_else(|| with_causes(error), |code| format!("the mail server answered {code}"))
}

/// TLS that trusts only the certificates in this PEM file.
fn trusting(path: &Path, host: String) -> Result<TlsParametersBuilder, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let certificate = Certificate::from_pem(&pem).map_err(|error| with_causes(&error))?;
    Ok(TlsParameters::builder(host)
        .certificate_store(CertificateStore::None)
        .add_root_certificate(certificate))
}
