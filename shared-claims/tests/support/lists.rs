//! Status lists made by hand, and an endpoint that serves them as the issuer does: tagged, and 304 to who has them.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::issuer::{CURRENT, Key, assemble};

/// Where the lists are on the issuer's server.
pub const PATH: &str = "/.well-known/status-lists";
/// What tokens call them.
pub const PREFIX: &str = "https://issuer.test/.well-known/status-lists";
/// The place of a good token.
pub const LISTED: u64 = 7;
/// A place that is revoked from the start.
pub const REVOKED: u64 = 12_345;

/// A status list in the making. It starts out good.
#[derive(Clone)]
pub struct List {
    pub header: Value,
    pub payload: Value,
}

impl List {
    /// A list of 2^20 places, made at this second, in which these are revoked.
    pub fn new(number: u32, now: i64, revoked: &[u64]) -> Self {
        let mut bits = vec![0; (1 << 20) / 8];
        for idx in revoked {
            bits[usize::try_from(idx / 8).unwrap()] |= 1 << (idx % 8);
        }
        Self {
            header: json!({"alg": "RS256", "kid": CURRENT.kid, "typ": "statuslist+jwt"}),
            payload: json!({
                "sub": format!("{PREFIX}/{number}"), "iat": now, "exp": now + 3600, "ttl": 1,
                "status_list": {"bits": 1, "lst": packed(&bits), "aggregation_uri": PREFIX},
            }),
        }
    }

    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.payload[name] = value.into();
        self
    }

    /// Another member of `status_list`.
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.payload["status_list"][name] = value.into();
        self
    }

    pub fn sign(&self) -> String {
        self.clone().sign_by(&CURRENT)
    }

    /// Signed by this key, and saying so.
    pub fn sign_by(self, key: &Key) -> String {
        self.header("kid", key.kid).sign_by_as(key)
    }

    /// Signed by this key, whatever the header says.
    pub fn sign_by_as(&self, key: &Key) -> String {
        assemble(&self.header.to_string(), &self.payload.to_string(), |message| key.sign(message))
    }
}

/// Bytes as `lst` holds them.
pub fn packed(bytes: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    URL_SAFE_NO_PAD.encode(encoder.finish().unwrap())
}

/// What the endpoint answers, by path.
#[derive(Clone)]
pub struct Lists(Arc<Mutex<State>>);

struct State {
    now: i64,
    version: u64,
    served: Arc<AtomicU64>,
    documents: BTreeMap<String, Document>,
}

#[derive(Clone)]
enum Document {
    Good {
        etag: String,
        media_type: &'static str,
        body: String,
    },
    /// Whatever is asked.
    Bad(ResponseTemplate),
}

impl Lists {
    /// Announces list 0, in which [`REVOKED`] is revoked.
    pub(super) async fn mount(server: &MockServer, now: i64, served: Arc<AtomicU64>) -> Self {
        let lists = Self(Arc::new(Mutex::new(State { now, version: 0, served, documents: BTreeMap::new() })));
        lists.announce(&[0]);
        lists.revoke(0, &[REVOKED]);
        let at = path_regex(r"^/\.well-known/status-lists(/.*)?$");
        Mock::given(method("GET")).and(at).respond_with(lists.clone()).mount(server).await;
        lists
    }

    /// Says which lists there are.
    pub fn announce(&self, numbers: &[u32]) {
        let uris: Vec<_> = numbers.iter().map(|number| format!("{PREFIX}/{number}")).collect();
        self.announce_uris(&uris);
    }

    pub fn announce_uris(&self, uris: &[String]) {
        self.put(PATH, "application/json", json!({ "status_lists": uris }).to_string());
    }

    /// Publishes a list in which exactly these are revoked.
    pub fn revoke(&self, number: u32, revoked: &[u64]) {
        let now = self.0.lock().unwrap().now;
        self.publish(number, List::new(number, now, revoked).sign());
    }

    /// Publishes this as a list.
    pub fn publish(&self, number: u32, token: String) {
        self.put(&format!("{PATH}/{number}"), "application/statuslist+jwt", token);
    }

    /// Answers this to whoever asks for this list.
    pub fn answer(&self, number: u32, answer: ResponseTemplate) {
        self.answer_at(&format!("{PATH}/{number}"), answer);
    }

    pub fn answer_at(&self, path: &str, answer: ResponseTemplate) {
        self.0.lock().unwrap().documents.insert(path.to_owned(), Document::Bad(answer));
    }

    fn put(&self, path: &str, media_type: &'static str, body: String) {
        let mut state = self.0.lock().unwrap();
        state.version += 1;
        let etag = format!("\"{}\"", state.version);
        state.documents.insert(path.to_owned(), Document::Good { etag, media_type, body });
    }
}

impl Respond for Lists {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let state = self.0.lock().unwrap();
        state.served.fetch_add(1, Ordering::Relaxed);
        let document = state.documents.get(request.url.path()).cloned();
        let known = request.headers.get("if-none-match").map(|value| value.to_str().unwrap());
        match document {
            None => ResponseTemplate::new(404),
            Some(Document::Bad(answer)) => answer,
            Some(Document::Good { etag, .. }) if known == Some(etag.as_str()) => {
                ResponseTemplate::new(304).insert_header("etag", etag)
            }
            Some(Document::Good { etag, media_type, body }) => ResponseTemplate::new(200)
                .insert_header("etag", etag)
                .insert_header("cache-control", "public, max-age=1")
                .set_body_raw(body, media_type),
        }
    }
}
