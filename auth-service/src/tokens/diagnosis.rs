//! The claims of a token with which `auth-service doctor` asks a resource server whether it accepts tokens.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::status_lists::StatusReference;

use super::model::{Audience, FIRST_PARTY_CLIENT, TokenSettings};

/// Lifetime of the token: longer than the request with it takes.
const LIFETIME: SignedDuration = SignedDuration::from_secs(60);

/// Claims like those of a user's token, for a user that does not exist and without a session.
#[derive(Serialize)]
pub struct DiagnosisClaims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a Audience,
    exp: i64,
    iat: i64,
    jti: Uuid,
    client_id: &'static str,
    /// Lets resource servers tell the reason of a refusal. Tokens of users never have it.
    latchkey_diagnosis: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<StatusReference>,
}

impl<'a> DiagnosisClaims<'a> {
    /// Creates the claims of a token issued at `now`, which resource servers look up in a status list if it has a `status`.
    pub fn new(settings: &'a TokenSettings, status: Option<StatusReference>, now: Timestamp) -> Self {
        let jti = service_kit::id::new_v7(now);
        Self {
            iss: &settings.issuer,
            sub: format!("doctor-{jti}"),
            aud: &settings.audience,
            exp: now.as_second().saturating_add(LIFETIME.as_secs()),
            iat: now.as_second(),
            jti,
            client_id: FIRST_PARTY_CLIENT,
            latchkey_diagnosis: true,
            status,
        }
    }
}
