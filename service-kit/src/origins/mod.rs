//! Trusted origins: web origins (RFC 6454), patterns of them, and URL schemes of apps, in the syntax of Better Auth.

mod app_url;
mod refusals;

use std::net::Ipv4Addr;
use std::str::FromStr;

use url::Url;
use wildmatch::WildMatch;

use self::app_url::AppUrl;

pub use self::refusals::RefusalLog;
use crate::registrable_domain::registrable_domain;

/// Schemes that execute or read their target instead of opening an app.
const NEVER_TRUSTED: [&str; 7] = ["javascript", "data", "vbscript", "file", "blob", "about", "view-source"];

/// The names of this machine. They are different origins for browsers, but the same for people.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A comma-separated list of origins and patterns. May be empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OriginPatterns(Vec<OriginPattern>);

impl OriginPatterns {
    /// Returns whether an entry matches `url`: an origin, or a URL of an origin.
    pub fn matches(&self, url: &str) -> bool {
        // Browsers send the canonical spelling, so a plain comparison answers nearly always.
        if self.0.iter().any(|entry| matches!(entry, OriginPattern::Exact(origin) if origin == url)) {
            return true;
        }
        match Url::parse(url) {
            Ok(parsed) if is_web(parsed.scheme()) => self.0.iter().any(|entry| entry.covers_web(&parsed)),
            _ => AppUrl::parse(url).is_some_and(|app| self.0.iter().any(|entry| entry.covers_app(&app))),
        }
    }

    /// Adds the origin of `base_url`, the service's own. If its host is a name of this machine (`localhost`, `127.0.0.1`,
    /// `[::1]`), the other two are added with the same scheme and port.
    pub fn with_own_origin(mut self, base_url: &Url) -> Self {
        let own = base_url.origin().ascii_serialization();
        let twins = loopback_twins(base_url).filter(|twin| *twin != own);
        let own: Vec<_> = std::iter::once(own.clone()).chain(twins).map(OriginPattern::Exact).collect();
        self.0.splice(0..0, own);
        self
    }
}

impl FromStr for OriginPatterns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(OriginPattern::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum OriginPattern {
    /// `https://app.example.com`
    Exact(String),
    /// `https://*.example.com`: compared with the whole origin.
    Origin(WildMatch, HostKind),
    /// `*.example.com`: compared with host and port, over http and https.
    Host(WildMatch, HostKind),
    /// `myapp://`, `exp://192.168.*.*:*/**`: an app's own links. What is not given is not compared.
    App { scheme: String, authority: Option<(WildMatch, HostKind)>, path: AppPath },
}

#[derive(Debug, Clone, PartialEq)]
enum AppPath {
    Any,
    /// This path and what is below it.
    Below(String),
    Like(WildMatch),
}

/// A host pattern of digits alone names a range of addresses: a plain `*` would let `192.168.evil.com` in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum HostKind {
    Name,
    Ipv4Range,
}

impl HostKind {
    fn of(pattern: &str) -> Self {
        let host = pattern.split(':').next().unwrap_or_default();
        let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || b"*?.".contains(&byte));
        if numeric && host.bytes().any(|byte| byte.is_ascii_digit()) { Self::Ipv4Range } else { Self::Name }
    }

    fn admits(self, host_and_port: &str) -> bool {
        let host = host_and_port.split(':').next().unwrap_or_default();
        self == Self::Name || host.parse::<Ipv4Addr>().is_ok()
    }
}

impl OriginPattern {
    fn parse(text: &str) -> Result<Self, String> {
        let wild = has_wildcard(text);
        match text.split_once("://") {
            // `myapp:/` is what some of an app's libraries write for `myapp://`.
            None if let Some((scheme, rest)) = text.split_once(':')
                && rest.starts_with('/')
                && !is_web(scheme) =>
            {
                Self::app(text, scheme)
            }
            None if wild => {
                names_something(text, text)?;
                if text.contains('/') {
                    return Err(format!("{text} has a path; a pattern of hosts ends with the host or port"));
                }
                is_spelled_as_browsers_do(text, &text.to_ascii_lowercase())?;
                Ok(Self::Host(WildMatch::new(text), HostKind::of(text)))
            }
            Some((scheme, host)) if is_web(scheme) && wild => {
                names_something(text, host)?;
                if host.contains('/') {
                    return Err(format!("{text} has a path; an origin ends with the host or port"));
                }
                let default_port = if scheme == "https" { ":443" } else { ":80" };
                let lower = text.to_ascii_lowercase();
                is_spelled_as_browsers_do(text, lower.strip_suffix(default_port).unwrap_or(&lower))?;
                Ok(Self::Origin(WildMatch::new(text), HostKind::of(host)))
            }
            Some((scheme, _)) if !is_web(scheme) => Self::app(text, scheme),
            Some(_) | None => exact(text).map(Self::Exact),
        }
    }

