//! `error`: the page for failed links without a page to return to.

use actix_web::{HttpRequest, HttpResponse, get};
use maud::html;

use super::page::Page;

/// Shown if the request has no valid error code.
const UNKNOWN: &str = "UNKNOWN";

/// Show an error code.
///
/// A failed link leads here if it has no `callbackURL`. Shows the code in `error`. An `error_description` is not
/// shown: anybody could put any text there.
#[utoipa::path(tag = "credentials", params(("error" = Option<String>, Query, description = "The error code")),
    responses((status = 200, content_type = "text/html", body = String, description = "A page with the code")))]
#[get("/error")]
pub async fn error(request: HttpRequest) -> HttpResponse {
    let code = url::form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(name, _)| name == "error")
        .map(|(_, code)| code.into_owned())
        .filter(|code| is_code(code))
        .unwrap_or_else(|| UNKNOWN.to_owned());
    let content = html! {
        p { "The link may have expired or already been used. Request a new link where you requested this one." }
        p { "Code: " code { (code) } }
    };
    Page { title: "Something went wrong", content, form_action: None }.respond(None)
}

/// Allows letters, digits, `_` and `-` only, so that a link cannot put a message on this page.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_are_shown() {
        for code in ["INVALID_TOKEN", "a-b_c1"] {
            assert!(is_code(code), "{code}");
        }
        for text in ["", "<script>", "a b", "a'b", "\u{e4}", "a\"b", "&lt;"] {
            assert!(!is_code(text), "{text}");
        }
    }
}
