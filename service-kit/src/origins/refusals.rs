//! Logs refused origins, so that operators see which setting lacks the origin of their page.

use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::ACCESS_CONTROL_REQUEST_METHOD;
use tokio::time::Instant;
use url::Url;

use super::is_web;
use crate::headers::Header;
use crate::throttle::LogThrottle;

/// Maximum length of an origin in the log, in bytes: a scheme, a host name of 253 characters and a port fit.
const MAX_LENGTH: usize = 300;

/// Reports refused origins, at most once a minute, with the number of refusals that were not reported since. Its size is
/// fixed, and it is touched only when an origin is refused.
#[derive(Debug)]
pub struct RefusalLog {
    setting: &'static str,
    throttle: LogThrottle,
}

impl RefusalLog {
    /// Creates a log whose lines name `setting`, the variable that lists the trusted origins.
    pub fn new(setting: &'static str) -> Self {
        Self { setting, throttle: LogThrottle::default() }
    }

    /// Reports that a request was refused because of its `Origin` or `Referer`. Only the origin of a `Referer` is logged.
    pub fn report(&self, source: Header<'_>) {
        let Some(unreported) = self.throttle.due(Instant::now()) else { return };
        let origin = match source {
            Header::Text(text) => for_log(text),
            Header::Absent | Header::Unreadable => UNREADABLE.to_owned(),
        };
        let setting = self.setting;
        tracing::warn!(
            origin,
            unreported,
            "untrusted origin refused; if the page is yours, open it at a trusted origin or add its origin to {setting}"
        );
    }

    /// Reports `request` if it is a preflight, refused because of its `Origin`. The browser does not send the request that
    /// would have followed, so no other check sees it. Other requests are left to those checks: pages of the same origin
    /// send `Origin` too.
    pub fn report_preflight(&self, request: &RequestHead, origin: Header<'_>) {
        let is_preflight =
            request.method == Method::OPTIONS && request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        // No setting lists the origin `null`.
        if is_preflight && origin != Header::Text("null") {
            self.report(origin);
        }
    }
}

/// Replaces an origin that cannot be shown.
const UNREADABLE: &str = "(not readable)";

/// The origin of `source` for the log: without user, path and query, in ASCII without control characters, and not longer
/// than [`MAX_LENGTH`].
fn for_log(source: &str) -> String {
    let mut origin = match Url::parse(source) {
        Ok(url) if is_web(url.scheme()) => url.origin().ascii_serialization(),
        Ok(url) => format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
        Err(_) => return UNREADABLE.to_owned(),
    };
    if origin.len() > MAX_LENGTH {
        // In ASCII, every index is a character boundary.
        origin.truncate(MAX_LENGTH);
        origin.push_str("...");
    }
    origin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_shows_an_origin_and_nothing_else() {
        for (source, shown) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://user:secret@Evil.example/secret?secret#secret", "https://evil.example"),
            ("https://evil.example:443", "https://evil.example"),
            ("chrome-extension://abc/secret", "chrome-extension://abc"),
            ("data:secret", "data://"),
            ("myapp:secret", "myapp://"),
            ("/secret", UNREADABLE),
            ("evil.example\u{1b}[31m", UNREADABLE),
            ("null", UNREADABLE),
        ] {
            assert_eq!(for_log(source), shown, "{source}");
        }
    }

    #[test]
    fn a_long_or_odd_origin_is_cut_and_escaped() {
        for source in
            [format!("https://{}.example", "a".repeat(5000)), format!("x://{}", "\u{e9}\u{1b}\"".repeat(500))]
        {
            let shown = for_log(&source);
            assert!(shown.len() <= MAX_LENGTH + 3, "{shown}");
            assert!(shown.chars().all(|shown| shown.is_ascii() && !shown.is_control()), "{shown}");
        }
    }
}
