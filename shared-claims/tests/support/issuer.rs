//! An issuer of our own: keys, tokens made by hand down to the last byte, and a JWKS endpoint.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared_claims::{ManualClock, SharedClock, Verifier, VerifierBuilder};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::lists::{LISTED, Lists, PREFIX};

pub const ISSUER: &str = "https://issuer.test";
pub const AUDIENCE: &str = "https://tasks.test";
pub const JWKS_PATH: &str = "/.well-known/jwks.json";
/// The moment at which every test's clock starts, in seconds since 1970.
pub const NOW: i64 = 1_800_000_000;

pub struct Key {
    pub kid: &'static str,
    pub pair: RsaKeyPair,
}

/// Making a key takes a tenth of a second, so all tests share these.
pub static CURRENT: LazyLock<Key> = LazyLock::new(|| Key::new("current"));
pub static NEXT: LazyLock<Key> = LazyLock::new(|| Key::new("next"));
pub static STRANGER: LazyLock<Key> = LazyLock::new(|| Key::new("stranger"));

impl Key {
    fn new(kid: &'static str) -> Self {
        Self { kid, pair: RsaKeyPair::generate(KeySize::Rsa2048).unwrap() }
    }

    pub fn jwk(&self) -> Value {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.pair.public_key());
        json!({
            "kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        })
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.sign_with(&RSA_PKCS1_SHA256, message)
    }

    pub fn sign_with(&self, padding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }
}

/// A token in the making. It starts out valid.
#[derive(Clone)]
pub struct Token {
    pub header: Value,
    pub payload: Value,
}

impl Token {
    /// One that is good at [`NOW`].
    pub fn valid() -> Self {
        Self::valid_at(NOW)
    }

    /// One that was issued at this second and is good for 15 minutes.
    pub fn valid_at(now: i64) -> Self {
        Self {
            header: json!({"alg": "RS256", "kid": CURRENT.kid, "typ": "at+jwt"}),
            payload: json!({
                "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": now + 900, "iat": now, "jti": "token-1",
                "sid": "session-1", "client_id": "latchkey", "email": "alice@example.com",
                "email_verified": true, "name": "Alice",
                "status": {"status_list": {"idx": LISTED, "uri": format!("{PREFIX}/0")}},
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

    pub fn without_header(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name).expect("the header is there");
        self
    }

    pub fn without_claim(mut self, name: &str) -> Self {
        self.payload.as_object_mut().unwrap().remove(name).expect("the claim is there");
        self
    }

    /// Signed by the key that the header names by default.
    pub fn sign(&self) -> String {
        self.sign_by(|message| CURRENT.sign(message))
    }

    pub fn sign_by(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        assemble(&self.header.to_string(), &self.payload.to_string(), sign)
    }
}

/// A token of exactly these texts.
pub fn assemble(header: &str, payload: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A JWKS endpoint and status lists whose answers can be changed while it runs.
pub struct Issuer {
    pub server: MockServer,
    answer: Answer,
    served: Arc<AtomicU64>,
    pub lists: Lists,
    pub clock: Arc<ManualClock>,
}

#[derive(Clone)]
struct Answer {
    template: Arc<Mutex<ResponseTemplate>>,
    served: Arc<AtomicU64>,
}

impl Respond for Answer {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.served.fetch_add(1, Ordering::Relaxed);
        self.template.lock().unwrap().clone()
    }
}

impl Issuer {
    /// Publishes [`CURRENT`], and a status list of [`NOW`].
    pub async fn start() -> Self {
        Self::start_at(NOW).await
    }

    /// The same at another moment, in seconds since 1970.
    pub async fn start_at(now: i64) -> Self {
        let server = MockServer::start().await;
        let (template, served) = (Arc::new(Mutex::new(key_set(&[&CURRENT]))), Arc::new(AtomicU64::new(0)));
        let answer = Answer { template, served: Arc::clone(&served) };
        Mock::given(method("GET")).and(path(JWKS_PATH)).respond_with(answer.clone()).mount(&server).await;
        let lists = Lists::mount(&server, now, Arc::clone(&served)).await;
        let clock = Arc::new(ManualClock::new(Timestamp::from_second(now).unwrap()));
        Self { server, answer, served, lists, clock }
    }

    pub fn publish(&self, keys: &[&Key]) {
        self.answer(key_set(keys));
    }

    pub fn answer(&self, answer: ResponseTemplate) {
        *self.answer.template.lock().unwrap() = answer;
    }

    pub fn jwks_url(&self) -> String {
        format!("{}{JWKS_PATH}", self.server.uri())
    }

    pub fn status_list_url(&self) -> String {
        format!("{}{}", self.server.uri(), super::lists::PATH)
    }

    /// How many requests were answered, whatever for.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// How many requests for the key set have come in.
    pub async fn requests(&self) -> u64 {
        self.requests_for(JWKS_PATH).await.len() as u64
    }

    /// The requests for this path, in order.
    pub async fn requests_for(&self, path: &str) -> Vec<Request> {
        let all = self.server.received_requests().await.unwrap();
        all.into_iter().filter(|request| request.url.path() == path).collect()
    }

    /// A verifier that asks this issuer, standing at [`NOW`], and refreshes only when it is asked to. It looks for no
    /// revoked tokens.
    pub fn verifier(&self) -> VerifierBuilder {
        self.checking_verifier().without_status_lists()
    }

    /// The same, and it looks for revoked tokens, a hundred times a second.
    pub fn checking_verifier(&self) -> VerifierBuilder {
        let clock: SharedClock = self.clock.clone();
        Verifier::builder(ISSUER, AUDIENCE)
            .jwks_url(self.jwks_url())
            .clock(clock)
            .refresh_interval(Duration::from_secs(3600))
            .cooldown(Duration::from_millis(20))
            .status_list_url(self.status_list_url())
            .status_interval(Duration::from_millis(10))
    }

    /// The same, with the key set already there.
    pub async fn ready_verifier(&self) -> Verifier {
        ready(self.verifier()).await
    }
}

/// A verifier that was just built, ready.
pub async fn ready(builder: VerifierBuilder) -> Verifier {
    let verifier = builder.build().unwrap();
    within_deadline("keys and lists", verifier.wait_ready()).await;
    verifier
}

pub fn key_set(keys: &[&Key]) -> ResponseTemplate {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))
}

const DEADLINE: Duration = Duration::from_secs(10);

pub async fn within_deadline<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// Waits until `condition` holds.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits until a fetch that began after this call is over.
pub async fn after_another_fetch(verifier: &Verifier) {
    // One may be under way already; when the second from now begins, the first is over.
    let seen = verifier.fetches();
    eventually("two more fetches", || verifier.fetches() >= seen + 2).await;
}
