//! What tokens say of themselves.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use service_kit::settings::given;
use url::Url;

use super::{age, lifetime};
use crate::polling;
use crate::tokens::{ClaimSet, TokenSettings};

/// A replica that asked more often would do little else.
const SHORTEST_STATUS_LIST_INTERVAL: Duration = Duration::from_millis(100);

/// The settings of access tokens.
#[derive(Debug, Clone, Args)]
pub struct TokenConfig {
    /// `iss` of the tokens [default: BASE_URL]
    #[arg(long, env)]
    pub jwt_issuer: Option<String>,
    /// `aud` of the tokens [default: BASE_URL]
    #[arg(long, env)]
    pub jwt_audience: Option<String>,
    /// How long a token is good for
    #[arg(long, env, default_value = "15m", value_parser = lifetime)]
    pub jwt_ttl: SignedDuration,
    /// How far the clocks of replicas and resource servers may be apart; not less than theirs say (30s)
    #[arg(long, env, default_value = "30s", value_parser = age)]
    pub clock_skew: SignedDuration,
    /// `typ` of the tokens' header: at+jwt (RFC 9068), or JWT for verifiers that insist on it
    #[arg(long, env, default_value = "at+jwt", value_parser = ["at+jwt", "JWT"])]
    pub jwt_typ: String,
    /// What tokens say of the user: the address and name, or all that Better Auth's do
    #[arg(long, env, value_enum, default_value = "standard")]
    pub jwt_claims: ClaimSet,
    /// How often a replica checks the database for revoked sessions, 100ms to 24h. Sessions that a replica ends itself are
    /// in its status lists within half a second, whatever this is
    #[arg(long, env, default_value = "500ms", value_parser = status_list_interval)]
    pub status_list_interval: Duration,
}

fn status_list_interval(text: &str) -> Result<Duration, String> {
    polling::interval(text, SHORTEST_STATUS_LIST_INTERVAL, polling::LONGEST_INTERVAL)
}

impl TokenConfig {
    /// What the addresses of status lists begin with: under the issuer, where verifiers look for them, if that is an
    /// address at all.
    pub fn status_list_prefix(&self, base_url: &Url) -> String {
        let is_url =
            |issuer: &&str| Url::parse(issuer).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        let issuer = given(&self.jwt_issuer).filter(is_url).unwrap_or(base_url.as_str());
        format!("{}/.well-known/status-lists", issuer.trim_end_matches('/'))
    }

    /// What tokens of a service reached under `base_url` say of themselves.
    pub fn settings(&self, base_url: &Url) -> TokenSettings {
        let base = base_url.as_str().trim_end_matches('/');
        TokenSettings {
            issuer: given(&self.jwt_issuer).unwrap_or(base).to_owned(),
            audience: given(&self.jwt_audience).unwrap_or(base).to_owned(),
            ttl: self.jwt_ttl,
            clock_skew: self.clock_skew,
            token_type: self.jwt_typ.clone(),
            claims: self.jwt_claims,
            status_list_interval: self.status_list_interval,
        }
    }
}
