//! Signing cookies and reading them.

use std::borrow::Cow;

use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::super::auth_secrets::AuthSecrets;
use super::settings::{CookieSettings, SameSite};

/// The characters that JavaScript's `encodeURIComponent` does not encode.
pub const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// Suffix of the name of the session cookie.
pub(super) const TOKEN: &str = "session_token";
/// Browsers accept this prefix only over HTTPS and with `Secure`.
const SECURE_PREFIX: &str = "__Secure-";
/// Browsers accept this prefix only from the host itself: no subdomain and no page over plain HTTP can plant such a
/// cookie (RFC 6265bis, section 4.1.3.2).
const HOST_PREFIX: &str = "__Host-";

/// Signs cookies and reads them.
pub struct Cookies {
    pub(super) secrets: AuthSecrets,
    /// What every name begins with.
    prefix: String,
    session_token: String,
    /// The attributes of every cookie between `Max-Age` and `SameSite`.
    attributes: String,
    pub(super) same_site: SameSite,
    pub(super) max_age: i64,
}

impl Cookies {
    pub fn new(secrets: AuthSecrets, settings: &CookieSettings) -> Self {
        let browser_prefix = match settings {
            CookieSettings { host_prefix: true, .. } => HOST_PREFIX,
            CookieSettings { secure: true, .. } => SECURE_PREFIX,
            _ => "",
        };
        let prefix = format!("{browser_prefix}{}.", settings.prefix);
        let domain = settings.domain.as_ref().map(|domain| format!("Domain={}; ", domain.as_str()));
        let secure = if settings.secure { "Secure; " } else { "" };
        Self {
            secrets,
            session_token: format!("{prefix}{TOKEN}"),
            prefix,
            attributes: format!("{}Path=/; HttpOnly; {secure}", domain.unwrap_or_default()),
            same_site: settings.same_site,
            max_age: settings.max_age.as_secs(),
        }
    }

    /// The name of the session cookie.
    pub fn session_token_name(&self) -> &str {
        &self.session_token
    }

    /// Returns the decoded values of all cookies with this suffix of the name, in order. Each pair is parsed on its own, so
    /// invalid cookies of other applications do no harm. Values that are not UTF-8 are skipped: this service signs none.
    pub(super) fn values<'a>(
        &'a self,
        headers: &'a HeaderMap,
        name: &'a str,
    ) -> impl Iterator<Item = String> + use<'a> {
        headers
            .get_all(COOKIE)
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| split_once(pair.trim_ascii(), b'='))
            .filter(move |(found, _)| found.strip_prefix(self.prefix.as_bytes()) == Some(name.as_bytes()))
            .filter_map(|(_, value)| percent_decode(value).decode_utf8().ok().map(Cow::into_owned))
    }

    pub(super) fn cookie(&self, name: &str, value: &str, max_age: Option<i64>) -> Option<HeaderValue> {
        self.cookie_with(name, value, max_age, self.same_site)
    }

    /// Creates a cookie whose name has this suffix.
    pub(super) fn cookie_with(
        &self,
        name: &str,
        value: &str,
        max_age: Option<i64>,
        same_site: SameSite,
    ) -> Option<HeaderValue> {
        let value = utf8_percent_encode(value, COMPONENT);
        let max_age = max_age.map(|seconds| format!("Max-Age={seconds}; ")).unwrap_or_default();
        HeaderValue::from_str(&format!(
            "{}{name}={value}; {max_age}{}SameSite={}",
            self.prefix,
            self.attributes,
            same_site.as_str()
        ))
        .ok()
    }
}

pub(super) fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = bytes.splitn(2, |byte| *byte == separator);
    Some((parts.next()?, parts.next()?))
}
