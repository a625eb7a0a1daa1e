//! TLS to PostgreSQL.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DatabaseError;

/// Creates a TLS connector that verifies the chain and name of the server against the certificates in `file`, or else those
/// of the system.
pub(super) fn connector(file: Option<&Path>) -> Result<MakeRustlsConnect, DatabaseError> {
    let roots = Arc::new(root_certificates(file)?);
    Ok(MakeRustlsConnect::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// Creates the connector for URLs that disable TLS. It trusts no certificate.
pub(super) fn none() -> MakeRustlsConnect {
    let no_roots = Arc::new(RootCertStore::empty());
    MakeRustlsConnect::new(ClientConfig::builder().with_root_certificates(no_roots).with_no_client_auth())
}

fn root_certificates(file: Option<&Path>) -> Result<RootCertStore, DatabaseError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            let invalid = |error| DatabaseError::Tls(format!("sslrootcert {}: {error}", path.display()));
            for certificate in
                CertificateDer::pem_file_iter(path).map_err(|error| invalid(format!("{error}")))?
            {
                let certificate = certificate.map_err(|error| invalid(format!("{error}")))?;
                roots.add(certificate).map_err(|error| invalid(format!("{error}")))?;
            }
        }
        // If certificates of the system are unreadable, fewer servers are trusted.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}
