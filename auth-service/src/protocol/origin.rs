//! Checks where a request comes from, with Better Auth's rules.
//!
//! A request that changes something and has cookies must come from a trusted origin. Sign-in and sign-up are checked
//! without cookies too, so that nobody can sign a browser in to an account of their own.

use actix_web::dev::RequestHead;
use actix_web::http::header::{HeaderMap, ORIGIN, REFERER};
use serde_json::Value;
use service_kit::headers::Header;
use service_kit::origins::{OriginPatterns, RefusalLog};
use url::Url;

use super::cookies;
use crate::error::ApiError;

/// Apps made with Expo send their own scheme in this header, in place of `Origin`.
const EXPO_ORIGIN: &str = "expo-origin";

/// The origins that may send requests with credentials: the service's own and the configured ones.
#[derive(Debug)]
pub struct TrustedOrigins {
    patterns: OriginPatterns,
    base: Url,
    refusals: RefusalLog,
}

impl TrustedOrigins {
    /// Creates the set of `configured` origins and the origin of `base_url`. If that is this machine, all three of its
    /// names are trusted.
    pub fn new(base_url: &Url, configured: &OriginPatterns) -> Self {
        let patterns = configured.clone().with_own_origin(base_url);
        Self { patterns, base: base_url.clone(), refusals: RefusalLog::new("TRUSTED_ORIGINS") }
    }

    /// The URL of this service.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Whether `url`, an origin or any URL, belongs to a trusted origin.
    pub fn contains(&self, url: &str) -> bool {
        self.patterns.matches(url)
    }

    /// Checks a request with cookies, before the schema of its body. Applies to all methods but GET, HEAD and OPTIONS.
    ///
    /// # Errors
    /// 403 if the request does not come from a trusted origin.
    pub fn check_cookies(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if cookies::are_sent(headers) { self.check_source(headers) } else { Ok(()) }
    }

    /// Checks a request that starts a session, after the schema of its body: with or without cookies, an origin that
    /// the browser sends must be trusted.
    ///
    /// # Errors
    /// 403 if the request does not come from a trusted origin.
    pub fn check_sign_in(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if cookies::are_sent(headers) {
            return self.check_source(headers);
        }
        let [site, mode, dest] =
            ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"].map(|name| Header::read(headers, name));
        if site == Header::Text("cross-site") && mode == Header::Text("navigate") {
            return Err(ApiError::CrossSiteNavigation);
        }
        let says_something = [site, mode, dest, source(headers)].iter().any(|said| *said != Header::Absent);
        if says_something { self.check_source(headers) } else { Ok(()) }
    }

    fn check_source(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        match source(headers) {
            Header::Absent | Header::Text("null") => Err(ApiError::MissingOrigin),
            Header::Text(source) if self.contains(source) => Ok(()),
            source => {
                self.refusals.report(source);
                Err(ApiError::InvalidOrigin)
            }
        }
    }

    /// Logs that a URL was refused because its origin is not trusted.
    pub fn report_refused(&self, url: &str) {
        self.refusals.report(Header::Text(url));
    }

    /// Whether a page of `origin`, which sent `request`, may read the response.
    pub fn may_read(&self, origin: Header<'_>, request: &RequestHead) -> bool {
        let is_trusted = matches!(origin, Header::Text(origin) if self.contains(origin));
        if !is_trusted {
            self.refusals.report_preflight(request, origin);
        }
        is_trusted
    }
}

/// Whether a value is truthy in JavaScript.
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => true,
    }
}

/// The origin of a request. If `Origin` cannot be read, the next header is not used instead.
fn source(headers: &HeaderMap) -> Header<'_> {
    match Header::read(headers, ORIGIN) {
        Header::Absent => app(headers).unwrap_or_else(|| Header::read(headers, REFERER)),
        origin => origin,
    }
}

/// The scheme that an app sends. Not used for web pages, whose browser sends `Origin`.
fn app(headers: &HeaderMap) -> Option<Header<'_>> {
    match Header::read(headers, EXPO_ORIGIN) {
        Header::Absent => None,
        Header::Text(app) if Url::parse(app).is_ok_and(|url| !matches!(url.scheme(), "http" | "https")) => {
            Some(Header::Text(app))
        }
        Header::Text(_) | Header::Unreadable => Some(Header::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn trusted() -> TrustedOrigins {
        let configured = "http://localhost:3000".parse().unwrap();
        TrustedOrigins::new(&"https://auth.example.com/".parse().unwrap(), &configured)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let bytes: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        raw(&bytes)
    }

    fn raw(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
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

    #[test]
    fn an_app_names_its_scheme_where_there_is_no_origin() {
        let configured = "http://localhost:3000,myapp://,exp://192.168.*.*:*/**".parse().unwrap();
        let trusted = TrustedOrigins::new(&"https://auth.example.com/".parse().unwrap(), &configured);
        let code = |pairs: &[(&'static str, &str)]| {
            let headers = headers(&[pairs, &[("cookie", "a=b")]].concat());
            trusted.check_cookies(&headers).err().map(|error| error.to_string())
        };
        assert_eq!(code(&[("expo-origin", "myapp://")]), None);
        assert_eq!(code(&[("expo-origin", "exp://192.168.1.7:8081")]), None);
        assert_eq!(code(&[("expo-origin", "myapp://"), ("referer", "https://evil.com/")]), None);
        let invalid = Some("Invalid origin".to_owned());
        for app in [
            "other://",
            "https://auth.example.com",
            "http://localhost:3000",
            "HTTP://localhost:3000",
            " http://localhost:3000",
            "exp://192.168.evil.com:8081",
            "myapp",
            "null",
        ] {
            assert_eq!(code(&[("expo-origin", app)]), invalid, "{app}");
            let same_site = [("expo-origin", app), ("referer", "http://localhost:3000/")];
            assert_eq!(code(&same_site), invalid, "{app} does not hand over to Referer");
        }
        assert_eq!(code(&[("expo-origin", "myapp://"), ("origin", "https://evil.com")]), invalid);
        let null = code(&[("expo-origin", "myapp://"), ("origin", "null")]);
        assert_eq!(
            null,
            Some("Missing or null Origin".to_owned()),
            "a sandboxed page does not count as an app"
        );
        assert_eq!(code(&[("expo-origin", "")]), null);
    }

    #[test]
    fn what_cannot_be_read_is_no_trusted_origin() {
        let good: (&str, &[u8]) = ("referer", b"http://localhost:3000/page");
        for bad in [
            &[("origin", &b"http://localhost:3000\xff"[..]), good][..],
            &[("origin", "http://localhost:3000\u{e4}".as_bytes()), good],
            &[("origin", b"http://localhost:3000"), ("origin", b"http://evil.com")],
            &[("referer", b"http://localhost:3000/\xff")],
        ] {
            assert!(matches!(trusted().check_sign_in(&raw(bad)), Err(ApiError::InvalidOrigin)), "{bad:?}");
            let with_cookies = raw(&[&[("cookie", &b"a=b"[..])], bad].concat());
            assert!(
                matches!(trusted().check_cookies(&with_cookies), Err(ApiError::InvalidOrigin)),
                "{bad:?}"
            );
        }
        for name in ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"] {
            let unreadable = raw(&[(name, b"\xff")]);
            assert!(matches!(trusted().check_sign_in(&unreadable), Err(ApiError::MissingOrigin)), "{name}");
        }
        let unreadable_cookie = raw(&[("cookie", b"\xff=\xff")]);
        assert!(matches!(trusted().check_cookies(&unreadable_cookie), Err(ApiError::MissingOrigin)));
    }
}
