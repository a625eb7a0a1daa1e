//! The URLs by which this service is known.

use url::Url;

use crate::protocol::PREFIX;

/// A URL that everybody sees has credentials in it. The message does not repeat them, as one of the command line would.
#[derive(Debug, thiserror::Error)]
#[error("{0}: must not contain a user name or password; tokens and links would show them to everybody")]
pub struct PublicCredentials(&'static str);

/// Rejects user names and passwords in BASE_URL and JWT_ISSUER, which are in every token and in links.
pub fn check(base_url: &Url, issuer: Option<&str>) -> Result<(), PublicCredentials> {
    let issuer = issuer.and_then(|issuer| Url::parse(issuer).ok());
    if has_credentials(base_url) {
        return Err(PublicCredentials("BASE_URL"));
    }
    if issuer.is_some_and(|issuer| has_credentials(&issuer)) {
        return Err(PublicCredentials("JWT_ISSUER"));
    }
    Ok(())
}

/// Reads BASE_URL, where browsers reach this service: http or https, with a host. A path is kept; something in front must
/// remove it.
///
/// # Errors
/// The rule that the value breaks.
pub fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(is_web);
    let url = url
        .filter(|url| has_credentials(url) || (url.query().is_none() && url.fragment().is_none()))
        .ok_or_else(|| "must be a URL such as https://auth.example.com".to_owned())?;
    if has_credentials(&url) {
        // Rejected by [`check`], because the command line shows the values that are rejected here.
        return Ok(url);
    }
    match url.path().trim_end_matches('/').strip_suffix(PREFIX) {
        None => Ok(url),
        Some(path) => {
            let mut base = url.clone();
            base.set_path(path);
            let base = base.as_str().trim_end_matches('/');
            Err(format!("must not end with {PREFIX}, which the service adds itself; did you mean {base}?"))
        }
    }
}

/// Reads JWT_ISSUER: any text. If it is an http or https URL, verifiers look for documents below it.
///
/// # Errors
/// The rule that the value breaks.
pub fn issuer(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(is_web).filter(|url| !has_credentials(url));
    if url.is_some_and(|url| url.query().is_some() || url.fragment().is_some()) {
        return Err("must have neither a query nor a fragment (RFC 8414, section 2)".to_owned());
    }
    Ok(text.to_owned())
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_has_no_secret_and_not_the_protocols_path() {
        for text in ["http://localhost:8081", "https://Auth.example.com:443/", "https://example.com/base/"] {
            assert!(base_url(text).is_ok(), "{text}");
        }
        for (text, hint) in [
            ("localhost", "such as"),
            ("https://a.example/?b", "such as"),
            ("https://a.example/api/auth", "did you mean https://a.example?"),
            ("https://a.example/base/api/auth/", "did you mean https://a.example/base?"),
        ] {
            let error = base_url(text).unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn an_issuer_is_kept_as_it_is_written() {
        for text in ["", "latchkey", "urn:latchkey", "https://a.example/", "https://a.example/api/auth"] {
            assert_eq!(issuer(text).as_deref(), Ok(text));
        }
        for text in ["https://a.example/?b", "https://a.example/#b"] {
            assert!(issuer(text).is_err(), "{text}");
        }
    }
}
