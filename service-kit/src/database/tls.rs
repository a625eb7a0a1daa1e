//! TLS to PostgreSQL.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DatabaseError;

/// Verifies the chain and name of a server that offers TLS.
#[derive(Clone)]
pub(super) struct Tls {
    /// Set at the first use where the system's certificates are trusted: reading them takes 20 ms, which a start that
    /// connects without TLS saves.
    connector: Arc<OnceLock<MakeRustlsConnect>>,
}

impl Tls {
    /// Trusts the certificates in `file`, or else those of the system.
    ///
    /// # Errors
    /// If the file does not contain certificates.
    pub(super) fn new(file: Option<&Path>) -> Result<Self, DatabaseError> {
        let connector = match file {
            Some(path) => OnceLock::from(trusting(certificates(path)?)),
            None => OnceLock::new(),
        };
        Ok(Self { connector: Arc::new(connector) })
    }

    /// The connector for connections to the host of this name.
    pub(super) fn to(&self, host: &str) -> TlsTo {
        TlsTo { tls: self.clone(), host: host.to_owned() }
    }

    fn connector(&self) -> MakeRustlsConnect {
        self.connector.get_or_init(|| trusting(certificates_of_the_system())).clone()
    }
}

/// Encrypts connections to one host.
pub(super) struct TlsTo {
    tls: Tls,
    host: String,
}

/// The TLS stream over `S`.
type Encrypted<S> = <MakeRustlsConnect as MakeTlsConnect<S>>::Stream;

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for TlsTo {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connect = MakeTlsConnect::<S>::make_tls_connect(&mut self.tls.connector(), &self.host);
        Box::pin(async move { connect.map_err(io::Error::other)?.connect(stream).await })
    }
}

fn trusting(roots: RootCertStore) -> MakeRustlsConnect {
    MakeRustlsConnect::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

fn certificates(path: &Path) -> Result<RootCertStore, DatabaseError> {
    let invalid = |error| DatabaseError::Tls(format!("sslrootcert {}: {error}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| invalid(format!("{error}")))? {
        let certificate = certificate.map_err(|error| invalid(format!("{error}")))?;
        roots.add(certificate).map_err(|error| invalid(format!("{error}")))?;
    }
    Ok(roots)
}

/// If some are unreadable, fewer servers are trusted.
fn certificates_of_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
