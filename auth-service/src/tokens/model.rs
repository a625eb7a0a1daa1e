//! The claims of access tokens.

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::authentication::{Authentication, AuthenticationClaims};
use crate::protocol::email_address::Email;
use crate::protocol::session_id::SessionId;
use crate::protocol::timestamp;
use crate::status_lists::{StatusIndex, StatusReference};
use crate::users::{User, UserField};

/// RFC 9068 requires the client that requested the token. So far the only client is the first-party page.
pub(super) const FIRST_PARTY_CLIENT: &str = "first-party";

/// Which claims about the user a token contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClaimSet {
    /// `sub`, `email`, `email_verified` and `name`.
    Standard,
    /// The standard claims and the user object, as in Better Auth's tokens.
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

/// Issuer, audience, lifetime and contents of tokens.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: Audience,
    /// Time from `iat` to `exp`.
    pub ttl: SignedDuration,
    /// The `typ` header: `at+jwt`, unless a verifier requires `JWT`.
    pub token_type: String,
    pub claims: ClaimSet,
    /// The additional fields of users that are claims.
    pub user_fields: Vec<UserField>,
}

/// A session, as far as its tokens depend on it.
#[derive(Debug, Clone, Copy)]
pub struct TokenSession {
    pub id: SessionId,
    /// Its position in the status lists.
    pub index: Option<StatusIndex>,
    pub started_at: Timestamp,
    /// How the user authenticated then.
    pub authentication: Authentication,
}

/// The claims of an access token: RFC 9068, section 2.2, and claims about the user.
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
    /// When the user last authenticated: sessions start then, and at no other time.
    auth_time: i64,
    #[serde(flatten)]
    authentication: Option<AuthenticationClaims>,
    email: &'a Email,
    email_verified: bool,
    name: &'a str,
    status: StatusReference,
    #[serde(flatten)]
    fields: FieldClaims<'a>,
    #[serde(flatten)]
    better_auth: Option<BetterAuthClaims<'a>>,
}

/// The claims about additional fields of the user. A field without a value is no claim.
struct FieldClaims<'a> {
    fields: &'a [UserField],
    values: &'a Map<String, Value>,
}

impl Serialize for FieldClaims<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named =
            |field: &'_ UserField| field.value(self.values).map(|value| (field.name.clone(), value.clone()));
        serializer.collect_map(self.fields.iter().filter_map(named))
    }
}

/// The additional claims of Better Auth's default payload.
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
    /// Creates the claims of a token issued at `now`.
    pub fn new(
        settings: &'a TokenSettings,
        session: TokenSession,
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
            sid: session.id,
            auth_time: session.started_at.as_second(),
            authentication: session.authentication.claims(),
            email: &user.email,
            email_verified: user.email_verified,
            name: &user.name,
            status,
            fields: FieldClaims { fields: &settings.user_fields, values: &user.fields },
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
