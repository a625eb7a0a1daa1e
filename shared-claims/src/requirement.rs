//! What a resource demands of the authentication behind a token (RFC 9470).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::claims::Claims;

/// What a resource demands of the authentication behind a token. Without any demand, every token is enough.
///
/// ```
/// use std::time::Duration;
/// use shared_claims::AuthenticationRequirement;
///
/// const PAYING: AuthenticationRequirement =
///     AuthenticationRequirement::new().max_age(Duration::from_secs(300)).acr_values(&["urn:latchkey:2fa"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuthenticationRequirement {
    max_age: Option<Duration>,
    acr_values: &'static [&'static str],
}

impl AuthenticationRequirement {
    /// Demands nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { max_age: None, acr_values: &[] }
    }

    /// Demands that the user authenticated (`auth_time`) no longer ago than this, in whole seconds. The clock skew of the
    /// verifier is granted in addition.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Demands that `acr` is one of these values. Values that are stronger than another one have to be listed too.
    ///
    /// # Panics
    ///
    /// If a value is empty or contains a space, a quote, a backslash or a character that is not in visible ASCII. In a
    /// constant that is an error of the compiler.
    #[must_use]
    pub const fn acr_values(mut self, values: &'static [&'static str]) -> Self {
        let mut rest = values;
        while let [value, others @ ..] = rest {
            assert!(is_acr(value.as_bytes()), "acr values are visible ASCII without quotes and backslashes");
            rest = others;
        }
        self.acr_values = values;
        self
    }

    /// Whether the authentication of a token meets it at this time.
    pub(crate) fn is_met(&self, claims: &Claims, now: Timestamp, skew: SignedDuration) -> bool {
        let is_recent = self.max_age.is_none_or(|max_age| {
            let max_age = SignedDuration::try_from(max_age).unwrap_or(SignedDuration::MAX);
            claims.auth_time().is_some_and(|time| {
                let age = now.duration_since(time);
                // Nobody authenticates in the future.
                -skew <= age && age <= max_age.saturating_add(skew)
            })
        });
        let is_strong =
            self.acr_values.is_empty() || claims.acr().is_some_and(|acr| self.acr_values.contains(&acr));
        is_recent && is_strong
    }

    /// The `WWW-Authenticate` header of the response (RFC 9470, section 3).
    #[must_use]
    pub fn challenge(&self) -> String {
        let mut challenge = "Bearer error=\"insufficient_user_authentication\", \
            error_description=\"A more recent or stronger authentication is required\""
            .to_owned();
        if !self.acr_values.is_empty() {
            challenge += &format!(", acr_values=\"{}\"", self.acr_values.join(" "));
        }
        if let Some(age) = self.max_age {
            challenge += &format!(", max_age=\"{}\"", age.as_secs());
        }
        challenge
    }
}

const fn is_acr(value: &[u8]) -> bool {
    let mut rest = value;
    while let [byte, others @ ..] = rest {
        if !byte.is_ascii_graphic() || *byte == b'"' || *byte == b'\\' {
            return false;
        }
        rest = others;
    }
    !value.is_empty()
}

/// The authentication behind a valid token is too old or too weak: answer 401 with
/// [`challenge`](AuthenticationRequirement::challenge), so that the client has the user authenticate again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a more recent or stronger authentication is required")]
pub struct InsufficientAuthentication(
    /// What was demanded.
    pub AuthenticationRequirement,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_what_is_demanded() {
        let nothing = AuthenticationRequirement::new();
        let start = "Bearer error=\"insufficient_user_authentication\", \
                     error_description=\"A more recent or stronger authentication is required\"";
        assert_eq!(nothing.challenge(), start);
        let all = nothing.max_age(Duration::from_secs(300)).acr_values(&["a:1", "b"]);
        assert_eq!(all.challenge(), format!("{start}, acr_values=\"a:1 b\", max_age=\"300\""));
    }

    #[test]
    fn acr_values_need_no_quoting() {
        for value in ["", "a b", "a\"b", "a\\b", "ä", "a\n"] {
            assert!(!is_acr(value.as_bytes()), "{value:?}");
        }
        assert!(is_acr(b"urn:latchkey:1fa") && is_acr(b"0"));
    }
}
