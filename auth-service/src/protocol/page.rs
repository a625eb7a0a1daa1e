//! The few pages that this service shows itself: no scripts, nothing loaded, nothing kept.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, ResponseError};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::redirect::CheckedTarget;

const STYLE: &str = "\
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 15vh auto; padding: 0 1rem }
label { display: block; margin: 1rem 0 .25rem }
input[type=password] { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem }
button { font: inherit; margin-top: 1rem; padding: .5rem 1rem; cursor: pointer }
code { font-size: .9em; padding: .1em .4em; border: 1px solid; border-radius: .3em }";
/// The page's own address holds a token, which no other site must see. `same-origin`, and not `no-referrer`: that would make
/// the `Origin` of a form `null`, which is trusted nowhere.
const REFERRER_POLICY: (HeaderName, &str) = (header::REFERRER_POLICY, "same-origin");

/// The style that a page may have, by its hash.
static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| {
    let hash = digest::digest(&digest::SHA256, STYLE.as_bytes());
    format!("'sha256-{}'", STANDARD.encode(hash))
});

/// A page.
pub struct Page<'a> {
    /// What it is about, also its heading.
    pub title: &'a str,
    /// What stands under the heading.
    pub content: Markup,
    /// Where forms may be sent and their answers lead, as a CSP source list; `None`: there are none.
    pub form_action: Option<String>,
}

impl Page<'_> {
    /// The page as an answer, with the status of `error` if it is about one.
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
                    h1 { (title) }
                    (content)
                }
            }
        };
        HttpResponse::build(error.map_or(StatusCode::OK, ResponseError::status_code))
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .insert_header(REFERRER_POLICY)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("text/html")
            .body(page.into_string())
    }
}

/// The `form-action` of a form that is sent here and leads on to `callback`: browsers hold the redirect after a form to it
/// too.
pub fn allow_form(callback: Option<&CheckedTarget>) -> String {
    let Some(callback) = callback.filter(|callback| !callback.as_str().starts_with('/')) else {
        return "'self'".to_owned();
    };
    match callback.url().origin() {
        origin if origin.is_tuple() => format!("'self' {}", origin.ascii_serialization()),
        _ => format!("'self' {}:", callback.url().scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::origin::TrustedOrigins;

    #[test]
    fn a_form_may_lead_where_its_callback_is() {
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
