//! How long sessions live, and the cookies that carry them.

use clap::{ArgAction, Args, builder::BoolishValueParser};
use jiff::SignedDuration;
use service_kit::settings::non_empty;
use url::Url;

use super::{age, lifetime};
use crate::protocol::cookie_domain::{CookieDomain, DomainError};
use crate::protocol::cookies::{CookieSettings, SameSite};
use crate::sessions::SessionSettings;

/// The heading of the cookies' settings in `--help`.
const COOKIES: &str = "Cookies";

/// The settings of sessions and their cookies.
#[derive(Debug, Clone, Args)]
pub struct SessionConfig {
    /// Lifetime of a session that is not used
    #[arg(long, env, default_value = "168h", value_parser = lifetime)]
    pub session_ttl: SignedDuration,
    /// Minimum time between two extensions of a session that is used
    #[arg(long, env, default_value = "24h", value_parser = age)]
    pub session_update_age: SignedDuration,
    /// Maximum age of a session for operations that need a fresh one; 0s allows any age
    #[arg(long, env, default_value = "24h", value_parser = age)]
    pub session_fresh_age: SignedDuration,
    /// Maximum lifetime of a session, however often it is used [default: unlimited]
    #[arg(long, env, value_parser = lifetime)]
    pub session_max_lifetime: Option<SignedDuration>,
    /// Requires a fresh session for revoke-session, revoke-sessions and revoke-other-sessions
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub session_revoke_fresh: bool,
    /// Prefix of the cookies' names
    #[arg(long, help_heading = COOKIES, env, default_value = "better-auth", value_parser = cookie_prefix)]
    pub cookie_prefix: String,
    /// Domain whose subdomains all receive the cookies, such as example.com [default: the host of BASE_URL only]
    #[arg(long, help_heading = COOKIES, env)]
    pub cookie_domain: Option<String>,
    /// Makes cookies `Secure`, with `__Secure-` before their names [default: true if BASE_URL is https]
    #[arg(long, help_heading = COOKIES, env, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub secure_cookies: Option<bool>,
    /// Puts `__Host-` before the names of cookies, so that no other host of the domain can plant them
    ///
    /// Needs `Secure` cookies and no COOKIE_DOMAIN. Switching it on or off signs everybody out.
    #[arg(long, help_heading = COOKIES, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub cookie_host_prefix: bool,
    /// SameSite attribute of cookies: which requests from other sites carry them
    ///
    /// `lax` allows links to this site, `strict` allows none, and `none` allows all and needs `Secure` cookies.
    #[arg(long, help_heading = COOKIES, env, value_enum, default_value = "lax")]
    pub cookie_same_site: SameSite,
}

/// Why cookies cannot be as they are set.
#[derive(Debug, thiserror::Error)]
pub enum CookieError {
    /// Browsers would refuse a cookie of that domain, or send it to strangers.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// Browsers refuse a cookie that is sent with every request of other sites without `Secure`.
    #[error(
        "COOKIE_SAME_SITE=none needs Secure cookies: set BASE_URL to an https URL, or SECURE_COOKIES=true"
    )]
    InsecureNone,
    /// Browsers refuse a `__Host-` cookie that is not `Secure`, or has a domain.
    #[error(
        "COOKIE_HOST_PREFIX needs Secure cookies and no COOKIE_DOMAIN: set BASE_URL to an https URL, or \
         SECURE_COOKIES=true, and unset COOKIE_DOMAIN"
    )]
    HostPrefix,
}

impl SessionConfig {
    /// How long sessions live.
    pub fn settings(&self) -> SessionSettings {
        SessionSettings {
            ttl: self.session_ttl,
            update_age: self.session_update_age,
            fresh_age: self.session_fresh_age,
            max_lifetime: self.session_max_lifetime,
            revoking_needs_fresh: self.session_revoke_fresh,
        }
    }

    /// Names and attributes of the cookies of a service reached under `base_url`.
    ///
    /// # Errors
    /// When browsers would refuse the cookies, or hand them to strangers.
    pub fn cookies(&self, base_url: &Url) -> Result<CookieSettings, CookieError> {
        let domain =
            non_empty(&self.cookie_domain).map(|domain| CookieDomain::parse(domain, base_url)).transpose()?;
        let secure = self.secure_cookies.unwrap_or(base_url.scheme() == "https");
        if self.cookie_same_site == SameSite::None && !secure {
            return Err(CookieError::InsecureNone);
        }
        if self.cookie_host_prefix && (!secure || domain.is_some()) {
            return Err(CookieError::HostPrefix);
        }
        Ok(CookieSettings {
            prefix: self.cookie_prefix.clone(),
            domain,
            secure,
            host_prefix: self.cookie_host_prefix,
            same_site: self.cookie_same_site,
            max_age: self.session_ttl,
        })
    }
}

/// A token of RFC 6265 that needs no quoting anywhere.
fn cookie_prefix(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
        return Err("must be up to 64 letters, digits, '-', '_' and '.'".to_owned());
    }
    Ok(text.to_owned())
}
