//! Whom we believe to be the server.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DatabaseError;

/// What makes connections with TLS: chain and name of the server are verified, against the certificates in `file` or else
/// those of the system.
pub(super) fn connector(file: Option<&Path>) -> Result<MakeRustlsConnect, DatabaseError> {
    let roots = Arc::new(root_certificates(file)?);
    Ok(MakeRustlsConnect::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// What stands in where TLS is switched off.
pub(super) fn none() -> MakeRustlsConnect {
    let nobody = Arc::new(RootCertStore::empty());
    MakeRustlsConnect::new(ClientConfig::builder().with_root_certificates(nobody).with_no_client_auth())
}

fn root_certificates(file: Option<&Path>) -> Result<RootCertStore, DatabaseError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            let bad = |error| DatabaseError::Tls(format!("sslrootcert {}: {error}", path.display()));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| bad(format!("{error}")))? {
                let certificate = certificate.map_err(|error| bad(format!("{error}")))?;
                roots.add(certificate).map_err(|error| bad(format!("{error}")))?;
            }
        }
        // Certificates of the system that cannot be read only shrink what is trusted.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}