    fn app(text: &str, scheme: &str) -> Result<Self, String> {
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+.-".contains(&byte));
        if !is_scheme || NEVER_TRUSTED.contains(&scheme) {
            return Err(format!("{text} is not an origin such as https://app.example.com or myapp://"));
        }
        let parsed = AppUrl::parse_pattern(text).ok_or_else(|| format!("{text} holds control characters"))?;
        let authority = Some(parsed.authority).filter(|authority| !authority.is_empty());
        Ok(Self::App {
            scheme: parsed.scheme,
            authority: authority.map(|authority| (WildMatch::new(&authority), HostKind::of(&authority))),
            path: match parsed.path {
                path if path.is_empty() => AppPath::Any,
                path if has_wildcard(&path) => AppPath::Like(WildMatch::new(&path)),
                path => AppPath::Below(path),
            },
        })
    }

    fn covers_web(&self, url: &Url) -> bool {
        let host_and_port = || match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        match self {
            Self::Exact(origin) => *origin == url.origin().ascii_serialization(),
            Self::Origin(pattern, kind) => {
                pattern.matches(&url.origin().ascii_serialization()) && kind.admits(&host_and_port())
            }
            Self::Host(pattern, kind) => {
                let host = host_and_port();
                pattern.matches(&host) && kind.admits(&host)
            }
            Self::App { .. } => false,
        }
    }

