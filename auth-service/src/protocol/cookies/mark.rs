//! Signed cookies that belong to no session. Each kind has a name, and its text begins with the kind: the value of one
//! cookie is never accepted in another.

use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};
use jiff::SignedDuration;

use super::signed::Cookies;

/// Separates the kind from the text. It is not used in base64url and not escaped in a cookie.
const SEPARATOR: char = '~';

/// What a cookie identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A device that signed in before.
    Device,
    /// The browser of a sign-up.
    SignUp,
    /// The browser of a sign-in at an identity provider.
    State,
    /// The browser of a sign-in that waits for the second factor.
    TwoFactor,
    /// A device that signs in without the second factor.
    TrustedDevice,
    /// The browser that requested a link that signs in.
    MagicLink,
}

impl Mark {
    const ALL: [Self; 6] =
        [Self::Device, Self::SignUp, Self::State, Self::TwoFactor, Self::TrustedDevice, Self::MagicLink];

    /// Suffix of the cookie's name.
    fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::SignUp => "sign_up",
            Self::State => "state",
            Self::TwoFactor => "two_factor",
            Self::TrustedDevice => "trust_device",
            Self::MagicLink => "magic_link",
        }
    }

    /// What the signed text begins with.
    fn kind(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::MagicLink => "magic-link",
            Self::Device | Self::State => self.name(),
            Self::TwoFactor => "two-factor",
            Self::TrustedDevice => "trusted-device",
        }
    }

    /// Whether another site sends the browser here with it: webmail, or a provider. It is sent then even if
    /// `COOKIE_SAME_SITE` is `strict`.
    fn is_for_links(self) -> bool {
        match self {
            Self::Device | Self::TwoFactor | Self::TrustedDevice => false,
            Self::SignUp | Self::State | Self::MagicLink => true,
        }
    }

    /// Whether a request with no other cookies needs no origin: a client that keeps these after signing out can still do
    /// what it could before signing in.
    fn authorizes_nothing(self) -> bool {
        match self {
            Self::Device | Self::SignUp => true,
            Self::State | Self::TwoFactor | Self::TrustedDevice | Self::MagicLink => false,
        }
    }
}

/// Whether a request has cookies that require an origin.
pub fn are_sent(headers: &HeaderMap) -> bool {
    let mut pairs = headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let authorizes_nothing = |pair: &[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        let mut harmless = Mark::ALL.into_iter().filter(|mark| mark.authorizes_nothing());
        harmless
            .any(|mark| name.strip_suffix(mark.name().as_bytes()).is_some_and(|rest| rest.ends_with(b".")))
    };
    !pairs.all(authorizes_nothing)
}

impl Cookies {
    /// The texts of the cookies of this kind with a valid signature.
    pub fn marks<'a>(&'a self, headers: &'a HeaderMap, mark: Mark) -> impl Iterator<Item = String> + use<'a> {
        self.values(headers, mark.name()).filter_map(move |value| {
            let (kind, text) = self.secrets.open_strong(&value)?.split_once(SEPARATOR)?;
            (kind == mark.kind()).then(|| text.to_owned())
        })
    }

    /// Creates a cookie of this kind, which expires after `max_age`. It is not part of a session and survives signing out.
    pub fn set_mark(&self, mark: Mark, text: &str, max_age: SignedDuration) -> Option<HeaderValue> {
        let signed = self.secrets.sign(&format!("{}{SEPARATOR}{text}", mark.kind()));
        self.mark(mark, &signed, max_age)
    }

    /// Creates the cookie that deletes the one of this kind.
    pub fn clear_mark(&self, mark: Mark) -> Option<HeaderValue> {
        self.mark(mark, "", SignedDuration::ZERO)
    }

    fn mark(&self, mark: Mark, value: &str, max_age: SignedDuration) -> Option<HeaderValue> {
        let same_site = if mark.is_for_links() { self.same_site.of_followed_links() } else { self.same_site };
        self.cookie_with(mark.name(), value, Some(max_age.as_secs()), same_site)
    }
}
