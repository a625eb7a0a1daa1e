//! TLS that ends at the gateway, by its environment alone.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client, Response};

use super::process::Gateway;
use super::upstreams::{Upstreams, header};
use crate::raw;
use crate::scratch::Scratch;

/// The gateway starts before it has issued its certificate.
const SOON: Duration = Duration::from_secs(20);

/// A client that trusts this CA alone and reaches every name on this machine.
fn client(ca: &[u8], name: &str, port: u16) -> Client {
    let builder = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let builder = builder.tls_certs_only([Certificate::from_pem(ca).unwrap()]);
    builder.resolve(name, SocketAddr::from(([127, 0, 0, 1], port))).build().unwrap()
}

/// The first answer over a connection that could be established.
async fn get(client: &Client, url: &str) -> Response {
    let deadline = Instant::now() + SOON;
    loop {
        match client.get(url).send().await {
            Ok(answer) => return answer,
            Err(error) => assert!(Instant::now() < deadline, "{url}: {error:?}"),
        }
        tokio::task::yield_now().await;
    }
}

fn environment<'a>(upstreams: &'a [String; 2], names: &'a str, tls: &'a str) -> [(&'static str, &'a str); 6] {
    let [auth, tasks] = upstreams;
    let host = "127.0.0.1";
    [
        ("GATEWAY_ADDRESSES", names),
        ("GATEWAY_TLS", tls),
        ("AUTH_UPSTREAM_HOST", host),
        ("AUTH_UPSTREAM_PORT", auth),
        ("TASKS_UPSTREAM_HOST", host),
        ("TASKS_UPSTREAM_PORT", tasks),
    ]
}

fn ports(upstreams: &Upstreams) -> [String; 2] {
    [&upstreams.auth, &upstreams.tasks].map(|server| server.address().port().to_string())
}

#[tokio::test]
async fn a_ca_of_its_own_serves_https_and_redirects_http() {
    let upstreams = Upstreams::start().await;
    let ports = ports(&upstreams);
    let Some(gateway) = Gateway::start_with(&environment(&ports, "localhost", "tls internal")) else {
        return;
    };
    let ca = std::fs::read(gateway.root_certificate()).unwrap();
    let https = client(&ca, "localhost", gateway.ports().https);
    let url = format!("https://localhost:{}", gateway.ports().https);
    let answer = get(&https, &format!("{url}/api/me/tasks")).await;
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.headers()[name], value);
    }
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    for name in ["server", "alt-svc", "strict-transport-security"] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    let (_, request) = upstreams.only().await;
    assert_eq!(header(&request, "x-forwarded-proto"), Some("https"));
    assert_eq!(header(&request, "x-forwarded-for"), Some("127.0.0.1"));

    // To port 443, where the HTTPS port is published, with path and query.
    let redirect = raw::send(gateway.ports().http, "GET /signin?next=a", &["Host: localhost"], b"");
    assert_eq!(redirect.status, 308, "{redirect:?}");
    assert_eq!(redirect.header("location"), Some("https://localhost/signin?next=a"));
    assert_eq!(upstreams.only().await.0, "tasks", "nothing more reached a service");
}

#[tokio::test]
async fn certificates_come_from_files() {
    let (name, scratch) = ("tasks.example.com", Scratch::new());
    let ca = certificate_in(scratch.path(), name);
    let upstreams = Upstreams::start().await;
    let ports = ports(&upstreams);
    let [certificate, key] = ["tls.crt", "tls.key"].map(|file| scratch.path().join(file));
    let tls = format!("tls {} {}", certificate.display(), key.display());
    let Some(gateway) = Gateway::start_with(&environment(&ports, name, &tls)) else { return };
    let https = client(ca.as_bytes(), name, gateway.ports().https);
    let url = format!("https://{name}:{}/api/auth/ok", gateway.ports().https);
    let answer = get(&https, &url).await;
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, "auth".to_owned()));
    let (_, request) = upstreams.only().await;
    assert_eq!(header(&request, "x-forwarded-host"), Some(url.split('/').nth(2).unwrap()));

    let stranger = client(&other_ca(), name, gateway.ports().https);
    assert!(stranger.get(&url).send().await.is_err(), "another CA's certificate");
}

/// Writes `tls.crt` and `tls.key` for a name, and returns the certificate of the CA that signed them.
fn certificate_in(directory: &Path, name: &str) -> String {
    let ca = ca();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    std::fs::write(directory.join("tls.crt"), certificate.pem()).unwrap();
    std::fs::write(directory.join("tls.key"), key.serialize_pem()).unwrap();
    ca.pem()
}

fn ca() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn other_ca() -> Vec<u8> {
    ca().pem().into_bytes()
}

#[tokio::test]
async fn the_health_check_is_the_same_with_and_without_tls_and_for_this_machine_alone() {
    let upstreams = Upstreams::start().await;
    let ports = ports(&upstreams);
    for (names, tls) in [("http://", ""), ("localhost", "tls internal")] {
        let Some(gateway) = Gateway::start_with(&environment(&ports, names, tls)) else { return };
        let health = gateway.ports().health;
        let answer = raw::send(health, "GET /healthz", &[&format!("Host: 127.0.0.1:{health}")], b"");
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
        let other = raw::send(health, "GET /api/me/tasks", &["Host: localhost"], b"");
        assert_eq!(other.status, 404);
        // On Linux all of 127.0.0.0/8 is this machine, so a listener on every address would answer here.
        #[cfg(target_os = "linux")]
        assert!(std::net::TcpStream::connect(("127.0.0.2", health)).is_err());
    }
}
