//! The token endpoint: exchanging a code, and refreshing an access token (RFC 6749, sections 4.1.3 and 6).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::form_urlencoded::{Serializer, byte_serialize};

use super::error::ProviderError;

/// Longest lifetime of a token that is believed. Some providers say that theirs never expire by a large number.
const LONGEST: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// What a token endpoint returned.
#[derive(Debug, Default)]
pub struct ProviderTokens {
    pub access: Option<SecretString>,
    pub refresh: Option<SecretString>,
    pub id: Option<SecretString>,
    pub access_expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
    /// The scopes that were granted; empty if it did not say.
    pub scopes: Vec<String>,
}

/// A code and what proves that this service asked for it.
pub struct CodeExchange<'a> {
    pub code: &'a str,
    pub code_verifier: &'a SecretString,
    pub redirect_uri: &'a str,
}

/// How this service authenticates at the token endpoint (RFC 6749, section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientAuthentication {
    /// `client_secret_post`
    Post,
    /// `client_secret_basic`
    Basic,
}

/// The identity of this service at a provider.
#[derive(Clone)]
pub(super) struct ClientCredentials {
    /// The first is sent. ID tokens may be for any of them.
    pub(super) ids: Vec<String>,
    /// A public client has none.
    pub(super) secret: Option<SecretString>,
    pub(super) authentication: ClientAuthentication,
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").field("ids", &self.ids).finish_non_exhaustive()
    }
}

impl ClientCredentials {
    pub(super) fn id(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }

    /// The form of a request with `parameters`, and its `Authorization` header.
    fn form(&self, parameters: &[(&str, &str)]) -> (String, Option<String>) {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(parameters);
        match (&self.secret, self.authentication) {
            (Some(secret), ClientAuthentication::Basic) => {
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encoded(self.id()), encoded(secret.expose_secret()));
                return (form.finish(), Some(format!("Basic {}", STANDARD.encode(pair))));
            }
            (Some(secret), ClientAuthentication::Post) => {
                form.append_pair("client_id", self.id()).append_pair("client_secret", secret.expose_secret());
            }
            (None, _) => {
                form.append_pair("client_id", self.id());
            }
        }
        (form.finish(), None)
    }

    pub(super) fn exchange(&self, exchange: &CodeExchange<'_>) -> (String, Option<String>) {
        self.form(&[
            ("grant_type", "authorization_code"),
            ("code", exchange.code),
            ("code_verifier", exchange.code_verifier.expose_secret()),
            ("redirect_uri", exchange.redirect_uri),
        ])
    }

    pub(super) fn refresh(&self, token: &SecretString, scope: Option<&str>) -> (String, Option<String>) {
        let own = [("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())];
        let parameters: Vec<_> = own.into_iter().chain(scope.map(|scope| ("scope", scope))).collect();
        self.form(&parameters)
    }
}

impl ProviderTokens {
    /// Reads the response of a token endpoint (RFC 6749, section 5.1), as leniently as known providers require.
    pub(super) fn read(response: &Value, now: Timestamp) -> Result<Self, ProviderError> {
        let Value::Object(response) = response else {
            return Err(ProviderError::Invalid("the token response is not an object"));
        };
        let secret = |name: &str| response.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let secret = |name| secret(name).map(|text| SecretString::from(text.to_owned()));
        Ok(Self {
            access: secret("access_token"),
            refresh: secret("refresh_token"),
            id: secret("id_token"),
            access_expires_at: expiry(response, "expires_in", now),
            refresh_expires_at: expiry(response, "refresh_token_expires_in", now),
            scopes: scopes(response.get("scope")),
        })
    }
}

/// When a token expires; `None` if the provider does not say. Some say it in a text.
fn expiry(response: &Map<String, Value>, name: &str, now: Timestamp) -> Option<Timestamp> {
    let seconds = match response.get(name)? {
        Value::String(text) => text.parse().ok()?,
        value => value.as_f64()?,
    };
    let lifetime = SignedDuration::try_from_secs_f64(seconds).ok().filter(SignedDuration::is_positive)?;
    now.checked_add(lifetime.min(LONGEST)).ok()
}

/// Scopes are a list separated by spaces (RFC 6749, section 3.3); GitHub separates them by commas, and others send an array.
fn scopes(value: Option<&Value>) -> Vec<String> {
    let is_separator = |char: char| char.is_whitespace() || char == ',';
    let words = |text: &str| {
        text.split(is_separator).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    match value {
        Some(Value::String(text)) => words(text),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).flat_map(words).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn credentials(secret: Option<&str>, authentication: ClientAuthentication) -> ClientCredentials {
        let secret = secret.map(|secret| secret.to_owned().into());
        ClientCredentials { ids: vec!["the id".to_owned(), "other".to_owned()], secret, authentication }
    }

    #[test]
    fn a_client_authenticates_as_the_provider_expects() {
        let form = |credentials: ClientCredentials| credentials.form(&[("grant_type", "x")]);
        let basic = form(credentials(Some("a:b"), ClientAuthentication::Basic));
        // Both halves are encoded as in a form: RFC 6749, section 2.3.1.
        assert_eq!(
            basic,
            ("grant_type=x".to_owned(), Some(format!("Basic {}", STANDARD.encode("the+id:a%3Ab"))))
        );
        let post = form(credentials(Some("a:b"), ClientAuthentication::Post));
        assert_eq!(post, ("grant_type=x&client_id=the+id&client_secret=a%3Ab".to_owned(), None));
        let public = form(credentials(None, ClientAuthentication::Basic));
        assert_eq!(public, ("grant_type=x&client_id=the+id".to_owned(), None));
    }

    #[test]
    fn responses_are_read_as_providers_write_them() {
        let now = Timestamp::UNIX_EPOCH;
        let read = |response| ProviderTokens::read(&response, now).unwrap();
        let tokens =
            read(json!({"access_token": "a", "expires_in": "60", "scope": "b c", "refresh_token": ""}));
        assert_eq!(tokens.access_expires_at.unwrap().as_second(), 60);
        assert_eq!((tokens.scopes, tokens.refresh.is_none()), (vec!["b".to_owned(), "c".to_owned()], true));
        for never in [json!(1e300), json!(-1), json!("soon"), json!(null), json!(0)] {
            let tokens = read(json!({"access_token": "a", "expires_in": never}));
            assert!(tokens.access_expires_at.is_none(), "{never}");
        }
        assert!(read(json!({"expires_in": 1e12})).access_expires_at.is_some());
        assert_eq!(read(json!({"scope": ["b", "c d"]})).scopes.len(), 3);
        assert_eq!(read(json!({"scope": "read:user,user:email"})).scopes, ["read:user", "user:email"]);
        assert!(ProviderTokens::read(&json!([]), now).is_err());
    }
}
