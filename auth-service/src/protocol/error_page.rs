//! `error`: the page of a browser that followed a link to nowhere.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get};

/// What is shown for a code that is none.
const UNKNOWN: &str = "UNKNOWN";
/// The page runs nothing and loads nothing.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/// Shows the code of the query's `error`. Its `error_description` is not shown: anybody could make our page say
/// anything.
#[utoipa::path(tag = "credentials", params(("error" = Option<String>, Query, description = "A code")),
    responses((status = 200, content_type = "text/html", body = String, description = "A page with the code")))]
#[get("/error")]
pub async fn error(request: HttpRequest) -> HttpResponse {
    let code = url::form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(name, _)| name == "error")
        .map(|(_, code)| code.into_owned())
        .filter(|code| is_code(code))
        .unwrap_or_else(|| UNKNOWN.to_owned());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .content_type("text/html")
        .body(page(&code))
}

/// Letters, digits, `_` and `-`: nothing that means something in HTML.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn page(code: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>This did not work</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 15vh auto; padding: 0 1rem }}
code {{ font-size: .9em; padding: .1em .4em; border: 1px solid; border-radius: .3em }}
</style>
</head>
<body>
<h1>This did not work</h1>
<p>The link may be too old, or used already. Ask for a new one where you asked for this.</p>
<p>Code: <code>{code}</code></p>
</body>
</html>
"#
    )
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
