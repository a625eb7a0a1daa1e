//! TLS in front of a server that has none: some verifiers fetch keys over https alone.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::scratch::Scratch;

/// An https address of another server. It is open as long as the test's runtime runs.
pub(super) struct TlsFront {
    pub(super) url: String,
    /// What vouches for it, in PEM.
    pub(super) certificate: PathBuf,
}

impl TlsFront {
    /// In front of the server of this `http://` URL; its certificate goes into `scratch`.
    pub(super) async fn of(url: &str, scratch: &Scratch) -> Self {
        let (server, path) = url.trim_start_matches("http://").split_once('/').unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = scratch.path().join("certificate.pem");
        std::fs::write(&certificate, cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/{path}", listener.local_addr().unwrap().port());
        tokio::spawn(pass(listener, TlsAcceptor::from(Arc::new(config)), server.to_owned()));
        Self { url, certificate }
    }
}

async fn pass(listener: TcpListener, acceptor: TlsAcceptor, server: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, server) = (acceptor.clone(), server.clone());
        tokio::spawn(async move {
            let mut client = acceptor.accept(stream).await?;
            let mut server = TcpStream::connect(server).await?;
            tokio::io::copy_bidirectional(&mut client, &mut server).await
        });
    }
}
