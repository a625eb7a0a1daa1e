//! How users authenticate, and what tokens say of it.

use serde::Serialize;
use strum::{EnumString, IntoStaticStr};

use crate::second_factors::SecondFactor;

/// One factor: something that the user knows, has or is.
const ONE_FACTOR: &str = "urn:latchkey:1fa";
/// Two different factors.
const TWO_FACTORS: &str = "urn:latchkey:2fa";

/// How the user of a session proved the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum AuthenticationMethod {
    /// With the password of the account.
    Password,
    /// At an identity provider.
    Federated,
    /// With a link or a code that was sent to the account's email.
    EmailCode,
}

impl AuthenticationMethod {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The names of RFC 8176: alone, and with a second factor, which is a code in every case.
    fn references(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Password => (&["pwd"], &["pwd", "otp", "mfa"]),
            // RFC 8176 has no name for it. Microsoft and others call it that.
            Self::Federated => (&["fed"], &["fed", "otp", "mfa"]),
            Self::EmailCode => (&["otp"], &["otp", "mfa"]),
        }
    }
}

/// How the user of a session authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Authentication {
    /// The first factor; `None` if unknown.
    pub method: Option<AuthenticationMethod>,
    /// The second factor, if the user proved one for this session. A trusted device is none.
    pub second_factor: Option<SecondFactor>,
}

impl Authentication {
    /// The claims about it; `None` if it is unknown.
    pub(super) fn claims(self) -> Option<AuthenticationClaims> {
        let (one, two) = self.method?.references();
        Some(match self.second_factor {
            Some(_) => AuthenticationClaims { acr: TWO_FACTORS, amr: two },
            None => AuthenticationClaims { acr: ONE_FACTOR, amr: one },
        })
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
