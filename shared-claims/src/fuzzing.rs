//! Entry points of the fuzz targets: the verifier without a network, and the parts behind a signature that random input
//! never has. It exists only when cargo-fuzz builds the crate, and is not part of its interface.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use crate::assembly::validation;
use crate::claims::{Claims, Payload};
use crate::clock::ManualClock;
use crate::diagnostics::LogDiagnostics;
use crate::header::TokenType;
use crate::jwks;
use crate::keys::KeyStore;
use crate::refused::RefusalReports;
use crate::status::{self, ListStore, Prefix, StatusCheck};
use crate::user_id::UserId;
use crate::verified::VerifiedTokens;
use crate::verifier::{Inner, Verifier};

/// The verifier's time, in seconds since 1970.
const NOW: i64 = 1_800_000_000;
const SKEW: SignedDuration = SignedDuration::from_secs(30);
const PREFIX: &str = "https://issuer.test/.well-known/status-lists";

/// One RSA key with the id `current`. Its private key was deleted.
const KEY_SET: &[u8] = include_bytes!("../fuzz/key_set.json");

/// A verifier that has [`KEY_SET`] and an empty list, and fetches nothing.
pub struct World {
    verifier: Verifier,
    keys: Arc<KeyStore>,
    prefix: Prefix,
    now: Timestamp,
    // Keep the channels open.
    _receivers: [mpsc::Receiver<()>; 2],
}

impl World {
    /// Creates a verifier with its keys and lists.
    #[expect(clippy::expect_used, reason = "a fuzz target ends by panicking")]
    pub fn new() -> Self {
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let now = Timestamp::from_second(NOW).expect("a moment");
        let keys = Arc::new(KeyStore::new(SignedDuration::from_hours(24)));
        keys.replace(jwks::parse(KEY_SET).expect("a key set").keys, now);
        let store = Arc::new(ListStore::new(SignedDuration::from_mins(15), SKEW));
        store.announce(&BTreeSet::from([0]), now);
        store.replace(0, status::fuzz::list(now), now);
        let (nudge, nudges) = mpsc::channel(1);
        let (status_nudge, status_nudges) = mpsc::channel(1);
        let prefix = Prefix::new(PREFIX);
        let verifier = Verifier::new(Inner {
            token_type: TokenType::new("at+jwt"),
            validation: validation("https://issuer.test", "https://tasks.test"),
            clock_skew: SKEW,
            clock: Arc::new(ManualClock::new(now)),
            store: Arc::clone(&keys),
            fetches: Arc::new(AtomicU64::new(0)),
            nudge,
            jwks_url: Url::parse("https://issuer.test/jwks").expect("a URL"),
            status: Some(StatusCheck { prefix: prefix.clone(), store, nudge: status_nudge }),
            status_fetches: Arc::new(AtomicU64::new(0)),
            refusals: RefusalReports::new(Arc::new(LogDiagnostics)),
            verified: Some(VerifiedTokens::new()),
            _tasks: JoinSet::new(),
        });
        Self { verifier, keys, prefix, now, _receivers: [nudges, status_nudges] }
    }

    /// Verifies a complete token. Nobody has the private key, so none is valid.
    pub fn token(&self, token: &str) {
        assert!(self.verifier.verify(token).is_err(), "a token that nobody signed");
    }

    /// Checks the claims of a token as if the key had signed them.
    pub fn claims(&self, json: &[u8]) {
        let Ok(payload) = serde_json::from_slice::<Payload>(json) else { return };
        let Ok(verified) = payload.read() else { return };
        let Ok(claims) = verified.at(self.now, SKEW) else { return };
        self.hold(&claims);
        if let Some(lists) = &self.verifier.inner().status {
            let _ = lists.check(&verified.status, self.now);
        }
    }

    /// Asserts what holds for all claims.
    fn hold(&self, claims: &Claims) {
        assert!(claims.subject().as_str().parse::<UserId>().is_ok());
        assert!(!claims.token_id().is_empty());
        assert!(self.now.duration_since(claims.expires_at()) < SKEW);
        assert!(claims.issued_at().duration_since(self.now) <= SKEW);
    }

    /// Parses a response of the key set URL. One key is used.
    pub fn key_set(&self, body: &[u8]) {
        let Ok(set) = jwks::parse(body) else { return };
        assert!(!set.keys.is_empty());
        for (kid, key) in set.keys.iter().take(1) {
            assert!(!kid.is_empty());
            let verdict = jsonwebtoken::crypto::verify("AAAA", b"x", key, jsonwebtoken::Algorithm::RS256);
            assert!(!verdict.unwrap_or(false), "a signature that nobody made");
        }
    }

    /// Parses a response of a status list URL, and content that the issuer might sign.
    pub fn status_list(&self, body: &[u8]) {
        let read = status::fuzz::whole(body, &self.prefix, &self.keys, self.now);
        assert!(read.is_none(), "a list that nobody signed");
        for unpacked in [status::fuzz::claims(body), status::fuzz::packed(body)].into_iter().flatten() {
            assert!(unpacked <= status::fuzz::MAX_UNPACKED, "{unpacked} bytes");
        }
        status::fuzz::aggregation(body, &self.prefix);
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
