//! Redirect targets: checking them, and redirecting to them.
//!
//! A target is parsed once, into a [`CheckedTarget`], and sent as it was checked. Only a [`CheckedTarget`] becomes a
//! `Location` header, the `url` of a sign-in or part of a link in mail.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, LOCATION};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde_json::Value;
use url::{Position, Url};

use super::PREFIX;
use super::origin::{TrustedOrigins, is_truthy};
use crate::error::{ApiError, RedirectTarget};

/// A redirect target of a trusted origin. Resolved against the URL of this service by the WHATWG rules, which browsers
/// follow, its text is the URL that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedTarget {
    url: Url,
    text: String,
}

impl CheckedTarget {
    /// Reads a path, or a URL of one of `origins`. `None` if it leads elsewhere, or if a client could read it that
    /// way.
    pub fn parse(text: &str, origins: &TrustedOrigins) -> Option<Self> {
        // URL parsers skip control characters, and a header cannot contain them.
        if text.chars().any(char::is_control) {
            return None;
        }
        let base = origins.base();
        let url = if text.starts_with('/') {
            let url = base.join(text).ok()?;
            (is_plain_path(text, &url) && url.origin() == base.origin()).then_some(url)
        } else {
            // Both Better Auth's reading and that of browsers must be trusted.
            let url = Url::parse(text).ok()?;
            (origins.contains(text) && origins.contains(url.as_str())).then_some(url)
        }?;
        // Sent unchanged, as in Better Auth, unless it resolves to something else here, as `http:host` does.
        let sent =
            [text, url.as_str()].into_iter().find(|sent| base.join(&encoded(sent)).as_ref() == Ok(&url))?;
        Some(Self { text: sent.to_owned(), url })
    }

    /// The target of an endpoint of this service; `path` is below the prefix.
    pub fn endpoint(path: &str, origins: &TrustedOrigins) -> Self {
        let mut url = origins.base().clone();
        url.set_path(&format!("{}{PREFIX}{path}", url.path().trim_end_matches('/')));
        Self { text: url.to_string(), url }
    }

    /// The text as it was given if that is unambiguous, or else the normalised URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The absolute URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the target with a query parameter added. A path stays a path.
    #[must_use]
    pub fn with_parameter(&self, name: &str, value: &str) -> Self {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair(name, value);
        // A resolved path never starts with two slashes, see `is_plain_path`.
        let text = if self.text.starts_with('/') { &url[Position::BeforePath..] } else { url.as_str() };
        Self { text: text.to_owned(), url }
    }

    /// Returns the target as an absolute URL.
    #[must_use]
    pub fn absolute(&self) -> Self {
        Self { text: self.url.to_string(), url: self.url.clone() }
    }

    /// Returns the target as an absolute URL in which `name` occurs once, with `value`.
    #[must_use]
    pub fn absolute_with_parameter(&self, name: &str, value: &str) -> Self {
        let mut url = self.url.clone();
        let others = url.query_pairs().filter(|(found, _)| found != name);
        let others: Vec<_> = others.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
        Self { text: url.to_string(), url }
    }

    /// Returns the target with this query in place of its own.
    #[must_use]
    pub fn with_query(&self, query: &str) -> Self {
        let mut url = self.url.clone();
        url.set_query(Some(query));
        Self { text: url.to_string(), url }
    }

    /// The page with this path on the site of the target, or on that of this service if the target is an app.
    #[must_use]
    pub fn page_of_site(&self, path: &str, origins: &TrustedOrigins) -> Self {
        let is_site = matches!(self.url.scheme(), "http" | "https");
        let mut url = if is_site { self.url.clone() } else { origins.base().clone() };
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        let text = if self.text.starts_with('/') { &url[Position::BeforePath..] } else { url.as_str() };
        Self { text: text.to_owned(), url }
    }

    /// The `Location` header of the target.
    pub fn location(&self) -> (HeaderName, String) {
        (LOCATION, encoded(&self.text))
    }
}

/// Creates a 302 redirect to `target`.
pub fn found(target: &CheckedTarget) -> HttpResponse {
    HttpResponse::Found().insert_header(target.location()).finish()
}

