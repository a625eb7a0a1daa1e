//! Compares the verifier's settings with what the issuer publishes about its tokens.

use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use crate::clock::SharedClock;
use crate::diagnostics::{Diagnostics, Mismatch, SharedSetting};
use crate::header::TokenType;
use crate::refused::shown;
use crate::remote::{FetchError, Fetched, Remote, Request};
use crate::schedule::Schedule;
use crate::spelling::Spellings;

/// Suffixes of key set URLs. The issuer publishes its metadata next to them.
const KEY_SETS: [&str; 2] = ["/.well-known/jwks.json", "/api/auth/jwks"];
/// The path of OpenID Connect Discovery, below the issuer's path.
const OPENID: &str = "/.well-known/openid-configuration";
/// The path of RFC 8414, before the issuer's path.
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// The members of the metadata (RFC 8414) that are compared.
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    latchkey_access_token_audience: OneOrSeveral,
    latchkey_access_token_type: String,
}

/// One value or a list of values.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrSeveral {
    One(String),
    Several(Vec<String>),
}

impl OneOrSeveral {
    fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        }
    }
}

/// The settings of the verifier.
pub(crate) struct Expected {
    pub(crate) issuer: Spellings,
    pub(crate) audience: Spellings,
    pub(crate) token_type: TokenType,
}

/// Requests the metadata of the issuer until it responds, and compares it once.
pub(crate) struct SettingsCheck {
    /// The possible locations of the metadata, in the order in which they are tried.
    pub(crate) places: Vec<Remote>,
    pub(crate) expected: Expected,
    pub(crate) schedule: Schedule,
    pub(crate) diagnostics: Arc<dyn Diagnostics>,
}

impl SettingsCheck {
    /// The media types of metadata.
    pub(crate) const ACCEPT: &str = "application/json";
    /// Maximum size of the metadata, in bytes. Latchkey's has under 1 KiB, that of large providers under 10 KiB.
    pub(crate) const MAX_BODY: usize = 64 * 1024;

    /// Runs until the issuer responds. Retries while the issuer is unavailable, but not if it publishes no metadata.
    pub(crate) async fn run(mut self) {
        loop {
            match self.ask().await {
                Ok(Some(metadata)) => {
                    let mismatches = self.expected.compare(&metadata);
                    mismatches.iter().for_each(|mismatch| self.diagnostics.mismatch(mismatch));
                    tracing::debug!(
                        mismatches = mismatches.len(),
                        "settings compared with the issuer's metadata"
                    );
                    return;
                }
                Ok(None) => {
                    tracing::debug!("the issuer publishes no metadata to compare the settings with");
                    return;
                }
                // Fetching the keys logs that the issuer is unavailable.
                Err(error) => {
                    tracing::debug!(%error, "the issuer's metadata could not be fetched");
                    self.schedule.after_failure(false).await;
                }
            }
        }
    }

