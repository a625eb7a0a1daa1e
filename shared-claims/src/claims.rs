//! The claims of a verified token.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::error::Reason;
use crate::json::OtherMembers;
use crate::status::StatusClaim;
use crate::user_id::UserId;

/// The claims of a verified token.
///
/// Only [`Verifier::verify`](crate::Verifier::verify) creates them, so a function that takes `Claims` can only be called for
/// a token that is genuine and was valid at that time.
///
/// `Debug` leaves out email and name, because it ends up in logs.
///
/// Clones are cheap.
#[derive(Clone)]
pub struct Claims(Arc<Values>);

struct Values {
    subject: UserId,
    issuer: String,
    token_id: String,
    expires_at: Timestamp,
    issued_at: Timestamp,
    session_id: Option<String>,
    client_id: Option<String>,
    auth_time: Option<Timestamp>,
    acr: Option<String>,
    amr: Vec<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
}

impl Claims {
    /// `sub`: the user the token was issued to.
    #[must_use]
    pub fn subject(&self) -> &UserId {
        &self.0.subject
    }

    /// `iss`: the issuer that the verifier was built with, as written there or in its canonical spelling.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// `exp`: when the token expires.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    /// `iat`: when the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        self.0.issued_at
    }

    /// `jti`: the id of the token. Never empty.
    #[must_use]
    pub fn token_id(&self) -> &str {
        &self.0.token_id
    }

    /// `sid`: the session the token was issued for.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.0.session_id.as_deref()
    }

    /// `client_id`: the client the token was issued to (RFC 9068).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// `auth_time`: when the user last authenticated (RFC 9068, section 2.2.1).
    #[must_use]
    pub fn auth_time(&self) -> Option<Timestamp> {
        self.0.auth_time
    }

    /// `acr`: how strong that authentication was.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.0.acr.as_deref()
    }

    /// `amr`: how the user authenticated, by the names of RFC 8176. Empty if unknown.
    #[must_use]
    pub fn amr(&self) -> &[String] {
        &self.0.amr
    }

    /// `email`: the user's email when the token was issued.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// `email_verified`: whether the email was verified.
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        self.0.email_verified
    }

    /// `name`: the user's display name, as entered by the user.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("subject", &self.0.subject)
            .field("token_id", &self.0.token_id)
            .field("session_id", &self.0.session_id)
            .field("expires_at", &self.0.expires_at)
            .finish_non_exhaustive()
    }
}

/// The payload of a token: with the right types and without duplicate claims, but not checked.
///
/// jsonwebtoken compares `iss`, `aud` and `sub`. The types here are stricter than its own, which accept an array for `iss`
/// and a fraction for `exp`.
#[derive(Deserialize)]
pub(crate) struct Payload {
    iss: String,
    sub: String,
    #[serde(rename = "aud")]
    _aud: Audience,
    exp: u64,
    iat: u64,
    nbf: Option<u64>,
    jti: String,
    sid: Option<String>,
    client_id: Option<String>,
    auth_time: Option<u64>,
    acr: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
    #[serde(default)]
    status: StatusClaim,
    #[serde(flatten)]
    _other: OtherMembers,
}

/// One audience or several (RFC 7519, section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(#[expect(dead_code, reason = "only its type is checked here")] String),
    Several(#[expect(dead_code, reason = "only its type is checked here")] Vec<String>),
}

impl Payload {
    /// Reads the values. Signature, issuer and audience must have been checked before.
    pub(crate) fn read(self) -> Result<Verified, Reason> {
        let expires_at = date(self.exp)?;
        let issued_at = date(self.iat)?;
        let not_before = self.nbf.map(date).transpose()?;
        if self.jti.is_empty() {
            return Err(Reason::TokenId);
        }
        let values = Values {
            subject: UserId::try_from(self.sub).map_err(|_| Reason::Subject)?,
            issuer: self.iss,
            token_id: self.jti,
            expires_at,
            issued_at,
            session_id: self.sid,
            client_id: self.client_id,
            auth_time: self.auth_time.map(date).transpose()?,
            acr: self.acr,
            amr: self.amr,
            email: self.email,
            email_verified: self.email_verified,
            name: self.name,
        };
        Ok(Verified { claims: Claims(Arc::new(values)), not_before, status: self.status })
    }
}

/// What the signature of a token vouches for: everything that stays the same as long as its key is published.
pub(crate) struct Verified {
    claims: Claims,
    not_before: Option<Timestamp>,
    /// The caller must check whether the token was revoked.
    pub(crate) status: StatusClaim,
}

impl Verified {
    /// Returns the claims if the token is valid at this time.
    ///
    /// `skew` is the maximum difference between the issuer's clock and ours. A token is refused from `exp + skew` on.
    pub(crate) fn at(&self, now: Timestamp, skew: SignedDuration) -> Result<Claims, Reason> {
        if now.duration_since(self.claims.expires_at()) >= skew {
            return Err(Reason::Expired);
        }
        let in_future = |moment: Timestamp| moment.duration_since(now) > skew;
        if self.not_before.is_some_and(in_future) {
            return Err(Reason::NotYetValid);
        }
        if in_future(self.claims.issued_at()) {
            return Err(Reason::IssuedInFuture);
        }
        Ok(self.claims.clone())
    }
}

