//! Which URLs a request may go to.

use std::net::IpAddr;

use url::{Host, Url};

use super::addresses::is_public;
use super::resolver::{AddressError, AddressRule};

/// Where requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// To public addresses, by https.
    PublicHttps,
    /// To any address, by https.
    AnyHttps,
    /// To any address, by http.
    AnyHttp,
}

/// Why a URL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is not a URL.
    #[error("is not a URL: {0}")]
    Malformed(#[from] url::ParseError),
    /// It is too long.
    #[error("must have up to {0} characters")]
    TooLong(usize),
    /// Its scheme is neither https nor, where that is allowed, http.
    #[error("must begin with https://")]
    NotHttps,
    /// Its scheme is neither https nor http.
    #[error("must begin with https:// or http://")]
    NotHttp,
    /// It contains a user name or a password. URLs appear in logs and lists.
    #[error("must not contain a user name or password")]
    Credentials,
    /// It has a fragment, which no request sends.
    #[error("must not contain a fragment (#)")]
    Fragment,
    /// Its port is 0, which nobody can listen on.
    #[error("must not have port 0")]
    Port,
    /// Its host is an address that is not public.
    #[error("{0}")]
    Address(#[from] AddressError),
}

impl Reach {
    /// Maximum length of a URL: what common servers accept in a request line.
    pub const MAX_URL: usize = 2048;

    /// Reads a URL that a person entered. With `allow_private` it may be http and lead to any address.
    ///
    /// # Errors
    /// The rule that the URL breaks. Names are not resolved.
    pub fn parse(text: &str, allow_private: bool) -> Result<(Url, Self), UrlError> {
        if text.chars().count() > Self::MAX_URL {
            return Err(UrlError::TooLong(Self::MAX_URL));
        }
        let url = Url::parse(text)?;
        let reach = match (url.scheme(), allow_private) {
            ("https", false) => Self::PublicHttps,
            ("https", true) => Self::AnyHttps,
            ("http", true) => Self::AnyHttp,
            (_, false) => return Err(UrlError::NotHttps),
            (_, true) => return Err(UrlError::NotHttp),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(UrlError::Fragment);
        }
        if url.port() == Some(0) {
            return Err(UrlError::Port);
        }
        check_literal(&url, reach.rule())?;
        Ok((url, reach))
    }

    /// Returns the rule for the addresses of names, and of hosts that are addresses.
    pub(super) fn rule(self) -> AddressRule {
        match self {
            Self::PublicHttps => is_public,
            Self::AnyHttps | Self::AnyHttp => |_| true,
        }
    }

    /// Whether requests are encrypted, so that root certificates are needed.
    pub(super) fn is_encrypted(self) -> bool {
        self != Self::AnyHttp
    }
}

/// Checks the host of a URL if it is an address, in whatever notation: those are not resolved.
pub(super) fn check_literal(url: &Url, is_allowed: AddressRule) -> Result<(), AddressError> {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    if is_allowed(address) { Ok(()) } else { Err(AddressError::Literal(address)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, allow_private: bool) -> String {
        Reach::parse(text, allow_private).unwrap_err().to_string()
    }

    #[test]
    fn a_url_is_https_to_a_public_host_unless_private_ones_are_allowed() {
        for (text, allow_private, expected) in [
            ("https://crm.example.com/hooks?a=b", false, Reach::PublicHttps),
            ("https://1.1.1.1:8443/", false, Reach::PublicHttps),
            ("https://[2606:4700:4700::1111]/", false, Reach::PublicHttps),
            ("https://10.0.0.1/", true, Reach::AnyHttps),
            ("http://localhost:8082/", true, Reach::AnyHttp),
        ] {
            assert_eq!(Reach::parse(text, allow_private).unwrap().1, expected, "{text}");
        }
        assert_eq!(refused("http://crm.example.com/", false), "must begin with https://");
        assert_eq!(refused("ftp://crm.example.com/", true), "must begin with https:// or http://");
        for allow_private in [false, true] {
            let refused = |text| refused(text, allow_private);
            assert_eq!(
                refused("https://me:word@crm.example.com"),
                "must not contain a user name or password"
            );
            assert_eq!(refused("https://me@crm.example.com"), "must not contain a user name or password");
            assert_eq!(refused("https://crm.example.com/#top"), "must not contain a fragment (#)");
            assert_eq!(refused("https://crm.example.com:0/"), "must not have port 0");
            assert_eq!(refused("crm.example.com"), "is not a URL: relative URL without a base");
            assert_eq!(refused("https://"), "is not a URL: empty host");
            assert!(refused("https://crm.example.com:99999/").starts_with("is not a URL: "));
            let long = format!("https://crm.example.com/{}", "a".repeat(Reach::MAX_URL));
            assert_eq!(refused(&long), "must have up to 2048 characters");
        }
    }

    #[test]
    fn an_address_that_is_not_public_is_recognized_in_every_notation() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.0.1.",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "0177.0.0.1",
            "0",
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[fd00::1]",
            "１２７.0.0.1",
            "127%2e0.0.1",
        ] {
            let error = refused(&format!("https://{host}/"), false);
            assert!(error.ends_with(" is not a public address"), "{host}: {error}");
        }
    }
}
