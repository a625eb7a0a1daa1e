//! How users authenticate, and what tokens say of it.

use serde::Serialize;
use strum::{EnumString, IntoStaticStr};

/// One factor: something that the user knows, has or is.
const ONE_FACTOR: &str = "urn:latchkey:1fa";

/// How the user of a session authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum AuthenticationMethod {
    /// With the password of the account.
    Password,
    /// At an identity provider.
    Federated,
}

impl AuthenticationMethod {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The claims about it.
    pub(super) fn claims(self) -> AuthenticationClaims {
        match self {
            Self::Password => AuthenticationClaims { acr: ONE_FACTOR, amr: &["pwd"] },
            // RFC 8176 has no name for it. Microsoft and others call it that.
            Self::Federated => AuthenticationClaims { acr: ONE_FACTOR, amr: &["fed"] },
        }
    }
}

/// The claims about the authentication, besides `auth_time` (RFC 9068, section 2.2.1).
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AuthenticationClaims {
    /// How strong it was.
    acr: &'static str,
    /// How it was done, by the names of RFC 8176.
    amr: &'static [&'static str],
}
