//! What an access token says.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::sessions::SessionId;
use crate::users::{Email, User};

/// RFC 9068 wants to know which client asked; until there are others, it is the first-party page.
const FIRST_PARTY_CLIENT: &str = "first-party";

/// Who tokens are from and for, and how long they last.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// `iss`
    pub issuer: String,
    /// `aud`
    pub audience: String,
    /// From `iat` to `exp`.
    pub ttl: SignedDuration,
    /// The `typ` of the header: `at+jwt` unless a verifier insists on `JWT`.
    pub token_type: String,
}

/// The claims of an access token (RFC 9068, section 2.2, and who the user is).
#[derive(Serialize)]
pub struct AccessTokenClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    jti: Uuid,
    client_id: &'static str,
    sid: SessionId,
    email: &'a Email,
    email_verified: bool,
    name: &'a str,
}

impl<'a> AccessTokenClaims<'a> {
    /// Claims for a token minted now.
    pub fn new(settings: &'a TokenSettings, session: SessionId, user: &'a User, now: Timestamp) -> Self {
        Self {
            iss: &settings.issuer,
            sub: user.id.as_str(),
            aud: &settings.audience,
            exp: now.as_second().saturating_add(settings.ttl.as_secs()),
            iat: now.as_second(),
            jti: service_kit::id::new_v7(now),
            client_id: FIRST_PARTY_CLIENT,
            sid: session,
            email: &user.email,
            email_verified: user.email_verified,
            name: &user.name,
        }
    }
}
