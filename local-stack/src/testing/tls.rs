//! A PostgreSQL of a test's own that demands TLS.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::must;
use super::private::PrivateCluster;
use crate::error::{Doing, Error, Result};

/// Who may connect over TCP: the superuser of the tests as always, everybody else with TLS alone.
const HBA: &str =
    "host all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n";

/// The names that the server's certificate is for.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// A [`PrivateCluster`] that accepts services and owners with TLS alone. Its certificate is for `localhost` and
/// `127.0.0.1`. Services connect directly in every run of tests.
///
/// The URLs of its databases name no `sslmode`: that is the test's to choose.
#[derive(Debug)]
pub struct TlsCluster {
    cluster: PrivateCluster,
    ca_file: PathBuf,
    other_ca_file: PathBuf,
}

/// Makes and starts a [`TlsCluster`]. This takes a few seconds.
///
/// # Panics
/// If it cannot be made.
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

    /// The PEM file with the authority that signed the server's certificate: an `sslrootcert` to succeed with.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The PEM file with an authority that signed nothing here: an `sslrootcert` to fail with.
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
    make().map_err(not_made)
}

/// A certificate for the server and its key, both as PEM.
fn signed_by(authority: &CertifiedIssuer<'static, KeyPair>) -> Result<(String, String)> {
    let make = || {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(NAMES.map(str::to_owned))?;
        Ok((params.signed_by(&key, authority)?.pem(), key.serialize_pem()))
    };
    make().map_err(not_made)
}

fn not_made(error: rcgen::Error) -> Error {
    Error::Refused(format!("cannot make a certificate: {error}"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).doing("write", path)
}
