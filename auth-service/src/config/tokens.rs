//! What tokens say of themselves.

use std::convert::Infallible;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use service_kit::settings::non_empty;
use shared_claims::canonical_url;
use url::Url;

use super::{age, identity, lifetime};
use crate::polling;
use crate::status_lists::StatusListTimes;
use crate::tokens::{Audience, ClaimSet, TokenSettings};
use crate::users::UserFields;

/// A replica that asked more often would do little else.
const SHORTEST_STATUS_LIST_INTERVAL: Duration = Duration::from_millis(100);

/// The settings of access tokens.
#[derive(Debug, Clone, Args)]
pub struct TokenConfig {
    /// `iss` claim of access tokens [default: BASE_URL]
    ///
    /// Any text. A URL must not contain a user name, a password, a query or a fragment.
    #[arg(long, env, value_parser = identity::issuer)]
    pub jwt_issuer: Option<String>,
    /// `aud` claim of access tokens, comma-separated if there are several [default: BASE_URL]
    ///
    /// Several audiences make it an array.
    #[arg(long, env, value_parser = audience)]
    pub jwt_audience: Option<Audience>,
    /// Lifetime of access tokens
    #[arg(long, env, default_value = "15m", value_parser = lifetime)]
    pub jwt_ttl: SignedDuration,
    /// Maximum clock difference between replicas and resource servers
    ///
    /// Must be at least the leeway that verifiers use, e.g. CLOCK_SKEW of task-service (30s).
    #[arg(long, env, default_value = "30s", value_parser = age)]
    pub clock_skew: SignedDuration,
    /// `typ` header of access tokens: at+jwt (RFC 9068), or JWT for verifiers that require it
    #[arg(long, env, default_value = "at+jwt", value_parser = ["at+jwt", "JWT"])]
    pub jwt_typ: String,
    /// Claims about the user in access tokens
    ///
    /// `standard` is `sub`, `email`, `email_verified` and `name`. `better-auth` adds `id`, `emailVerified`, `image`,
    /// `createdAt` and `updatedAt`.
    #[arg(long, env, value_enum, default_value = "standard")]
    pub jwt_claims: ClaimSet,
    /// Fields of USER_FIELDS that are claims of access tokens, comma-separated
    ///
    /// The names of the claims are those of the fields. A change of such a field revokes the user's tokens.
    #[arg(long, env, default_value = "", value_delimiter = ',', value_parser = claim)]
    pub jwt_user_fields: Vec<String>,
    /// Interval at which a replica checks the database for revoked sessions, 100ms to 24h
    ///
    /// Sessions that a replica ends itself are in its status lists within half a second, whatever the interval.
    #[arg(long, env, default_value = "500ms", value_parser = status_list_interval)]
    pub status_list_interval: Duration,
}

/// A list of recipients. The type says whether there is one; an empty text leaves the default.
fn audience(text: &str) -> Result<Audience, String> {
    let mut entries: Vec<String> = text.split(',').map(|entry| entry.trim().to_owned()).collect();
    if entries.len() > 1 && entries.iter().any(String::is_empty) {
        return Err("has an empty entry between its commas".to_owned());
    }
    match (entries.pop(), entries.is_empty()) {
        (Some(only), true) => Ok(Audience::One(only)),
        (last, _) => {
            entries.extend(last);
            Ok(Audience::Several(entries))
        }
    }
}

/// The name of a field, which is compared with USER_FIELDS later. Empty for an empty list.
fn claim(text: &str) -> Result<String, Infallible> {
    Ok(text.trim().to_owned())
}

fn status_list_interval(text: &str) -> Result<Duration, String> {
    polling::interval(text, SHORTEST_STATUS_LIST_INTERVAL, polling::LONGEST_INTERVAL)
}

impl TokenConfig {
    /// What the URIs of status lists begin with: under the issuer, where verifiers look for them, or under `base_url` if
    /// the issuer is no URL. Canonical, however the issuer is spelled.
    pub fn status_list_prefix(&self, base_url: &Url) -> String {
        let issuer = non_empty(&self.jwt_issuer).and_then(|issuer| Url::parse(issuer).ok());
        let issuer = issuer.filter(|url| matches!(url.scheme(), "http" | "https"));
        format!("{}/.well-known/status-lists", canonical_url(issuer.as_ref().unwrap_or(base_url)))
    }

    /// The times that status lists depend on.
    pub fn status_list_times(&self) -> StatusListTimes {
        StatusListTimes {
            token_lifetime: self.jwt_ttl,
            clock_skew: self.clock_skew,
            interval: self.status_list_interval,
        }
    }

    fn audience(&self) -> Option<Audience> {
        self.jwt_audience.clone().filter(|audience| *audience != Audience::One(String::new()))
    }

    /// What tokens of a service reached under `base_url` say of themselves, and of the user's `fields`.
    ///
    /// # Errors
    /// If a name in JWT_USER_FIELDS cannot be a claim.
    pub fn settings(&self, base_url: &Url, fields: &UserFields) -> Result<TokenSettings, InvalidClaim> {
        let named: Vec<String> =
            self.jwt_user_fields.iter().filter(|name| !name.is_empty()).cloned().collect();
        let user_fields = fields.claims(&named).map_err(InvalidClaim)?;
        let base = canonical_url(base_url);
        Ok(TokenSettings {
            issuer: non_empty(&self.jwt_issuer).unwrap_or(base).to_owned(),
            audience: self.audience().unwrap_or_else(|| Audience::One(base.to_owned())),
            ttl: self.jwt_ttl,
            token_type: self.jwt_typ.clone(),
            claims: self.jwt_claims,
            user_fields,
        })
    }
}

/// A field of JWT_USER_FIELDS cannot be a claim.
#[derive(Debug, thiserror::Error)]
#[error("JWT_USER_FIELDS: {0}")]
pub struct InvalidClaim(String);

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        tokens: TokenConfig,
    }

    #[test]
    fn an_issuer_stays_as_it_is_written_and_its_status_lists_are_canonical() {
        let base_url = Url::parse("https://Auth.Example.com:443/").unwrap();
        for (jwt_issuer, issuer, prefix) in [
            ("", "https://auth.example.com", "https://auth.example.com"),
            ("https://Example.com:443", "https://Example.com:443", "https://example.com"),
            ("https://example.com/auth/", "https://example.com/auth/", "https://example.com/auth"),
            ("Latchkey", "Latchkey", "https://auth.example.com"),
            ("urn:Latchkey", "urn:Latchkey", "https://auth.example.com"),
        ] {
            let tokens = Settings::parse_from(["auth-service", "--jwt-issuer", jwt_issuer]).tokens;
            assert_eq!(tokens.settings(&base_url, &UserFields::default()).unwrap().issuer, issuer);
            assert_eq!(tokens.status_list_prefix(&base_url), format!("{prefix}/.well-known/status-lists"));
        }
    }

    #[test]
    fn an_audience_is_a_string_and_several_are_an_array() {
        let base_url = Url::parse("https://auth.example.com").unwrap();
        for (jwt_audience, aud) in [
            ("", r#""https://auth.example.com""#),
            ("tasks", r#""tasks""#),
            ("tasks, https://api.example.com", r#"["tasks","https://api.example.com"]"#),
        ] {
            let tokens = Settings::parse_from(["auth-service", "--jwt-audience", jwt_audience]).tokens;
            assert_eq!(
                serde_json::to_string(&tokens.settings(&base_url, &UserFields::default()).unwrap().audience)
                    .unwrap(),
                aud
            );
        }
        for bad in [",", "a,", "a,,b"] {
            assert!(audience(bad).is_err(), "{bad}");
        }
    }
}