    /// Returns the first metadata of Latchkey's found at these locations; `None` if there is none.
    async fn ask(&self) -> Result<Option<Metadata>, FetchError> {
        for place in &self.places {
            match place.fetch(Request::default()).await {
                // Metadata of another provider lacks these members and does not apply to these tokens.
                Ok(Fetched::New { body, .. }) => {
                    if let Ok(metadata) = serde_json::from_slice(&body) {
                        return Ok(Some(metadata));
                    }
                }
                Ok(Fetched::NotModified) => {}
                Err(FetchError::Status(status)) if !status.is_server_error() => {}
                Err(FetchError::TooLarge) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

impl Expected {
    fn compare(&self, metadata: &Metadata) -> Vec<Mismatch> {
        let accepts = |spellings: &Spellings, value: &str| spellings.all().any(|spelling| spelling == value);
        let Metadata { issuer, latchkey_access_token_audience: audience, latchkey_access_token_type: typ } =
            metadata;
        let audiences = audience.values();
        let named = audiences.iter().any(|audience| accepts(&self.audience, audience));
        let compared = [
            (SharedSetting::Issuer, accepts(&self.issuer, issuer), self.issuer.written(), issuer),
            (SharedSetting::Audience, named, self.audience.written(), &audiences.join(",")),
            (SharedSetting::TokenType, self.token_type.matches(typ), self.token_type.as_str(), typ),
        ];
        let differing = compared.into_iter().filter(|(_, fits, ..)| !fits);
        differing
            .map(|(setting, _, expected, published)| Mismatch {
                setting,
                expected: expected.to_owned(),
                published: shown(published),
            })
            .collect()
    }
}

/// Returns the possible locations of the metadata of `issuer`, given the URL of its key set: next to the key set, at the
/// path of RFC 8414, and at the root, where a service responds whose issuer is not the expected one. No other host is ever
/// contacted.
pub(crate) fn places(jwks_url: &Url, issuer: &str) -> Vec<Url> {
    let beside = KEY_SETS.iter().find_map(|end| jwks_url.path().strip_suffix(end));
    let issuer_path = Url::parse(issuer).map(|url| url.path().trim_end_matches('/').to_owned());
    let oauth = format!("{OAUTH}{}", issuer_path.unwrap_or_default());
    let paths = [beside.map(|base| format!("{base}{OPENID}")), Some(oauth), Some(OPENID.to_owned())];
    let mut places = Vec::new();
    for path in paths.into_iter().flatten() {
        let mut url = jwks_url.clone();
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
        if !places.contains(&url) {
            places.push(url);
        }
    }
    places
}

/// Returns the waits between requests to an issuer that is unavailable.
pub(crate) fn schedule(clock: &SharedClock, cooldown: std::time::Duration) -> Schedule {
    Schedule {
        clock: Arc::clone(clock),
        interval: cooldown,
        least: cooldown,
        first_retry: cooldown,
        last_retry: cooldown,
        failures: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(jwks_url: &str, issuer: &str) -> Vec<String> {
        places(&jwks_url.parse().unwrap(), issuer).into_iter().map(String::from).collect()
    }

    #[test]
    fn metadata_is_looked_for_at_the_host_of_the_keys() {
        assert_eq!(
            tried("http://auth:8081/.well-known/jwks.json", "https://example.com"),
            [
                "http://auth:8081/.well-known/openid-configuration",
                "http://auth:8081/.well-known/oauth-authorization-server",
            ]
        );
        assert_eq!(
            tried("https://example.com/auth/.well-known/jwks.json?a", "https://example.com/auth/"),
            [
                "https://example.com/auth/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server/auth",
                "https://example.com/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            tried("https://cdn.example/keys.json", "latchkey"),
            [
                "https://cdn.example/.well-known/oauth-authorization-server",
                "https://cdn.example/.well-known/openid-configuration",
            ]
        );
    }

    fn compare(issuer: &str, audience: &str, typ: &str) -> Vec<(SharedSetting, String, String)> {
        let expected = Expected {
            issuer: Spellings::new("https://Auth.test:443/"),
            audience: Spellings::new("tasks"),
            token_type: TokenType::new("at+jwt"),
        };
        let metadata = Metadata {
            issuer: issuer.to_owned(),
            latchkey_access_token_audience: match audience.split(',').map(str::to_owned).collect::<Vec<_>>() {
                several if several.len() > 1 => OneOrSeveral::Several(several),
                _ => OneOrSeveral::One(audience.to_owned()),
            },
            latchkey_access_token_type: typ.to_owned(),
        };
        let mismatches = expected.compare(&metadata).into_iter();
        mismatches.map(|mismatch| (mismatch.setting, mismatch.expected, mismatch.published)).collect()
    }

    #[test]
    fn what_a_token_would_be_accepted_with_fits() {
        for issuer in ["https://auth.test", "https://Auth.test:443/"] {
            for audience in ["tasks", "mail,tasks"] {
                assert_eq!(compare(issuer, audience, "AT+JWT"), []);
            }
        }
        let other = (SharedSetting::Audience, "tasks".to_owned(), "mail,notes".to_owned());
        assert_eq!(compare("https://auth.test", "mail,notes", "at+jwt"), [other]);
    }

    #[test]
    fn every_difference_is_reported_with_both_values() {
        let texts = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        let differing = compare("https://auth.test/", "Tasks", "JWT");
        let (settings, values): (Vec<_>, Vec<_>) =
            differing.into_iter().map(|(setting, one, other)| (setting, (one, other))).unzip();
        assert_eq!(settings, [SharedSetting::Issuer, SharedSetting::Audience, SharedSetting::TokenType]);
        assert_eq!(
            values,
            [
                texts("https://Auth.test:443/", "https://auth.test/"),
                texts("tasks", "Tasks"),
                texts("at+jwt", "JWT"),
            ]
        );
    }
}