/// Converts seconds since 1970. Times after the year 9999 are invalid.
fn date(seconds: u64) -> Result<Timestamp, Reason> {
    let seconds = i64::try_from(seconds).map_err(|_| Reason::Malformed)?;
    Timestamp::from_second(seconds).map_err(|_| Reason::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const SKEW: i64 = 30;

    fn payload() -> Value {
        json!({"iss": "i", "sub": "alice", "aud": "a", "exp": NOW + 900, "iat": NOW, "jti": "t"})
    }

    fn check(payload: &Value) -> Result<Claims, Reason> {
        let payload: Payload = serde_json::from_str(&payload.to_string()).map_err(|_| Reason::Malformed)?;
        payload.read()?.at(Timestamp::from_second(NOW).unwrap(), SignedDuration::from_secs(SKEW))
    }

    fn with(name: &str, value: impl Into<Value>) -> Result<Claims, Reason> {
        let mut payload = payload();
        payload[name] = value.into();
        check(&payload)
    }

    #[test]
    fn the_least_a_token_says_is_enough() {
        let claims = check(&payload()).unwrap();
        assert_eq!(claims.subject().as_str(), "alice");
        assert_eq!(claims.issuer(), "i");
        assert_eq!(claims.token_id(), "t");
        assert_eq!(claims.issued_at().as_second(), NOW);
        assert_eq!(claims.expires_at().as_second(), NOW + 900);
        assert_eq!((claims.session_id(), claims.client_id()), (None, None));
        assert_eq!((claims.auth_time(), claims.acr(), claims.amr()), (None, None, &[][..]));
        assert_eq!((claims.email(), claims.email_verified(), claims.name()), (None, None, None));
    }

    #[test]
    fn fr_012_a_token_is_good_until_exp_plus_skew_and_not_at_it() {
        assert!(with("exp", NOW - SKEW + 1).is_ok());
        assert_eq!(with("exp", NOW - SKEW).unwrap_err(), Reason::Expired);
        assert_eq!(with("exp", 0).unwrap_err(), Reason::Expired);
    }

    #[test]
    fn nbf_and_iat_may_lie_ahead_by_the_skew_and_no_further() {
        assert!(with("nbf", NOW + SKEW).is_ok());
        assert_eq!(with("nbf", NOW + SKEW + 1).unwrap_err(), Reason::NotYetValid);
        assert!(with("iat", NOW + SKEW).is_ok());
        assert_eq!(with("iat", NOW + SKEW + 1).unwrap_err(), Reason::IssuedInFuture);
    }

    #[test]
    fn dates_are_whole_seconds_until_the_year_9999() {
        const LAST: i64 = 253_402_207_200;
        assert!(with("exp", LAST).is_ok());
        for name in ["exp", "iat", "nbf"] {
            for value in [
                json!(LAST + 1),
                json!(i64::MAX),
                json!(1_u64 << 63),
                json!(u64::MAX),
                json!(-1),
                json!(NOW as f64 + 0.5),
                json!(NOW as f64),
                json!(NOW.to_string()),
                json!([NOW]),
                json!(true),
            ] {
                assert_eq!(with(name, value.clone()).unwrap_err(), Reason::Malformed, "{name} {value}");
            }
        }
    }

    #[test]
    fn a_claim_that_is_required_may_be_neither_missing_nor_null() {
        for name in ["iss", "sub", "aud", "exp", "iat", "jti"] {
            let mut payload = payload();
            payload.as_object_mut().unwrap().remove(name);
            assert_eq!(check(&payload).unwrap_err(), Reason::Malformed, "{name}");
            assert_eq!(with(name, Value::Null).unwrap_err(), Reason::Malformed, "{name}");
        }
    }

    #[test]
    fn types_are_not_stretched() {
        for (name, value) in [
            ("iss", json!(["i"])),
            ("sub", json!(7)),
            ("aud", json!(7)),
            ("aud", json!(["a", 7])),
            ("aud", json!({"a": 1})),
            ("jti", json!(7)),
            ("sid", json!(7)),
            ("auth_time", json!("7")),
            ("auth_time", json!(7.5)),
            ("acr", json!(1)),
            ("amr", json!("pwd")),
            ("amr", json!([1])),
            ("email", json!(["a@b.c"])),
            ("email_verified", json!("true")),
            ("name", json!({})),
        ] {
            assert_eq!(with(name, value.clone()).unwrap_err(), Reason::Malformed, "{name} {value}");
        }
    }

    #[test]
    fn sub_is_a_user_id_and_jti_not_empty() {
        for sub in ["", "me", "auth", "a b", "a/../b", &"x".repeat(65)] {
            assert_eq!(with("sub", sub).unwrap_err(), Reason::Subject, "{sub}");
        }
        assert_eq!(with("jti", "").unwrap_err(), Reason::TokenId);
    }

    #[test]
    fn no_claim_may_come_twice_known_or_not() {
        let once = payload().to_string().replace('}', r#","role":"user","email":"y"}"#);
        assert!(serde_json::from_str::<Payload>(&once).is_ok());
        for twice in [r#""exp":1"#, r#""sub":"bob""#, r#""email":"x""#, r#""role":"admin""#] {
            let json = once.replace('}', &format!(",{twice}}}"));
            assert!(serde_json::from_str::<Payload>(&json).is_err(), "{json}");
        }
    }

    #[test]
    fn sc_008_debug_shows_no_personal_data() {
        let mut payload = payload();
        payload["email"] = json!("alice@example.com");
        payload["name"] = json!("Alice Liddell");
        let text = format!("{:?}", check(&payload).unwrap());
        assert!(text.contains("alice"), "{text}");
        assert!(!text.contains("example.com") && !text.contains("Liddell"), "{text}");
    }
}
