//! The names and attributes of cookies.

use clap::ValueEnum;
use jiff::SignedDuration;

use super::super::cookie_domain::CookieDomain;

/// The `SameSite` attribute of cookies: which cross-site requests include them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SameSite {
    /// Sent when the user follows a link from another site, and with no other cross-site request.
    Lax,
    /// Never sent with cross-site requests: after following a link from another site, the user appears signed out.
    Strict,
    /// Sent with all requests. Browsers require `Secure`.
    None,
}

impl SameSite {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
            Self::None => "None",
        }
    }

    /// The value for a cookie that must be sent when the user follows a link in a mail: webmail is another site.
    pub(super) fn of_followed_links(self) -> Self {
        if self == Self::Strict { Self::Lax } else { self }
    }
}

/// The names and attributes of cookies.
#[derive(Debug, Clone)]
pub struct CookieSettings {
    /// Prefix of the names.
    pub prefix: String,
    /// The domain whose subdomains get the cookies. Without it, only the host gets them.
    pub domain: Option<CookieDomain>,
    /// Whether cookies have the `Secure` attribute and the `__Secure-` prefix.
    pub secure: bool,
    /// Whether cookies have the `__Host-` prefix. Requires `secure` and excludes `domain`.
    pub host_prefix: bool,
    pub same_site: SameSite,
    /// Lifetime of the cookies of a remembered session, from its last extension.
    pub max_age: SignedDuration,
}
