//! Mail over SMTP. The connection is our own: lettre's pool would give one that was left in mid-sentence, by a time-out, to
//! the next mail, and its asynchronous reads have no time-out at all.

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

/// How long the mail server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one mail may take, with a new connection if it needs one: some servers let strangers wait for several
/// seconds before they greet.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the server may take to say goodbye. It does not matter whether it does.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
/// The ways to prove who we are, by preference: over TLS they are equally good.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
/// Refusals that are about us and not about the mail (RFC 4954): the operator can mend them, so the mail waits.
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// A mail server, and who we are there.
pub struct SmtpServer {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    tls: TlsParameters,
    hello: ClientId,
}

/// A conversation with it, which begins with the first mail.
pub(super) struct SmtpSession {
    server: Arc<SmtpServer>,
    connection: Option<Box<AsyncSmtpConnection>>,
}

impl SmtpServer {
    /// The server at `address`. Its certificate must be signed by one in `ca_file`, or without that by one that the
    /// system trusts.
    ///
    /// # Errors
    /// When the certificates cannot be used.
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

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let implicit = (self.security == Security::Implicit).then(|| self.tls.clone());
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_TIMEOUT), &self.hello, implicit, None)
                .await?;
        let upgrade = match self.security {
            // Where it is not offered this is an error, and the connection is dropped.
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

impl SmtpSession {
    pub(super) fn new(server: Arc<SmtpServer>) -> Self {
        Self { server, connection: None }
    }

    /// Sends a mail. A connection is used again only after the server's yes to the last mail on it.
    pub(super) async fn send(&mut self, mail: &lettre::Message) -> Result<(), Failure> {
        let used = self.connection.take().map(|connection| *connection);
        match timeout(SEND_TIMEOUT, self.server.send(used, mail)).await {
            Ok(Ok(connection)) => {
                self.connection = Some(Box::new(connection));
                Ok(())
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::Away("the mail server takes too long".to_owned())),
        }
    }

    pub(super) async fn close(self) {
        if let Some(mut connection) = self.connection {
            // The mails are sent, whatever it says.
            let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        }
    }
}

impl SmtpServer {
    /// Sends a mail over `used`, or where that has come to its end over a new connection.
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

/// Servers end a connection after some mails or some time: by closing it, or by a 421 (RFC 5321, 3.8).
fn is_end_of_connection(error: &Error) -> bool {
    error.status().is_none_or(|code| u16::from(code) == 421)
}

/// What the answer to one mail means for it.
fn failure(error: &Error) -> Failure {
    match error.status().map(u16::from) {
        Some(code) if ABOUT_US.contains(&code) => Failure::Away(reason(error)),
        Some(_) if error.is_permanent() => Failure::Refused(reason(error)),
        _ => Failure::Later(reason(error)),
    }
}

/// The code of an answer, or what went wrong before one came. Never the text of an answer.
fn reason(error: &Error) -> String {
    error.status().map_or_else(|| with_causes(error), |code| format!("the mail server answered {code}"))
}

/// TLS that trusts the certificates in this PEM file, and no others.
fn trusting(path: &Path, host: String) -> Result<TlsParametersBuilder, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let certificate = Certificate::from_pem(&pem).map_err(|error| with_causes(&error))?;
    Ok(TlsParameters::builder(host)
        .certificate_store(CertificateStore::None)
        .add_root_certificate(certificate))
}