/// Checks the redirect targets in the body and the query, before the schema of the body.
///
/// # Errors
/// 403 for a target that is not trusted, 400 for one that is not a string.
pub fn check_targets(origins: &TrustedOrigins, body: Option<&Value>, query: &str) -> Result<(), ApiError> {
    let field = |target: RedirectTarget| {
        let value = body.and_then(|body| body.get(target.name())).filter(|value| is_truthy(value));
        (value.cloned(), target)
    };
    let (callback, target) = field(RedirectTarget::Callback);
    let targets = [
        (callback.or_else(|| callback_of(query)), target),
        field(RedirectTarget::Redirect),
        field(RedirectTarget::ErrorCallback),
        field(RedirectTarget::NewUserCallback),
    ];
    for (value, target) in targets {
        match value {
            None => {}
            Some(Value::String(text)) if CheckedTarget::parse(&text, origins).is_some() => {}
            Some(Value::String(_)) => return Err(ApiError::UntrustedTarget(target)),
            Some(_) => return Err(ApiError::TargetNotText(target)),
        }
    }
    Ok(())
}

fn callback_of(query: &str) -> Option<Value> {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let mut given = pairs.filter(|(name, _)| name == RedirectTarget::Callback.name());
    let value = match (given.next(), given.next()) {
        (first, None) => first.map(|(_, url)| Value::from(url.into_owned())),
        // A parameter that occurs twice is an array, as in Better Auth.
        (_, Some(_)) => Some(Value::Array(Vec::new())),
    };
    value.filter(is_truthy)
}

/// Whether no browser, router or client reads `text` as a URL of another host, before or after its dots are resolved,
/// as in `/.//host`.
fn is_plain_path(text: &str, resolved: &Url) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    !text.starts_with("//")
        && !text.contains('\\')
        && !path.contains("%2f")
        && !path.contains("%5c")
        && !resolved.path().starts_with("//")
}

