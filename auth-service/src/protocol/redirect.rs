//! Sending a browser on after it followed a link.

use actix_web::HttpResponse;
use actix_web::http::header;
use url::Url;

use super::origin::location;

/// What a relative target is relative to, while only its query matters.
const ANY_BASE: &str = "https://relative.invalid";

/// A 302 to `target`.
pub fn found(target: &str) -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, location(target))).finish()
}

/// `target` with one more query parameter. A path stays a path. `None` when it is no URL.
pub fn with_parameter(target: &str, name: &str, value: &str) -> Option<String> {
    let relative = target.starts_with('/');
    let base = Url::parse(ANY_BASE).ok()?;
    let mut url = if relative { base.join(target).ok()? } else { Url::parse(target).ok()? };
    url.query_pairs_mut().append_pair(name, value);
    let text = String::from(url);
    Some(if relative { text.strip_prefix(ANY_BASE)?.to_owned() } else { text })
}

/// `target` made absolute against `base`, with a query parameter set to this value alone.
pub fn absolute_with_parameter(target: &str, base: &str, name: &str, value: &str) -> Option<String> {
    let mut url = Url::parse(base).ok()?.join(target).ok()?;
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(found, _)| found != name)
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_added_to_paths_and_to_urls() {
        for (target, expected) in [
            ("/", "/?error=X"),
            ("/a?b=c%20d#e", "/a?b=c%20d&error=X#e"),
            ("https://app.example.com/a", "https://app.example.com/a?error=X"),
            ("myapp://open", "myapp://open?error=X"),
        ] {
            assert_eq!(with_parameter(target, "error", "X").as_deref(), Some(expected));
        }
        assert_eq!(with_parameter("not a url", "error", "X"), None);
    }

    #[test]
    fn a_parameter_is_set_once_and_the_url_made_absolute() {
        let base = "https://auth.example.com/api/auth";
        for (target, expected) in [
            ("/reset?token=old&x=y", "https://auth.example.com/reset?x=y&token=new"),
            ("https://app.example.com/reset", "https://app.example.com/reset?token=new"),
        ] {
            assert_eq!(absolute_with_parameter(target, base, "token", "new").as_deref(), Some(expected));
        }
    }
}
