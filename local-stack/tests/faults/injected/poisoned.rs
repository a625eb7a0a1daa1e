//! Documents of auth-service that are not as they should be: its keys and its status lists.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::Target;
use crate::forger::{Forger, part, with};

/// How long each poison lasts: several fetches of the status list.
const POISONED: Duration = Duration::from_secs(2);
/// The longest time between two.
const BETWEEN: Duration = Duration::from_secs(1);
/// More than any verifier should read.
const HUGE: usize = 64 << 20;
/// The longest request of a verifier.
const REQUEST: usize = 16_384;

/// What is wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Poison {
    /// A status list signed by a stranger with the key id of the issuer, and keys of a stranger under the ids of the issuer.
    WrongKey,
    /// A signature with one letter changed.
    WrongSignature,
    /// Signed by the issuer, and no longer valid.
    Old,
    /// Of another issuer.
    OtherIssuer,
    /// More bytes than there is room for.
    Huge,
    /// The connection ends in the middle.
    Cut,
    /// A redirect to where the document is.
    Redirect,
    /// A page of a proxy.
    Page,
}

impl Poison {
    const ALL: [Self; 8] = [
        Self::WrongKey,
        Self::WrongSignature,
        Self::Old,
        Self::OtherIssuer,
        Self::Huge,
        Self::Cut,
        Self::Redirect,
        Self::Page,
    ];
}

/// A server in the place of auth-service.
struct Impostor {
    address: SocketAddr,
    poison: Arc<Mutex<Poison>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The true documents, and the means to forge them.
struct Documents {
    origin: String,
    http: Client,
    /// A status list from the beginning.
    old: String,
    forger: Forger,
}

impl Target<'_> {
    pub(super) async fn poison_documents(&mut self) {
        let impostor = Impostor::start(&self.system.site.url).await;
        let end = Instant::now() + self.time;
        let mut next = Poison::ALL.iter().cycle();
        while Instant::now() < end {
            self.pause(BETWEEN).await;
            *impostor.poison.lock().unwrap() = *next.next().unwrap();
            let began = self.recorder.now();
            self.system.issuer.lead_to(impostor.address);
            tokio::time::sleep(POISONED).await;
            self.system.lead_to_issuer();
            self.system.wait_ready().await;
            self.recorder.issuer_away(began);
        }
    }
}

impl Impostor {
    async fn start(origin: &str) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let list = http.get(format!("{origin}/.well-known/status-lists/0")).send().await.unwrap();
        let old = list.error_for_status().unwrap().text().await.unwrap();
        let documents = Arc::new(Documents { origin: origin.to_owned(), http, old, forger: Forger::new() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let poison = Arc::new(Mutex::new(Poison::Cut));
        let current = Arc::clone(&poison);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (poison, documents) = (*current.lock().unwrap(), Arc::clone(&documents));
                // The client may close the connection.
                tokio::spawn(async move { documents.answer(stream, poison).await.ok() });
            }
        });
        Self { address, poison, serving }
    }
}

impl Documents {
    async fn answer(&self, mut stream: TcpStream, poison: Poison) -> std::io::Result<()> {
        let mut request = vec![0; REQUEST];
        let size = stream.read(&mut request).await?;
        let request = String::from_utf8_lossy(&request[..size]).into_owned();
        let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
        let is_list = path.contains("status-lists");
        let kind = if is_list { "application/statuslist+jwt" } else { "application/json" };
        let answer = |body: &[u8]| {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            [head.as_bytes(), body].concat()
        };
        let document = self.document(&path).await.unwrap_or_default();
        let bytes = match poison {
            Poison::Huge => answer(&vec![b' '; HUGE]),
            Poison::Cut => {
                let mut whole = answer(document.as_bytes());
                whole.truncate(whole.len().saturating_sub(40));
                whole
            }
            Poison::Redirect => format!(
                "HTTP/1.1 302 Found\r\nLocation: {}{path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                self.origin
            )
            .into_bytes(),
            Poison::Page => answer(b"<html><body>Sign in to the network</body></html>"),
            Poison::WrongKey if !is_list => answer(self.forged_keys(&document).as_bytes()),
            // A JWKS is not signed, so a verifier cannot recognise keys under other ids, or fewer keys.
            _ if !is_list => answer(document.as_bytes()),
            Poison::Old => answer(self.old.as_bytes()),
            Poison::WrongSignature => answer(with_other_signature(&document).as_bytes()),
            Poison::WrongKey => answer(self.forger.sign(&part(&document, 0), &part(&document, 1)).as_bytes()),
            Poison::OtherIssuer => {
                let claims = with(&part(&document, 1), "iss", json!("http://another.test"));
                answer(self.forger.sign(&part(&document, 0), &claims).as_bytes())
            }
        };
        stream.write_all(&bytes).await?;
        stream.shutdown().await
    }

    /// The same ids, with a key of a stranger.
    fn forged_keys(&self, document: &str) -> String {
        let set: Value = serde_json::from_str(document).unwrap_or_default();
        let kids = set["keys"].as_array().into_iter().flatten().filter_map(|key| key["kid"].as_str());
        let keys: Vec<Value> = kids.map(|kid| self.forger.jwk(kid)).collect();
        json!({ "keys": keys }).to_string()
    }

    async fn document(&self, path: &str) -> reqwest::Result<String> {
        self.http.get(format!("{}{path}", self.origin)).send().await?.error_for_status()?.text().await
    }
}

/// Changes a letter in the middle of the signature.
fn with_other_signature(token: &str) -> String {
    let at = token.rfind('.').unwrap_or_default() + 20;
    let letter = token.get(at..=at).unwrap_or_default();
    let other = if letter == "A" { "B" } else { "A" };
    format!("{}{other}{}", token.get(..at).unwrap_or_default(), token.get(at + 1..).unwrap_or_default())
}