/// Encodes a target for a header: URLs are ASCII (RFC 3986), but the text may not be.
fn encoded(target: &str) -> String {
    utf8_percent_encode(target, CONTROLS).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use service_kit::origins::OriginPatterns;

    use super::*;

    const BASE: &str = "https://auth.example.com";
    const PAGE: &str = "http://localhost:3000";

    fn origins(base: &str) -> TrustedOrigins {
        let configured: OriginPatterns =
            "http://localhost:3000,https://*.shop.example,myapp://".parse().unwrap();
        TrustedOrigins::new(&base.parse().unwrap(), &configured)
    }

    fn target(text: &str) -> Option<CheckedTarget> {
        CheckedTarget::parse(text, &origins(BASE))
    }

    #[test]
    fn targets_stay_inside() {
        for good in ["/", "/dashboard?x=//y", "/x//y", "http://localhost:3000/x", BASE, "myapp://open"] {
            assert_eq!(target(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "//evil.com",
            "/\\evil.com",
            "/%2fevil.com",
            "/%5Cevil.com",
            "/\tevil",
            "/.//evil.com",
            "/..//evil.com",
            "/x/..//evil.com",
            "/%2e//evil.com",
            "/x/%2E.//evil.com",
            "dash",
            "https://evil.com",
            "https:evil.com",
            "javascript:alert(1)",
            "http://localhost:3000@evil.com",
            "http://localhost:30000",
        ] {
            assert_eq!(target(bad), None, "{bad}");
        }
    }

    #[test]
    fn bodies_and_queries_are_checked_alike() {
        let check = |body: Option<Value>, query: &str| check_targets(&origins(BASE), body.as_ref(), query);
        for name in ["callbackURL", "redirectTo", "errorCallbackURL", "newUserCallbackURL"] {
            let with = |value: Value| check(Some(serde_json::json!({ name: value })), "");
            assert!(with("/x".into()).is_ok() && with("".into()).is_ok());
            assert!(matches!(with("/.//evil.com".into()), Err(ApiError::UntrustedTarget(_))), "{name}");
            assert!(matches!(with(7.into()), Err(ApiError::TargetNotText(_))), "{name}");
        }
        assert!(check(None, "callbackURL=https://evil.com").is_err());
        assert!(check(None, "callbackURL=/x&callbackURL=/x").is_err());
        assert!(check(None, "callbackURL=/x").is_ok());
    }

    #[test]
    fn what_would_be_read_differently_from_here_is_sent_whole() {
        let http = origins("http://auth.example.com");
        let sent = |text: &str| CheckedTarget::parse(text, &http).map(|target| target.location().1);
        assert_eq!(sent("http:localhost:3000/x").as_deref(), Some("http://localhost:3000/x"));
        assert_eq!(sent("HTTP://LOCALHOST:3000/x").as_deref(), Some("HTTP://LOCALHOST:3000/x"));
        assert_eq!(sent("/\u{e4}?\u{e4}#\u{e4}").as_deref(), Some("/%C3%A4?%C3%A4#%C3%A4"));
    }

    #[test]
    fn a_parameter_is_added_to_paths_and_to_urls() {
        for (text, expected) in [
            ("/", "/?error=X"),
            ("/a?b=c%20d#e", "/a?b=c%20d&error=X#e"),
            ("http://localhost:3000/a", "http://localhost:3000/a?error=X"),
            ("myapp://open", "myapp://open?error=X"),
        ] {
            assert_eq!(target(text).unwrap().with_parameter("error", "X").as_str(), expected);
        }
    }

    #[test]
    fn a_parameter_is_set_once_and_the_url_made_absolute() {
        for (text, expected) in [
            ("/reset?token=old&x=y", "https://auth.example.com/reset?x=y&token=new"),
            ("http://localhost:3000/reset", "http://localhost:3000/reset?token=new"),
        ] {
            assert_eq!(target(text).unwrap().absolute_with_parameter("token", "new").as_str(), expected);
        }
    }

    #[test]
    fn an_endpoint_stands_below_the_base_url() {
        for (base, expected) in [
            (BASE, "https://auth.example.com/api/auth/error"),
            ("https://example.com/below/", "https://example.com/below/api/auth/error"),
        ] {
            assert_eq!(CheckedTarget::endpoint("/error", &origins(base)).as_str(), expected);
        }
    }

    /// Hostile targets: parts that attackers use, in any order.
    fn hostile() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            4 => proptest::sample::select(vec![
                "/", "//", ".", "..", "\\", "%2e", "%2E", "%2f", "%5c", "%09", "\t", "\n", "\r", "\0", " ", "?", "#", "@", ":", ";",
                "evil.example", "x", "http:", "https:", "http://", "https://", "myapp://", "javascript:", "localhost:3000",
                "http://localhost:3000", "auth.example.com", "https://auth.example.com", ".shop.example", "[", "]", "%",
                "\u{ff0f}", "\u{2044}", "\u{ad}", "\u{e4}", "\u{3002}",
            ]).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
        ];
        let start =
            proptest::sample::select(vec!["", "/", "http://localhost:3000", "https://a.shop.example"]);
        (start, proptest::collection::vec(part, 0..8))
            .prop_map(|(start, parts)| start.to_owned() + &parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn whatever_goes_in_a_browser_ends_at_a_trusted_origin(text in hostile(), base in 0..2_usize) {
            let base = [BASE, "http://auth.example.com/below"][base];
            if let Some(target) = CheckedTarget::parse(&text, &origins(base)) {
                let derived = [
                    target.clone(),
                    target.with_parameter("error", &text),
                    target.absolute_with_parameter("token", &text),
                    target.with_parameter("a", "b").with_parameter("c", "d"),
                ];
                for target in derived {
                    let (_, location) = target.location();
                    let goes_to = Url::parse(base).unwrap().join(&location).unwrap();
                    prop_assert_eq!(&goes_to, &target.url, "what was checked is what is sent");
                    let origin = goes_to.origin().ascii_serialization();
                    let is_own = origin == Url::parse(base).unwrap().origin().ascii_serialization();
                    let is_shop = goes_to.scheme() == "https"
                        && goes_to.host_str().is_some_and(|host| host.ends_with(".shop.example"));
                    prop_assert!(
                        is_own || is_shop || goes_to.scheme() == "myapp" || origin == PAGE,
                        "{:?} leads to {}", text, goes_to
                    );
                    prop_assert!(!location.starts_with("//") && !location.contains(char::is_control));
                }
            }
        }
    }
}
