//! Who may send a browser's cookies here, and where a browser may be sent on to.
//!
//! The rules are Better Auth's: a request that changes something and carries cookies must come from a trusted
//! origin; signing in and up are checked even without cookies, so that nobody is signed in to a stranger's account.

use actix_web::http::header::{HeaderMap, HeaderValue, ORIGIN, REFERER};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::cookies;
use crate::error::ApiError;
use service_kit::origins::OriginPatterns;

/// Where `callbackURL` may point when it is relative: only its being relative matters.
const RELATIVE_BASE: &str = "https://relative.invalid";

/// The origins that may call with credentials: the service's own and the configured ones.
#[derive(Debug, Clone)]
pub struct TrustedOrigins(OriginPatterns);

impl TrustedOrigins {
    /// The origin of `base_url` and the `configured` ones.
    pub fn new(base_url: &Url, configured: &OriginPatterns) -> Self {
        Self(configured.clone().and(base_url.origin().ascii_serialization()))
    }

    /// Whether `url` (an origin, or any URL of one) belongs to a trusted origin.
    pub fn contains(&self, url: &str) -> bool {
        self.0.cover(url)
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

    /// Checks the redirect targets of a body and of the query, before the body's own schema is looked at.
    ///
    /// # Errors
    /// 403 for a target outside, 400 for one that is no text.
    pub fn check_targets(&self, body: Option<&Value>, query: &str) -> Result<(), ApiError> {
        let field = |name| body.and_then(|body| body.get(name)).filter(|value| is_truthy(value));
        let from_query = || {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let mut given = pairs.filter(|(name, _)| name == "callbackURL");
            match (given.next(), given.next()) {
                (first, None) => first.map(|(_, url)| Value::from(url.into_owned())),
                // Given twice it is a list, as in Better Auth, and no text.
                (_, Some(_)) => Some(Value::Array(Vec::new())),
            }
        };
        let callback = field("callbackURL").cloned().or_else(|| from_query().filter(is_truthy));
        let targets = [
            (callback.as_ref(), RedirectTarget::Callback),
            (field("redirectTo"), RedirectTarget::Redirect),
            (field("errorCallbackURL"), RedirectTarget::ErrorCallback),
            (field("newUserCallbackURL"), RedirectTarget::NewUserCallback),
        ];
        for (value, target) in targets {
            match value {
                None => {}
                Some(Value::String(url)) if self.is_target(url) => {}
                Some(Value::String(_)) => return Err(ApiError::UntrustedTarget(target)),
                Some(_) => return Err(ApiError::TargetNotText(target)),
            }
        }
        Ok(())
    }

    /// Checks the redirect target of a link that was followed, which came in the query.
    ///
    /// # Errors
    /// 403 for a target outside.
    pub fn check_callback(&self, url: Option<&str>) -> Result<(), ApiError> {
        match url {
            Some(url) if !url.is_empty() && !self.is_target(url) => {
                Err(ApiError::UntrustedTarget(RedirectTarget::Callback))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// URL parsers skip control characters, which a header cannot hold: with them, what is checked and what is sent
    /// would be two things.
    fn is_target(&self, url: &str) -> bool {
        let relative = url.starts_with('/');
        !url.chars().any(char::is_control)
            // An app's link that no parser reads could be checked, and then not be gone to.
            && if relative { is_safe_relative(url) } else { self.contains(url) && Url::parse(url).is_ok() }
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

/// The parameters that send a browser somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectTarget {
    /// `callbackURL`
    Callback,
    /// `redirectTo`
    Redirect,
    /// `errorCallbackURL`
    ErrorCallback,
    /// `newUserCallbackURL`
    NewUserCallback,
}

impl RedirectTarget {
    /// The code of the refusal of one that is not trusted.
    pub fn code(self) -> &'static str {
        match self {
            Self::Callback => "INVALID_CALLBACK_URL",
            Self::Redirect => "INVALID_REDIRECT_URL",
            Self::ErrorCallback => "INVALID_ERROR_CALLBACK_URL",
            Self::NewUserCallback => "INVALID_NEW_USER_CALLBACK_URL",
        }
    }

    /// What Better Auth calls it in messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Callback => "callbackURL",
            Self::Redirect => "redirectURL",
            Self::ErrorCallback => "errorCallbackURL",
            Self::NewUserCallback => "newUserCallbackURL",
        }
    }
}

/// A redirect target as a `Location` header may hold it: URLs are ASCII (RFC 3986), people's texts are not.
pub fn location(target: &str) -> String {
    utf8_percent_encode(target, CONTROLS).to_string()
}

/// A path of one leading slash that no browser or router reads as another host.
fn is_safe_relative(target: &str) -> bool {
    if !target.starts_with('/') || target.starts_with("//") || target.contains('\\') {
        return false;
    }
    let path = target.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    if path.contains("%2f") || path.contains("%5c") {
        return false;
    }
    let Ok(base) = Url::parse(RELATIVE_BASE) else { return false };
    base.join(target).is_ok_and(|url| url.origin() == base.origin())
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

    #[test]
    fn targets_stay_inside() {
        let ok =
            |url: &str| trusted().check_targets(Some(&serde_json::json!({ "callbackURL": url })), "").is_ok();
        for good in ["", "/", "/dashboard?x=//y", "http://localhost:3000/x", "https://auth.example.com"] {
            assert!(ok(good), "{good}");
        }
        for bad in [
            "//evil.com",
            "/\\evil.com",
            "/%2fevil.com",
            "/%5Cevil.com",
            "/\tevil",
            "dash",
            "https://evil.com",
            "javascript:alert(1)",
            "http://localhost:3000@evil.com",
            "http://localhost:30000",
        ] {
            assert!(!ok(bad), "{bad}");
        }
        assert!(trusted().check_targets(None, "callbackURL=https://evil.com").is_err());
        let number = serde_json::json!({ "redirectTo": 7 });
        assert!(matches!(trusted().check_targets(Some(&number), ""), Err(ApiError::TargetNotText(_))));
    }
}
