//! Domains that somebody can own, by the Public Suffix List (<https://publicsuffix.org>).

/// Returns the registrable part of a domain in lower case: `example.co.uk` of `mail.example.co.uk`. `None` if it has none,
/// such as `co.uk`, `github.io` or `localhost`.
///
/// The only caller of `psl`, so that its tables, 0.7 MB of code, are in a program once.
#[inline(never)]
pub fn registrable_domain(domain: &str) -> Option<&str> {
    psl::domain_str(domain)
}

#[cfg(test)]
mod tests {
    use super::registrable_domain;

    #[test]
    fn a_name_below_a_public_suffix_can_be_owned() {
        assert_eq!(registrable_domain("mail.example.co.uk"), Some("example.co.uk"));
        assert_eq!(registrable_domain("ada.github.io"), Some("ada.github.io"));
        for nobodys in ["co.uk", "github.io", "com", ""] {
            assert_eq!(registrable_domain(nobodys), None, "{nobodys}");
        }
    }
}
