//! The few HTML pages of this service: without scripts, subresources or caching.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ACCEPT, ContentType, HeaderMap, HeaderName};
use actix_web::{HttpResponse, ResponseError};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::redirect::CheckedTarget;

/// The colours of the web page, with sufficient contrast in both themes (WCAG 1.4.3, 1.4.11). The button's border
/// becomes visible with forced colours.
const STYLE: &str = "\
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --line: #d5d9e0; --edge: #7d8594; --ink: #171b22; \
--accent: #2f55c8; --on-accent: #fff; --danger: #b3261e; --danger-tint: #fdecea }
@media (prefers-color-scheme: dark) { :root { --page: #11141a; --card: #1a1f27; --line: #333b48; --edge: #808a9b; \
--ink: #eceff4; --accent: #8facff; --on-accent: #10182e; --danger: #ffaca4; --danger-tint: #3a1c1a } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: min(28rem, 100% - 2rem); margin: 12vh auto 2rem; padding: 1.5rem 1.75rem 1.75rem; \
background: var(--card); border: 1px solid var(--line); border-radius: 1rem; overflow-wrap: break-word }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.3 }
p { margin: 0 0 1rem }
p:last-child { margin: 0 }
[role=alert] { padding: .75rem 1rem; color: var(--danger); background: var(--danger-tint); \
border: 1px solid; border-radius: .5rem }
label { display: block; margin-bottom: .25rem; font-weight: 500 }
input, button { min-height: 2.75rem; font: inherit; border-radius: .5rem }
input { width: 100%; margin-bottom: 1rem; padding: 0 .75rem; color: inherit; background: var(--card); \
border: 1px solid var(--edge) }
button { padding: 0 1.25rem; font-weight: 500; color: var(--on-accent); background: var(--accent); \
border: 1px solid transparent; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
code { padding: .1em .4em; font-size: .9em; border: 1px solid var(--edge); border-radius: .3em }";
/// The page's URL contains a token, which must not reach other sites. `same-origin` instead of `no-referrer`, because
/// the latter would set the `Origin` of a form to `null`, which is not trusted.
const REFERRER_POLICY: (HeaderName, &str) = (header::REFERRER_POLICY, "same-origin");

/// The hash of the style, as a CSP source.
static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| {
    let hash = digest::digest(&digest::SHA256, STYLE.as_bytes());
    format!("'sha256-{}'", STANDARD.encode(hash))
});

/// An HTML page.
pub struct Page<'a> {
    /// The title, which is also the heading.
    pub title: &'a str,
    /// The content below the heading.
    pub content: Markup,
    /// The CSP source list of allowed form targets and the redirects after them. `None` allows no forms.
    pub form_action: Option<String>,
}

impl Page<'_> {
    /// Creates the response, with the status of `error` if there is one.
    pub fn respond(self, error: Option<&dyn ResponseError>) -> HttpResponse {
        let Page { title, content, form_action } = self;
        let policy = format!(
            "default-src 'none'; style-src {}; form-action {}; frame-ancestors 'none'; base-uri 'none'",
            *STYLE_SOURCE,
            form_action.as_deref().unwrap_or("'none'")
        );
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        h1 { (title) }
                        (content)
                    }
                }
            }
        };
        HttpResponse::build(error.map_or(StatusCode::OK, ResponseError::status_code))
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .insert_header(REFERRER_POLICY)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type(ContentType::html())
            .body(page.into_string())
    }
}

/// Returns the `form-action` of a form that is submitted to this service and then redirects to `callback`. Browsers
/// apply the directive to the redirect too.
pub fn allow_form(callback: Option<&CheckedTarget>) -> String {
    allow_forms(callback.into_iter())
}

/// Like [`allow_form`], for a form that redirects to one of `targets`.
pub fn allow_forms<'a>(targets: impl Iterator<Item = &'a CheckedTarget>) -> String {
    let mut sources = vec!["'self'".to_owned()];
    for target in targets.filter(|target| !target.as_str().starts_with('/')) {
        let source = match target.url().origin() {
            origin if origin.is_tuple() => origin.ascii_serialization(),
            _ => format!("{}:", target.url().scheme()),
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources.join(" ")
}

/// Whether a browser navigates to this URL. Old browsers without `Sec-Fetch-Mode` accept HTML; API clients do not.
pub fn is_navigation(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-mode") {
        Some(mode) => mode.as_bytes() == b"navigate",
        None => headers.get(ACCEPT).is_some_and(|accept| {
            accept.as_bytes().windows(b"text/html".len()).any(|part| part == b"text/html")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::origin::TrustedOrigins;

    #[test]
    fn a_form_may_redirect_to_its_callback() {
        let configured = "https://app.example.com:8443,myapp://".parse().unwrap();
        let origins = TrustedOrigins::new(&"https://auth.example.com".parse().unwrap(), &configured);
        for (callback, expected) in [
            ("/welcome", "'self'"),
            ("https://app.example.com:8443/x?y;z", "'self' https://app.example.com:8443"),
            ("myapp://open/it", "'self' myapp:"),
        ] {
            let callback = CheckedTarget::parse(callback, &origins).unwrap();
            assert_eq!(allow_form(Some(&callback)), expected);
        }
        assert_eq!(allow_form(None), "'self'");
    }
}
