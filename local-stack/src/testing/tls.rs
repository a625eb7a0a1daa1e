//! A test's own PostgreSQL that requires TLS.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::outcome::must;
use super::private::PrivateCluster;
use crate::error::{Error, IoContext, Result};

/// TCP access: the tests' superuser without TLS, all others with TLS only.
const HBA: &str =
    "host all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n";

/// The names in the server's certificate.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// A [`PrivateCluster`] that accepts services and owners with TLS only. Its certificate is valid for `localhost` and
/// `127.0.0.1`. Services always connect directly.
///
/// The database URLs contain no `sslmode`; the test adds it.
#[derive(Debug)]
pub struct TlsCluster {
    cluster: PrivateCluster,
    ca_file: PathBuf,
    other_ca_file: PathBuf,
}

/// Creates and starts a [`TlsCluster`]. This takes a few seconds.
///
/// # Panics
/// If it cannot be created.
pub async fn tls_cluster() -> TlsCluster {
    must(TlsCluster::make().await)
}

impl TlsCluster {
    async fn make() -> Result<Self> {
        let private = PrivateCluster::without_pooler().await?;
        let cluster = private.cluster();
        let path = |name: &str| cluster.root().join(name);
        let (ca_file, other_ca_file) = (path("ca.pem"), path("other-ca.pem"));
        let (certificate, key, hba) = (path("server.pem"), path("server.key"), path("pg_hba.conf"));

        let ca = authority("Latchkey test CA")?;
        let (certificate_pem, key_pem) = signed_by(&ca)?;
        write(&ca_file, &ca.pem())?;
        write(&other_ca_file, &authority("Unrelated test CA")?.pem())?;
        cluster.write_for_server(&certificate, &certificate_pem)?;
        cluster.write_for_server(&key, &key_pem)?;
        cluster.write_for_server(&hba, HBA)?;
        let [certificate, key, hba] = [&certificate, &key, &hba].map(|path| path.to_string_lossy());
        cluster.configure(&[
            ("ssl", "on"),
            ("ssl_cert_file", &certificate),
            ("ssl_key_file", &key),
            ("hba_file", &hba),
        ])?;
        private.restart(&cluster.lock().await?).await?;
        Ok(Self { cluster: private, ca_file, other_ca_file })
    }

    /// The PEM file of the CA that signed the server's certificate: a valid `sslrootcert`.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The PEM file of an unrelated CA: an `sslrootcert` that must fail.
    #[must_use]
    pub fn other_ca_file(&self) -> &Path {
        &self.other_ca_file
    }
}

impl Deref for TlsCluster {
    type Target = PrivateCluster;

    fn deref(&self) -> &PrivateCluster {
        &self.cluster
    }
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>> {
    let make = || {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate()?)
    };
    make().map_err(certificate_error)
}

/// Creates the server's certificate and its key, both as PEM.
fn signed_by(authority: &CertifiedIssuer<'static, KeyPair>) -> Result<(String, String)> {
    let make = || {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(NAMES.map(str::to_owned))?;
        Ok((params.signed_by(&key, authority)?.pem(), key.serialize_pem()))
    };
    make().map_err(certificate_error)
}

fn certificate_error(error: rcgen::Error) -> Error {
    Error::Refused(format!("cannot create a certificate: {error}"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).context("write", path)
}
