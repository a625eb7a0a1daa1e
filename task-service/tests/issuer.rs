//! A test issuer. It issues tokens that the real one never would, and can be stopped.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared_claims::{Clock, SystemClock};

/// The `iss` of tokens.
pub const ISSUER: &str = "http://auth.test";
/// The `aud` of tokens.
pub const AUDIENCE: &str = "http://tasks.test";
/// The id of the key.
pub const KEY_ID: &str = "test-key";
/// The lifetime of a token.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// One key for all tests of the process, because generating it is slow.
static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

/// Publishes a key set on loopback and issues tokens signed by its key.
pub struct Issuer {
    url: String,
    fetches: Arc<AtomicUsize>,
    server: ServerHandle,
}

impl Issuer {
    /// An issuer on a free port.
    pub async fn start() -> Self {
        Self::start_on(0).await
    }

    /// An issuer on this port.
    pub async fn start_on(port: u16) -> Self {
        let fetches = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&fetches);
        let jwks = jwks().to_string();
        let server = HttpServer::new(move || {
            let (counted, jwks) = (Arc::clone(&counted), jwks.clone());
            let keys = web::get().to(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                let jwks = jwks.clone();
                async move { HttpResponse::Ok().content_type("application/json").body(jwks) }
            });
            App::new()
                .route("/.well-known/jwks.json", keys)
                .route("/.well-known/status-lists", web::get().to(status_lists))
                .route("/.well-known/status-lists/0", web::get().to(status_list))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", port)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, fetches, server: handle }
    }

    /// Returns its URL. The key set is at `/.well-known/jwks.json`, the status lists at `/.well-known/status-lists`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns how often the key set was fetched.
    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }

    /// Stops listening.
    pub async fn stop(&self) {
        self.server.stop(false).await;
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        // Only requests the stop; the end of the runtime waits for it.
        drop(self.server.stop(false));
    }
}

/// Issues a valid token for this user.
pub fn token(user: &str) -> String {
    token_at(user, SystemClock.now())
}

/// Issues a valid token for this user at this time.
pub fn token_at(user: &str, now: Timestamp) -> String {
    sign(&header(), &claims(user, now))
}

/// Issues an expired token.
pub fn expired(user: &str) -> String {
    token_at(user, SystemClock.now() - SignedDuration::from_hours(1))
}

/// The header of a valid token.
pub fn header() -> Value {
    json!({"alg": "RS256", "typ": "at+jwt", "kid": KEY_ID})
}

/// The claims of a valid token.
pub fn claims(user: &str, now: Timestamp) -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": user, "jti": format!("{user}-{}", now.as_nanosecond()),
        "iat": now.as_second(), "exp": (now + LIFETIME).as_second(), "email": format!("{user}@example.com"),
        "client_id": "latchkey",
        "status": {"status_list": {"idx": 0, "uri": format!("{ISSUER}/.well-known/status-lists/0")}},
    })
}

/// The list of status lists.
async fn status_lists() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status_lists": [format!("{ISSUER}/.well-known/status-lists/0")]}))
}

/// A status list of eight entries, none of them revoked, that expires in twenty years.
async fn status_list() -> HttpResponse {
    const TWENTY_YEARS: i64 = 20 * 365 * 24 * 60 * 60;
    // One zero byte, compressed.
    const NOTHING_REVOKED: &str = "eJxjAAAAAQAB";
    let now = SystemClock.now().as_second();
    let list = sign(
        &json!({"alg": "RS256", "typ": "statuslist+jwt", "kid": KEY_ID}),
        &json!({
            "sub": format!("{ISSUER}/.well-known/status-lists/0"), "iat": now, "exp": now + TWENTY_YEARS,
            "ttl": 1, "status_list": {"bits": 1, "lst": NOTHING_REVOKED},
        }),
    );
    HttpResponse::Ok().content_type("application/statuslist+jwt").body(list)
}

/// Signs header and claims as they are.
pub fn sign(header: &Value, claims: &Value) -> String {
    let message = unsigned(header, claims);
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Returns the first two parts of a token.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// Returns the public key, as an attacker would use it for an HMAC.
pub fn public_key() -> Vec<u8> {
    let der: PublicKeyX509Der<'_> = KEY.public_key().as_der().unwrap();
    der.as_ref().to_vec()
}

fn jwks() -> Value {
    let key = PublicKeyComponents::<Vec<u8>>::from(KEY.public_key());
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": number(&key.n), "e": number(&key.e),
    }]})
}