    fn covers_app(&self, url: &AppUrl) -> bool {
        let Self::App { scheme, authority, path } = self else { return false };
        *scheme == url.scheme
            && !url.authority.contains('@')
            && authority
                .as_ref()
                .is_none_or(|(pattern, kind)| pattern.matches(&url.authority) && kind.admits(&url.authority))
            && match path {
                AppPath::Any => true,
                AppPath::Below(top) => url
                    .path
                    .strip_prefix(top.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
                AppPath::Like(pattern) => pattern.matches(if url.path.is_empty() { "/" } else { &url.path }),
            }
    }
}

/// The origins of `url` under every name of this machine, if its host is one.
fn loopback_twins(url: &Url) -> impl Iterator<Item = String> {
    let is_loopback = url.host_str().is_some_and(|host| LOOPBACK_HOSTS.contains(&host));
    let hosts = LOOPBACK_HOSTS.into_iter().filter(move |_| is_loopback);
    hosts.filter_map(|host| {
        let mut twin = url.clone();
        twin.set_host(Some(host)).ok()?;
        Some(twin.origin().ascii_serialization())
    })
}

/// One origin, exactly as browsers write it: a path, a trailing slash or a default port would never match.
fn exact(text: &str) -> Result<String, String> {
    let parsed = Url::parse(text).ok().filter(|url| is_web(url.scheme()));
    match parsed.map(|url| url.origin().ascii_serialization()) {
        Some(origin) if origin == text => Ok(origin),
        Some(origin) => Err(format!("{text} is not an origin; did you mean {origin}?")),
        None => Err(format!("{text} is not an origin such as https://app.example.com")),
    }
}

/// Rejects a pattern that would never match, because browsers write hosts in lower case and leave a default port out.
fn is_spelled_as_browsers_do(text: &str, spelling: &str) -> Result<(), String> {
    if text == spelling {
        return Ok(());
    }
    Err(format!("{text} matches no origin as browsers write it; did you mean {spelling}?"))
}

/// With credentials at stake a pattern must say whose pages it means: `*` and `*.com` mean everybody's, and so does
/// `*.github.io`, since anybody can register a name below a public suffix (<https://publicsuffix.org>).
fn names_something(text: &str, host_and_port: &str) -> Result<(), String> {
    let host = host_and_port.split([':', '/']).next().unwrap_or_default();
    let domain =
        host.rfind(['*', '?']).and_then(|last| host.get(last..)?.split_once('.')).map(|(_, rest)| rest);
    let is_range =
        HostKind::of(host) == HostKind::Ipv4Range && host.starts_with(|first: char| first.is_ascii_digit());
    let is_whole = !host.is_empty() && !has_wildcard(host);
    let is_owned = domain.is_some_and(|domain| registrable_domain(&domain.to_ascii_lowercase()).is_some());
    if is_owned || is_range || is_whole {
        return Ok(());
    }
    Err(match domain.filter(|domain| domain.contains('.')) {
        Some(suffix) => format!("{text} would trust strangers: anybody can register a name below {suffix}"),
        None => format!("{text} would trust strangers; name a domain, as in https://*.example.com"),
    })
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(patterns: &str, url: &str) -> bool {
        patterns.parse::<OriginPatterns>().unwrap().matches(url)
    }

    #[test]
    fn wildcards_stand_for_labels_and_ports() {
        for (pattern, url) in [
            ("https://*.example.com", "https://a.example.com"),
            ("https://*.example.com", "https://a.b.example.com/path?x#y"),
            ("https://app-?.example.com", "https://app-1.example.com"),
            ("http://localhost:*", "http://localhost:5173"),
            ("*.example.com", "http://a.example.com"),
            ("*.example.com:8443", "https://a.example.com:8443"),
            ("http://192.168.*.*:3000", "http://192.168.1.7:3000"),
            ("https://**.example.com", "https://a.b.example.com"),
            ("https://*.shop.vercel.app", "https://a.shop.vercel.app"),
            ("https://*.shop.co.uk", "https://a.shop.co.uk"),
            ("http://*.app.localhost:3000", "http://a.app.localhost:3000"),
        ] {
            assert!(covers(pattern, url), "{pattern} {url}");
        }
        for (pattern, url) in [
            ("https://*.example.com", "https://example.com"),
            ("https://*.example.com", "http://a.example.com"),
            ("https://*.example.com", "https://a.example.com.evil.com"),
            ("https://*.example.com", "https://evil.com/.example.com"),
            ("https://*.example.com", "https://evil.com#.example.com"),
            ("https://*.example.com", "https://a.example.com@evil.com"),
            ("https://*.example.com", "javascript://a.example.com/%0aalert(1)"),
            ("*.example.com", "javascript://a.example.com/%0aalert(1)"),
            ("https://app-?.example.com", "https://app-.example.com"),
            ("http://192.168.*.*:3000", "http://192.168.evil.com:3000"),
            ("http://192.168.*.*", "http://192.168.1.evil.com"),
        ] {
            assert!(!covers(pattern, url), "{pattern} {url}");
        }
    }

    #[test]
    fn an_apps_scheme_is_trusted_with_what_it_names() {
        for (pattern, url) in [
            ("myapp://", "myapp://"),
            ("myapp://", "MyApp://open?x=y"),
            ("myapp://host/cb", "myapp://host/cb/next"),
            ("exp://192.168.*.*:*/**", "exp://192.168.1.2:8081/--/path"),
            ("myapp:/", "myapp:/"),
            ("myapp:/", "myapp://"),
            ("myapp:/", "myapp://open?x=y"),
            ("myapp://", "myapp:/open"),
            ("myapp:///", "myapp:///"),
            ("myapp:///", "myapp://host/path"),
            ("myapp:/cb", "myapp:///cb/next"),
            ("myapp:///cb", "myapp:/cb"),
            ("com.example.app:/oauth", "com.example.app:/oauth"),
            ("exp:/**", "exp://192.168.1.2:8081"),
        ] {
            assert!(covers(pattern, url), "{pattern} {url}");
        }
        for (pattern, url) in [
            ("myapp://", "other://"),
            ("myapp://", "https://myapp"),
            ("myapp://host/cb", "myapp://host/cb/../evil"),
            ("myapp://host/cb", "myapp://host/cbx"),
            ("myapp://host", "myapp://other"),
            ("myapp://", "myapp://user@host"),
            ("exp://192.168.*.*:*", "exp://192.168.evil.com:80"),
            ("myapp:/", "other:/"),
            ("myapp:/", "http://myapp/"),
            ("myapp:/", "http:/myapp"),
            ("myapp:/", "myapp://user@host"),
            ("myapp:/cb", "myapp:/cb/../evil"),
            ("myapp:/cb", "myapp:/cb%2F..%2Fevil"),
            ("myapp:/cb", "myapp:/cbx"),
        ] {
            assert!(!covers(pattern, url), "{pattern} {url}");
        }
    }

    #[test]
    fn an_entry_that_trusts_strangers_or_never_matches_is_refused() {
        for entry in [
            "*",
            "**",
            "*.com",
            "*.co.uk",
            "https://*.github.io",
            "https://shop-*.vercel.app",
            "http://*.pages.dev:8080",
            "https://*.Vercel.app",
            "https://*",
            "https://*:3000",
            "https://*.*",
            "http*://x",
            "javascript://",
            "javascript:/",
            "data:/",
            "http:/",
            "https:/a.example",
            "MyApp:/",
            ":/",
            "myapp:",
            "*.example.com/path",
            "data://",
            "example.com",
            "https://example.com/",
            "https://*.example.com/path",
            "MyApp://",
            "https://a.example/",
            "https://a.example/path",
            "https://user@a.example",
            "https://A.example",
            "a.example",
            "localhost:3000",
            "ftp*://a.example",
            "https://a:443",
        ] {
            assert!(entry.parse::<OriginPatterns>().is_err(), "{entry}");
        }
        assert_eq!("".parse::<OriginPatterns>().unwrap(), OriginPatterns::default());
        assert!(covers("https://a.example, http://localhost:3000,", "http://localhost:3000"));
    }

    #[test]
    fn a_service_on_this_machine_trusts_its_origin_under_every_name() {
        let own = |base_url: &str| OriginPatterns::default().with_own_origin(&base_url.parse().unwrap());
        let names = ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"];
        for base_url in names {
            let own = own(base_url);
            assert_eq!(own.0[0], OriginPattern::Exact(base_url.to_owned()));
            assert_eq!(own.0.len(), 3);
            for name in names {
                assert!(own.matches(name), "{base_url} {name}");
            }
            for other in [
                "http://localhost:8081",
                "https://127.0.0.1:8080",
                "http://127.0.0.1",
                "http://127.0.0.2:8080",
                "http://0.0.0.0:8080",
                "http://localhost.evil.example:8080",
                "http://app.localhost:8080",
            ] {
                assert!(!own.matches(other), "{base_url} {other}");
            }
        }
        assert!(own("https://localhost/base/").matches("https://[::1]"));
        for base_url in
            ["https://auth.example.com", "http://127.0.0.2", "http://localhost.example", "http://[::2]"]
        {
            assert_eq!(own(base_url).0.len(), 1, "{base_url}");
        }
    }

    #[test]
    fn a_pattern_that_browsers_would_spell_otherwise_is_refused_with_a_hint() {
        for (entry, hint) in [
            ("https://*.Example.com", "https://*.example.com"),
            ("https://*.example.com:443", "https://*.example.com"),
            ("http://*.Example.com:80", "http://*.example.com"),
            ("*.Example.com:8443", "*.example.com:8443"),
        ] {
            let error = entry.parse::<OriginPatterns>().unwrap_err();
            assert!(error.ends_with(&format!("did you mean {hint}?")), "{error}");
            assert!(hint.parse::<OriginPatterns>().is_ok(), "{hint}");
        }
        for entry in ["https://*.example.com:80", "http://*.example.com:443", "*.example.com:443"] {
            assert!(entry.parse::<OriginPatterns>().is_ok(), "{entry}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_the_domain_is_covered(url in "[a-z*?:/.@\\\\#%0-9-]{0,40}") {
            let patterns: OriginPatterns = "https://*.example.com".parse().unwrap();
            if patterns.matches(&url) {
                let parsed = Url::parse(&url).unwrap();
                proptest::prop_assert!(parsed.host_str().unwrap().ends_with(".example.com"));
            }
        }
    }
}
