//! What an access token says.

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::protocol::email_address::Email;
use crate::protocol::session_id::SessionId;
use crate::protocol::timestamp;
use crate::status_lists::StatusReference;
use crate::users::User;

/// RFC 9068 wants to know which client asked; until there are others, it is the first-party page.
const FIRST_PARTY_CLIENT: &str = "first-party";

/// What tokens say of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClaimSet {
    /// Who it is: `sub`, `email`, `email_verified`, `name`.
    Standard,
    /// These, and the whole user object as Better Auth's tokens hold it.
    BetterAuth,
}

/// The recipients of tokens: the `aud` claim (RFC 7519, section 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Audience {
    /// One recipient.
    One(String),
    /// Several recipients.
    Several(Vec<String>),
}

/// Who tokens are from and for, and how long they last.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// `iss`
    pub issuer: String,
    /// `aud`
    pub audience: Audience,
    /// From `iat` to `exp`.
    pub ttl: SignedDuration,
    /// The `typ` of the header: `at+jwt` unless a verifier insists on `JWT`.
    pub token_type: String,
    /// What they say of the user.
    pub claims: ClaimSet,
}

/// The claims of an access token (RFC 9068, section 2.2, and who the user is).
#[derive(Serialize)]
pub struct AccessTokenClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a Audience,
    exp: i64,
    iat: i64,
    jti: Uuid,
    client_id: &'static str,
    sid: SessionId,
    email: &'a Email,
    email_verified: bool,
    name: &'a str,
    status: StatusReference,
    #[serde(flatten)]
    better_auth: Option<BetterAuthClaims<'a>>,
}

/// What Better Auth's default payload has besides.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BetterAuthClaims<'a> {
    id: &'a str,
    #[serde(rename = "emailVerified")]
    verified: bool,
    image: Option<&'a str>,
    #[serde(serialize_with = "timestamp::serialize")]
    created_at: Timestamp,
    #[serde(serialize_with = "timestamp::serialize")]
    updated_at: Timestamp,
}

impl<'a> AccessTokenClaims<'a> {
    /// Claims for a token minted now.
    pub fn new(
        settings: &'a TokenSettings,
        session: SessionId,
        user: &'a User,
        status: StatusReference,
        now: Timestamp,
    ) -> Self {
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
            status,
            better_auth: (settings.claims == ClaimSet::BetterAuth).then(|| BetterAuthClaims {
                id: user.id.as_str(),
                verified: user.email_verified,
                image: user.image.as_deref(),
                created_at: user.created_at,
                updated_at: user.updated_at,
            }),
        }
    }
}
