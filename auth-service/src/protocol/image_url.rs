//! Which URLs of pictures a page can use without running a script of somebody else.

/// Schemes that run a script or name a local file.
const REFUSED_SCHEMES: [&str; 3] = ["javascript", "vbscript", "file"];
/// The scheme of a URL that contains its document (RFC 2397).
const DATA: &str = "data";
/// Prefix of the media types that a `data:` URL may have. A script in an SVG does not run in an `<img>`, and browsers
/// do not open a `data:` URL as a page.
const IMAGES: &str = "image/";

/// The rule for a URL of a picture, for messages.
pub const IMAGE_RULE: &str =
    "must not be a javascript:, vbscript: or file: URL, and a data: URL must be an image";

/// Whether `text` is safe as the URL of a picture: its scheme is not refused, and a `data:` URL contains an image.
/// Relative URLs and unknown schemes are safe.
pub fn is_safe_image(text: &str) -> bool {
    let text = as_browsers_read(text);
    match scheme_and_rest(&text) {
        None => true,
        Some((scheme, rest)) if scheme == DATA => {
            let is_image = |start: &str| start.eq_ignore_ascii_case(IMAGES);
            rest.trim_start().get(..IMAGES.len()).is_some_and(is_image)
        }
        Some((scheme, _)) => !REFUSED_SCHEMES.contains(&scheme.as_str()),
    }
}

/// Removes the characters that browsers remove before they parse a URL (WHATWG URL Standard, "basic URL parser"):
/// control characters and spaces at both ends, and tabs and newlines anywhere.
fn as_browsers_read(text: &str) -> String {
    let trimmed = text.trim_matches(|character| character <= ' ');
    trimmed.chars().filter(|character| !matches!(character, '\t' | '\n' | '\r')).collect()
}

/// Returns the scheme in lower case and the text after its colon; `None` for a relative URL. The `url` crate cannot do
/// this: it returns no scheme for a URL that it cannot parse, e.g. `javascript://[`, which some browsers still run.
fn scheme_and_rest(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then(|| (scheme.to_ascii_lowercase(), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn pictures_have_web_urls_relative_ones_or_are_in_the_url() {
        for safe in [
            "",
            "https://example.com/ada.png",
            "http://[::1]/a",
            "//cdn.example.com/a.png",
            "/avatars/1.png",
            "x.png",
            "?javascript:alert(1)",
            "/javascript:alert(1)",
            "./file:x",
            "javascript",
            "1javascript:x",
            "javascript\u{a0}:x",
            "ipfs://bafy/ada.png",
            "data:image/png;base64,iVBORw0KGgo=",
            "DATA:IMAGE/svg+xml,<svg/>",
        ] {
            assert!(is_safe_image(safe), "{safe:?}");
        }
    }

    #[test]
    fn what_runs_a_script_or_names_a_file_is_none() {
        for unsafe_url in [
            "javascript:alert(1)",
            "JavaScript://example.com/%0aalert(1)",
            "javascript://[",
            " \u{1}\u{1f}javascript:alert(1)",
            "java\tscr\r\nipt:alert(1)",
            "javascript\n:alert(1)",
            "\u{0}vbscript:x",
            "file:///etc/passwd",
            "FILE:x",
            "data:text/html,<script>alert(1)</script>",
            "data:,image/png",
            "data:text/html;image/png,x",
            "data:",
            "da\nta:te\txt/html,x",
            "data:imag\u{e9}/png,x",
        ] {
            assert!(!is_safe_image(unsafe_url), "{unsafe_url:?}");
        }
    }

    proptest! {
        /// Where the parser that browsers use succeeds, it finds the same scheme.
        #[test]
        fn a_scheme_is_read_as_browsers_do(
            text in "[\\x00-\\x20]{0,2}[a-zA-Z0-9+.\\-\t\n\r /?#\u{e9}]{0,8}:?[a-z/:\\[ ]{0,6}"
        ) {
            let base: Url = "base-scheme://host/path".parse().unwrap();
            if let Ok(url) = Url::options().base_url(Some(&base)).parse(&text) {
                let ours = scheme_and_rest(&as_browsers_read(&text)).map(|(scheme, _)| scheme);
                prop_assert_eq!(ours.as_deref().unwrap_or("base-scheme"), url.scheme());
            }
        }
    }
}
