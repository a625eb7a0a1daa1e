//! What every verifier must hold to, whoever made it.

use std::time::Duration;

use local_stack::testing::{AUDIENCE, ISSUER};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::forger::{Forger, forgeries, part, with};
use super::issuer::{Issuer, Replica};
use super::jwks::Jwks;
use super::program::{Said, Trust, Verifier};

const REFUSED: Said = Said { status: 401, user: None };

fn taken_for(user: &str) -> Said {
    Said { status: 200, user: Some(user.to_owned()) }
}

/// Good tokens are taken for whose they are; none, forged ones, and real ones that are for somebody else are refused.
pub(super) async fn hold(verifier: &Verifier, issuer: &Issuer) {
    for _ in 0..2 {
        let token = issuer.token().await;
        assert_eq!(verifier.ask(&token.jwt).await, taken_for(&token.user));
    }
    let good = issuer.token().await;
    for headers in [&[][..], &[("authorization", "Bearer ")], &[("authorization", "Basic YTpi")]] {
        assert_eq!(verifier.ask_with(headers).await, REFUSED, "{headers:?}");
    }
    for (what, token) in forgeries(&good.jwt, &issuer.keys().await) {
        assert_eq!(verifier.ask(&token).await, REFUSED, "{what}: {token}");
    }
    let others =
        [("JWT_AUDIENCE", "http://other.test"), ("JWT_ISSUER", "http://other.test"), ("JWT_TYP", "JWT")];
    for setting in others {
        let other = issuer.replica(setting).await.token().await;
        assert_eq!(
            part(&other.jwt, 0)["kid"],
            part(&good.jwt, 0)["kid"],
            "the key is no reason to refuse it"
        );
        assert_eq!(verifier.ask(&other.jwt).await, REFUSED, "{setting:?}");
    }
    assert_eq!(verifier.ask(&good.jwt).await, taken_for(&good.user), "it still takes good ones");
    let short_lived = issuer.replica(("JWT_TTL", "2s")).await;
    expire(verifier, &short_lived).await;
}

/// A token is good until it has expired. `leeway` is part of each example, and well under the deadline here.
async fn expire(verifier: &Verifier, short_lived: &Replica) {
    let deadline = Instant::now() + Duration::from_secs(60);
    // Where the machine is busy, one may expire on its way.
    let token = loop {
        let token = short_lived.token().await;
        if verifier.ask(&token.jwt).await == taken_for(&token.user) {
            break token;
        }
        assert!(Instant::now() < deadline, "a token of two seconds is never taken");
    };
    while verifier.ask(&token.jwt).await != REFUSED {
        assert!(Instant::now() < deadline, "an expired token is taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(part(&token.jwt, 1)["exp"].as_u64().unwrap() <= now(), "it was refused before its time");
}

/// The key ids of the issuer that the test plays: of the key that signs, and of the one that is to sign next.
pub(super) const KID: &str = "a";
const NEXT: &str = "b";

/// An issuer that the test plays: it signs whatever it likes.
pub(super) struct Played {
    pub(super) key: Forger,
    pub(super) jwks: Jwks,
    next: Forger,
    stranger: Forger,
}

impl Played {
    pub(super) async fn start() -> Self {
        let (key, next) = (Forger::new(), Forger::new());
        let jwks = Jwks::of(&[key.jwk(KID), next.jwk(NEXT)]).await;
        Self { key, jwks, next, stranger: Forger::new() }
    }

    pub(super) fn trust(&self) -> Trust {
        Trust { issuer: ISSUER, audience: AUDIENCE, jwks_url: self.jwks.url() }
    }

    /// A good token.
    pub(super) fn token(&self) -> String {
        self.key.sign(&header(KID), &claims())
    }

    /// A good token, after a rotation.
    fn token_of_next_key(&self) -> String {
        self.next.sign(&header(NEXT), &claims())
    }

    /// A stranger's, which names a key that nobody has.
    fn stranger(&self, number: usize) -> String {
        self.stranger.sign(&header(&format!("unknown-{number}")), &claims())
    }
}

fn header(kid: &str) -> Value {
    json!({"typ": "at+jwt", "alg": "RS256", "kid": kid})
}

fn claims() -> Value {
    let now = now();
    json!({"iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "iat": now, "exp": now + 900, "jti": "1"})
}

/// By the machine's clock, which is the one that other people's programs go by.
fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// What the issuer signs for other purposes, or would never sign, is no access token, though the signature is good.
///
/// Answers the claims that the verifier does not miss.
pub(super) async fn hold_for_well_signed(verifier: &Verifier, played: &Played) -> Vec<&'static str> {
    assert_eq!(verifier.ask(&played.token()).await, taken_for("alice"));
    let (header, good) = (header(KID), claims());
    let mut not_missed = Vec::new();
    for name in ["exp", "iss", "aud", "sub"] {
        let said = verifier.ask(&played.key.sign(&header, &with(&good, name, None))).await;
        if said != REFUSED {
            assert_eq!(said, taken_for("alice"), "without {name}");
            not_missed.push(name);
        }
    }
    let others =
        [("aud", json!(["http://other.test"])), ("aud", json!("")), ("iss", json!("")), ("sub", json!(""))];
    for (name, value) in others {
        let token = played.key.sign(&header, &with(&good, name, value.clone()));
        assert_eq!(verifier.ask(&token).await, REFUSED, "{name} {value}");
    }
    for typ in [Some(json!("statuslist+jwt")), Some(json!("JWT")), Some(json!(7)), None] {
        let token = played.key.sign(&with(&header, "typ", typ.clone()), &good);
        assert_eq!(verifier.ask(&token).await, REFUSED, "typ {typ:?}");
    }
    for alg in ["RS512", "PS256"] {
        let token = played.key.sign(&with(&header, "alg", json!(alg)), &good);
        assert_eq!(verifier.ask(&token).await, REFUSED, "alg {alg}");
    }
    not_missed
}

/// How often the keys are fetched for twenty tokens of a known key, and for twenty that name keys which are not there.
pub(super) async fn count_fetches(verifier: &Verifier, played: &Played) -> (usize, usize) {
    for _ in 0..20 {
        assert_eq!(verifier.ask(&played.token()).await, taken_for("alice"));
    }
    let known = played.jwks.fetches().await;
    for number in 0..20 {
        assert_eq!(verifier.ask(&played.stranger(number)).await, REFUSED);
    }
    (known, played.jwks.fetches().await - known)
}

/// A key that was published before it signs is known when it does: a rotation needs no fetch. The issuer may be away, and
/// strangers may ask for what they like.
pub(super) async fn outlast_the_issuer(verifier: &Verifier, played: &Played) {
    assert_eq!(verifier.ask(&played.token()).await, taken_for("alice"));
    played.jwks.go_away().await;
    for number in 0..3 {
        let said = verifier.ask(&played.stranger(number)).await;
        assert!([401, 503].contains(&said.status), "{said:?}");
        assert_eq!(verifier.ask(&played.token()).await, taken_for("alice"));
        assert_eq!(verifier.ask(&played.token_of_next_key()).await, taken_for("alice"));
    }
}
