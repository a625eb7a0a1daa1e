//! Who may send a browser's cookies here.
//!
//! The rules are Better Auth's: a request that changes something and carries cookies must come from a trusted
//! origin; signing in and up are checked even without cookies, so that nobody is signed in to a stranger's account.

use actix_web::http::header::{HeaderMap, HeaderValue, ORIGIN, REFERER};
use serde_json::Value;
use service_kit::origins::OriginPatterns;
use url::Url;

use super::cookies;
use crate::error::ApiError;

/// The origins that may call with credentials: the service's own and the configured ones.
#[derive(Debug, Clone)]
pub struct TrustedOrigins {
    patterns: OriginPatterns,
    base: Url,
}

impl TrustedOrigins {
    /// The origin of `base_url` and the `configured` ones.
    pub fn new(base_url: &Url, configured: &OriginPatterns) -> Self {
        let patterns = configured.clone().and(base_url.origin().ascii_serialization());
        Self { patterns, base: base_url.clone() }
    }

    /// Where this service is reached.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Whether `url` (an origin, or any URL of one) belongs to a trusted origin.
    pub fn contains(&self, url: &str) -> bool {
        self.patterns.cover(url)
    }

    /// The check of every method but GET, HEAD and OPTIONS, before the body's schema is looked at: cookies must come
    /// from a trusted origin.
    ///
    /// # Errors
    /// 403 when the request does not come from where it may.
    pub fn check_cookies(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if cookies::are_sent(headers) { self.check_source(headers) } else { Ok(()) }
    }

    /// The check of the endpoints that begin a session, after the body's schema: what a browser says of where the
    /// request comes from must be trusted, with or without cookies.
    ///
    /// # Errors
    /// 403 when the request does not come from where it may.
    pub fn check_sign_in(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let fetch = |name: &str| text(headers.get(name)).filter(|value| !value.trim().is_empty());
        let (site, mode) = (fetch("sec-fetch-site"), fetch("sec-fetch-mode"));
        if cookies::are_sent(headers) {
            return self.check_source(headers);
        }
        if site == Some("cross-site") && mode == Some("navigate") {
            return Err(ApiError::CrossSiteNavigation);
        }
        let from_browser = site.or(mode).or_else(|| fetch("sec-fetch-dest")).is_some();
        if from_browser || source(headers).is_some() { self.check_source(headers) } else { Ok(()) }
    }

    fn check_source(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let Some(source) = source(headers) else { return Err(ApiError::MissingOrigin) };
        match text(Some(source)) {
            Some("null") => Err(ApiError::MissingOrigin),
            Some(source) if self.contains(source) => Ok(()),
            Some(_) | None => Err(ApiError::InvalidOrigin),
        }
    }
}

/// JavaScript's idea of "something was given".
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => true,
    }
}

/// What the request says of where it comes from; an empty header says nothing.
fn source(headers: &HeaderMap) -> Option<&HeaderValue> {
    let given = |name| headers.get(name).filter(|value| !value.is_empty());
    given(ORIGIN).or_else(|| given(REFERER))
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn trusted() -> TrustedOrigins {
        let configured = "http://localhost:3000".parse().unwrap();
        TrustedOrigins::new(&"https://auth.example.com/".parse().unwrap(), &configured)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn cookies_need_a_trusted_origin() {
        let ok = |pairs: &[_]| trusted().check_cookies(&headers(pairs)).map_err(|error| error.to_string());
        assert_eq!(ok(&[("cookie", "a=b"), ("origin", "http://localhost:3000")]), Ok(()));
        assert_eq!(ok(&[("cookie", "a=b"), ("referer", "https://auth.example.com/x?y")]), Ok(()));
        assert!(ok(&[("cookie", "a=b")]).is_err());
        assert!(ok(&[("cookie", "a=b"), ("origin", "null")]).is_err());
        assert!(ok(&[("cookie", "a=b"), ("origin", "http://localhost:3001")]).is_err());
        assert!(ok(&[("cookie", "a=b"), ("origin", "http://localhost:3000.evil.com")]).is_err());
        assert_eq!(ok(&[("origin", "http://evil.com")]), Ok(()), "nothing to steal without cookies");
    }

    #[test]
    fn signing_in_is_checked_without_cookies_too() {
        let ok = |pairs: &[_]| trusted().check_sign_in(&headers(pairs));
        assert!(ok(&[]).is_ok(), "curl");
        assert!(ok(&[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")]).is_ok());
        assert!(matches!(ok(&[("origin", "http://evil.com")]), Err(ApiError::InvalidOrigin)));
        assert!(matches!(ok(&[("sec-fetch-mode", "cors")]), Err(ApiError::MissingOrigin)));
        let navigation = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert!(matches!(ok(&navigation), Err(ApiError::CrossSiteNavigation)));
    }
}
