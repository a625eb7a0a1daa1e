//! The accepted spellings of URLs in settings that tokens are compared with.

use url::Url;

/// Returns the canonical spelling of an http or https URL that names an issuer or an audience: scheme and host in lower
/// case, without the scheme's default port and without a slash at the end. The path keeps its case.
///
/// auth-service derives `iss` and `aud` from its `BASE_URL` in this spelling, and a [`Verifier`](crate::Verifier)
/// accepts it in addition to the spelling it was built with.
#[must_use]
pub fn canonical_url(url: &Url) -> &str {
    // Parsing does the rest.
    url.as_str().trim_end_matches('/')
}

/// The accepted spellings of an issuer, an audience or a prefix: as it is written, and canonical if it is an http or
/// https URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spellings {
    written: String,
    /// `None` if it would be the same as `written`.
    canonical: Option<String>,
}

impl Spellings {
    pub(crate) fn new(written: &str) -> Self {
        let url = Url::parse(written).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let canonical = url.as_ref().map(canonical_url).filter(|canonical| *canonical != written);
        Self { written: written.to_owned(), canonical: canonical.map(str::to_owned) }
    }

    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// Iterates over the spellings, each once.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        [Some(&self.written), self.canonical.as_ref()].into_iter().flatten().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_is_listed_once() {
        for (written, expected) in [
            ("https://a.test", vec!["https://a.test"]),
            ("https://A.test:443/", vec!["https://A.test:443/", "https://a.test"]),
            ("https://a.test/x/", vec!["https://a.test/x/", "https://a.test/x"]),
            ("ftp://A.test/", vec!["ftp://A.test/"]),
            ("Latchkey", vec!["Latchkey"]),
            ("", vec![""]),
        ] {
            assert_eq!(Spellings::new(written).all().collect::<Vec<_>>(), expected);
        }
    }
}
