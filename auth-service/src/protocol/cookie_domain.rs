//! The `Domain` attribute of cookies.

use service_kit::registrable_domain::registrable_domain;
use url::Url;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DomainError {
    /// Anybody can register a domain below it, which would then get the cookies.
    #[error(
        "COOKIE_DOMAIN: {0} is a public suffix, so other sites would get the cookies. Use a domain of your own"
    )]
    PublicSuffix(String),
    /// Browsers refuse a cookie whose domain does not cover the host that sets it.
    #[error("COOKIE_DOMAIN: {domain} is not the host of BASE_URL ({host}) or a domain above it")]
    OtherHost { domain: String, host: String },
    #[error("COOKIE_DOMAIN: {0} is not a domain such as example.com")]
    Malformed(String),
}

/// A domain that covers the service's host and is not a public suffix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieDomain(String);

impl CookieDomain {
    /// Reads the domain of a service at `base_url`. A leading dot is ignored (RFC 6265, section 5.2.3).
    pub fn parse(text: &str, base_url: &Url) -> Result<Self, DomainError> {
        let domain = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_name = domain.split('.').all(is_label) && domain.parse::<std::net::IpAddr>().is_err();
        if !is_name {
            return Err(DomainError::Malformed(text.to_owned()));
        }
        // A name without a registrable part, such as `com`, `co.uk` or `localhost`, cannot be owned.
        if registrable_domain(&domain).is_none() {
            return Err(DomainError::PublicSuffix(domain));
        }
        let host = base_url.host_str().unwrap_or_default();
        let is_above = host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
        if !is_above {
            return Err(DomainError::OtherHost { domain, host: host.to_owned() });
        }
        Ok(Self(domain))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, DomainError> {
        let base = "https://auth.example.co.uk".parse().unwrap();
        CookieDomain::parse(text, &base).map(|domain| domain.as_str().to_owned())
    }

    #[test]
    fn only_a_domain_of_ones_own_above_the_service_is_taken() {
        assert_eq!(parse("example.co.uk").as_deref(), Ok("example.co.uk"));
        assert_eq!(parse(".Example.co.uk").as_deref(), Ok("example.co.uk"));
        assert_eq!(parse("auth.example.co.uk").as_deref(), Ok("auth.example.co.uk"));
        for suffix in ["uk", "co.uk", "com", "localhost", "github.io", "vercel.app"] {
            assert_eq!(parse(suffix), Err(DomainError::PublicSuffix(suffix.to_owned())));
        }
        for foreign in ["example.com", "other.example.co.uk", "xample.co.uk"] {
            assert!(matches!(parse(foreign), Err(DomainError::OtherHost { .. })), "{foreign}");
        }
        for malformed in
            ["", ".", "a..b", "exa mple.com", "example.com; Secure", "127.0.0.1", "ex\u{e4}mple.com"]
        {
            assert!(matches!(parse(malformed), Err(DomainError::Malformed(_))), "{malformed}");
        }
    }
}
