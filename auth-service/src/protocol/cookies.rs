//! Better Auth's signed cookies: `name=encodeURIComponent(token.base64(HMAC-SHA256(secret, token)))`.

use std::borrow::Cow;

use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue};
use clap::ValueEnum;
use jiff::SignedDuration;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::auth_secrets::AuthSecrets;
use super::cookie_domain::CookieDomain;
use crate::protocol::opaque_token::SessionToken;

/// The characters that JavaScript's `encodeURIComponent` does not encode.
pub const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// Maximum number of session cookies in a request: one for the host and one for each domain above it. More than that
/// were planted to push out the browser's own cookie, so all of them are ignored.
const MAX_SESSION_COOKIES: usize = 4;
/// Suffix of the name of the device cookie.
const DEVICE: &str = "device";
/// Suffix of the name of the cookie that identifies the browser of a sign-up.
const SIGN_UP: &str = "sign_up";
/// Suffix of the name of the cookie that identifies the browser of a sign-in at an identity provider.
const STATE: &str = "state";
/// Browsers accept this prefix only over HTTPS and with `Secure`.
const SECURE_PREFIX: &str = "__Secure-";
/// Browsers accept this prefix only from the host itself: no subdomain and no page over plain HTTP can plant such a
/// cookie (RFC 6265bis, section 4.1.3.2).
const HOST_PREFIX: &str = "__Host-";
/// Lifetime of the state cookie in seconds, as in Better Auth: the time for signing in at the provider.
const STATE_MAX_AGE: i64 = 5 * 60;
/// Lifetime of the device cookie in seconds: 400 days, the maximum of browsers.
const DEVICE_MAX_AGE: i64 = 400 * 24 * 60 * 60;
/// The value of the signed `dont_remember` cookie.
const DONT_REMEMBER: &str = "true";

/// Whether a request has cookies other than the device and sign-up cookies. Those two do not require an origin: a
/// client that keeps its cookies after signing out can still do what it could before signing in.
pub fn are_sent(headers: &HeaderMap) -> bool {
    let mut pairs = headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let authenticates_nothing = |pair: &[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        [DEVICE, SIGN_UP]
            .iter()
            .any(|kind| name.strip_suffix(kind.as_bytes()).is_some_and(|rest| rest.ends_with(b".")))
    };
    !pairs.all(authenticates_nothing)
}

/// How a request presents its session token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// In `Authorization: Bearer`: the sender knows the token.
    Bearer,
    /// In a cookie, which the browser adds: the script that sends the request does not know the token.
    Cookie,
}

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
    fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
            Self::None => "None",
        }
    }

    /// The value for a cookie that must be sent when the user follows a link in a mail: webmail is another site.
    fn of_followed_links(self) -> Self {
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

pub struct Cookies {
    secrets: AuthSecrets,
    session_token: String,
    session_data: String,
    dont_remember: String,
    device: String,
    sign_up: String,
    state: String,
    /// The attributes of every cookie between `Max-Age` and `SameSite`.
    attributes: String,
    same_site: SameSite,
    max_age: i64,
}

impl Cookies {
    pub fn new(secrets: AuthSecrets, settings: &CookieSettings) -> Self {
        let browser_prefix = match settings {
            CookieSettings { host_prefix: true, .. } => HOST_PREFIX,
            CookieSettings { secure: true, .. } => SECURE_PREFIX,
            _ => "",
        };
        let name = |name: &str| format!("{browser_prefix}{}.{name}", settings.prefix);
        let domain = settings.domain.as_ref().map(|domain| format!("Domain={}; ", domain.as_str()));
        let secure = if settings.secure { "Secure; " } else { "" };
        Self {
            secrets,
            session_token: name("session_token"),
            session_data: name("session_data"),
            dont_remember: name("dont_remember"),
            device: name(DEVICE),
            sign_up: name(SIGN_UP),
            state: name(STATE),
            attributes: format!("{}Path=/; HttpOnly; {secure}", domain.unwrap_or_default()),
            same_site: settings.same_site,
            max_age: settings.max_age.as_secs(),
        }
    }

    /// The name of the session cookie.
    pub fn session_token_name(&self) -> &str {
        &self.session_token
    }

    /// Returns the session tokens of a request, and how it presents them: a raw or signed bearer token, or else the
    /// cookies with a valid signature. A browser may have several cookies with the same name: e.g. one of the host,
    /// and one of `COOKIE_DOMAIN`, which was configured later.
    pub fn presented(&self, headers: &HeaderMap) -> (Presented, Vec<SessionToken>) {
        match self.bearer(headers) {
            Some(token) => (Presented::Bearer, vec![token]),
            None => (Presented::Cookie, self.few_in_cookies(headers)),
        }
    }

    fn few_in_cookies(&self, headers: &HeaderMap) -> Vec<SessionToken> {
        let mut few: Vec<SessionToken> = Vec::new();
        for token in self.in_cookies(headers) {
            if few.iter().any(|known| known.expose() == token.expose()) {
                continue;
            }
            if few.len() == MAX_SESSION_COOKIES {
                return Vec::new();
            }
            few.push(token);
        }
        few
    }

    /// Returns all session tokens of a request, from the header and from cookies. Signing out ends all of them.
    pub fn all_presented(&self, headers: &HeaderMap) -> Vec<SessionToken> {
        self.bearer(headers).into_iter().chain(self.in_cookies(headers)).collect()
    }

    fn in_cookies<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = SessionToken> + use<'a> {
        let values = self.values(headers, &self.session_token);
        values.filter_map(|value| self.secrets.open(&value).map(SessionToken::from))
    }

    /// Signs a token, for `set-auth-token` and for the cookie, which encodes it.
    pub fn signed(&self, token: &SessionToken) -> String {
        self.secrets.sign(token.expose())
    }

    /// Creates the cookies that start or extend a session. A session that is not remembered gets cookies without
    /// `Max-Age`.
    pub fn set(&self, headers: &HeaderMap, signed_token: &str, remembered: bool) -> Vec<HeaderValue> {
        if remembered {
            let session = self.cookie(&self.session_token, signed_token, Some(self.max_age));
            let was_not = self.values(headers, &self.dont_remember).next().is_some();
            let cleared = was_not.then(|| self.cookie(&self.dont_remember, "", Some(0)));
            return session.into_iter().chain(cleared.flatten()).collect();
        }
        let cookies = [
            self.cookie(&self.session_token, signed_token, None),
            self.cookie(&self.dont_remember, &self.secrets.sign(DONT_REMEMBER), None),
        ];
        cookies.into_iter().flatten().collect()
    }

    /// Creates the cookies that clear the session in the browser.
    pub fn clearing(&self) -> Vec<HeaderValue> {
        let names = [&self.session_token, &self.session_data, &self.dont_remember];
        names.into_iter().filter_map(|name| self.cookie(name, "", Some(0))).collect()
    }

    /// The values of the device cookies with a valid signature.
    pub fn devices<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = String> + use<'a> {
        let values = self.values(headers, &self.device);
        values.filter_map(|value| self.secrets.open_strong(&value).map(str::to_owned))
    }

    /// Creates the device cookie. It is not part of a session and survives signing out.
    pub fn set_device(&self, text: &str) -> Option<HeaderValue> {
        self.cookie(&self.device, &self.secrets.sign(text), Some(DEVICE_MAX_AGE))
    }

    /// The values of the sign-up cookies with a valid signature.
    pub fn sign_ups<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = String> + use<'a> {
        let values = self.values(headers, &self.sign_up);
        values.filter_map(|value| self.secrets.open_strong(&value).map(str::to_owned))
    }

    /// Creates the sign-up cookie, which expires after `max_age`. It is not part of a session either. It is sent with
    /// links from webmail even if `COOKIE_SAME_SITE` is `strict`: it exists for those links and does not authenticate
    /// anybody.
    pub fn set_sign_up(&self, text: &str, max_age: SignedDuration) -> Option<HeaderValue> {
        let same_site = self.same_site.of_followed_links();
        self.cookie_with(&self.sign_up, &self.secrets.sign(text), Some(max_age.as_secs()), same_site)
    }

    /// The values of the state cookies with a valid signature.
    pub fn states<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = String> + use<'a> {
        let values = self.values(headers, &self.state);
        values.filter_map(|value| self.secrets.open_strong(&value).map(str::to_owned))
    }

    /// Creates the state cookie. The provider's site sends the browser back with it, even if `COOKIE_SAME_SITE` is `strict`.
    pub fn set_state(&self, text: &str) -> Option<HeaderValue> {
        let same_site = self.same_site.of_followed_links();
        self.cookie_with(&self.state, &self.secrets.sign(text), Some(STATE_MAX_AGE), same_site)
    }

    /// Creates the cookie that clears the state cookie.
    pub fn clear_state(&self) -> Option<HeaderValue> {
        self.cookie_with(&self.state, "", Some(0), self.same_site.of_followed_links())
    }

    /// Returns the bearer token. As in Better Auth, an invalid signature counts as no token, so the cookies are used.
    /// A header that cannot be read counts as an unknown token, so they are not.
    fn bearer(&self, headers: &HeaderMap) -> Option<SessionToken> {
        let (scheme, token) = split_once(headers.get(AUTHORIZATION)?.as_bytes(), b' ')?;
        if !scheme.eq_ignore_ascii_case(b"bearer") {
            return None;
        }
        let token = percent_decode(token.trim_ascii()).decode_utf8_lossy();
        if token.contains('.') && !token.contains(char::REPLACEMENT_CHARACTER) {
            return self.secrets.open(&token).map(SessionToken::from);
        }
        (!token.is_empty()).then(|| SessionToken::from(token.as_ref()))
    }

    /// Returns the decoded values of all cookies named `name`, in order. Each pair is parsed on its own, so invalid
    /// cookies of other applications do no harm. Values that are not UTF-8 are skipped: this service signs none.
    fn values<'a>(&self, headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = String> + use<'a> {
        headers
            .get_all(COOKIE)
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| split_once(pair.trim_ascii(), b'='))
            .filter(move |(found, _)| *found == name.as_bytes())
            .filter_map(|(_, value)| percent_decode(value).decode_utf8().ok().map(Cow::into_owned))
    }

    fn cookie(&self, name: &str, value: &str, max_age: Option<i64>) -> Option<HeaderValue> {
        self.cookie_with(name, value, max_age, self.same_site)
    }

    fn cookie_with(
        &self,
        name: &str,
        value: &str,
        max_age: Option<i64>,
        same_site: SameSite,
    ) -> Option<HeaderValue> {
        let value = utf8_percent_encode(value, COMPONENT);
        let max_age = max_age.map(|seconds| format!("Max-Age={seconds}; ")).unwrap_or_default();
        HeaderValue::from_str(&format!(
            "{name}={value}; {max_age}{}SameSite={}",
            self.attributes,
            same_site.as_str()
        ))
        .ok()
    }
}

fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = bytes.splitn(2, |byte| *byte == separator);
    Some((parts.next()?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    const SECRET: &str = "research-secret-research-secret-0123456789";
    const OTHER: &str = "another-secret-another-secret-another";
    const TOKEN: &str = "vOse1K4zapeaYpdmupmRk5FmuQU8HLCD";
    const SIGNATURE: &str = "zNn6Wjdfy2fomPlDknXfQbAqxrM3BKTEwaejhgK7wvA=";

    fn cookies(secrets: &str, base_url: &str) -> Cookies {
        let secrets = AuthSecrets::parse(&secrets.to_owned().into()).unwrap();
        Cookies::new(secrets, &settings(base_url, None))
    }

    fn settings(base_url: &str, domain: Option<&str>) -> CookieSettings {
        let base_url = base_url.parse().unwrap();
        CookieSettings {
            prefix: "better-auth".to_owned(),
            domain: domain.map(|domain| CookieDomain::parse(domain, &base_url).unwrap()),
            secure: base_url.scheme() == "https",
            host_prefix: false,
            same_site: SameSite::Lax,
            max_age: SignedDuration::from_hours(168),
        }
    }

    fn text(value: &HeaderValue) -> &str {
        std::str::from_utf8(value.as_bytes()).unwrap()
    }

    fn request(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    fn read(cookies: &Cookies, value: &str) -> Option<String> {
        let headers = request(COOKIE, &format!("x=y; better-auth.session_token={value}"));
        cookies.presented(&headers).1.first().map(|token| token.expose().to_owned())
    }

    #[test]
    fn signatures_are_better_auths() {
        let cookies = cookies(SECRET, "http://localhost:8081");
        assert_eq!(cookies.signed(&TOKEN.into()), format!("{TOKEN}.{SIGNATURE}"));
        let set = cookies.set(&HeaderMap::new(), &cookies.signed(&TOKEN.into()), true);
        assert_eq!(
            set,
            [format!(
                "better-auth.session_token={TOKEN}.zNn6Wjdfy2fomPlDknXfQbAqxrM3BKTEwaejhgK7wvA%3D; \
                 Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
            )
            .as_str()]
        );
    }

    #[test]
    fn only_a_good_signature_is_read() {
        let cookies = cookies(SECRET, "http://localhost:8081");
        let good = format!("{TOKEN}.zNn6Wjdfy2fomPlDknXfQbAqxrM3BKTEwaejhgK7wvA%3D");
        assert_eq!(read(&cookies, &good).as_deref(), Some(TOKEN));
        assert_eq!(read(&cookies, &format!("{TOKEN}.{SIGNATURE}")).as_deref(), Some(TOKEN), "not encoded");
        for bad in ["", ".", "abc", "abc.def", &good.replace('z', "y"), &good.replace('O', "P"), "%ff.%ff"] {
            assert_eq!(read(&cookies, bad), None, "{bad}");
        }
        let two = format!("better-auth.session_token=forged.AAAA; better-auth.session_token={good}");
        assert!(
            cookies.presented(&request(COOKIE, &two)).1.len() == 1,
            "a planted cookie does not hide the good one"
        );
    }

    #[test]
    fn every_secret_verifies_and_the_first_signs() {
        let old = cookies(SECRET, "http://localhost:8081").signed(&TOKEN.into());
        let rotated = cookies(&format!("{OTHER},{SECRET}"), "http://localhost:8081");
        assert_eq!(read(&rotated, &old).as_deref(), Some(TOKEN));
        assert_ne!(rotated.signed(&TOKEN.into()), old);
        assert_eq!(read(&cookies(OTHER, "http://localhost:8081"), &old), None);
    }

    #[test]
    fn bearer_tokens_come_raw_or_signed() {
        let cookies = cookies(SECRET, "http://localhost:8081");
        let signed = cookies.signed(&TOKEN.into());
        for (given, found) in [
            (format!("Bearer {TOKEN}"), true),
            (format!("bearer {signed}"), true),
            (format!("Bearer {}", signed.replace('=', "%3D")), true),
            (format!("Bearer {TOKEN}.AAAA"), false),
            (format!("Basic {TOKEN}"), false),
            ("Bearer ".to_owned(), false),
        ] {
            let (presented, tokens) = cookies.presented(&request(AUTHORIZATION, &given));
            let expected = if found { Presented::Bearer } else { Presented::Cookie };
            assert_eq!((presented, tokens.len()), (expected, usize::from(found)), "{given}");
        }
    }

    #[test]
    fn same_site_is_what_is_set_but_a_link_from_webmail_brings_its_sign_up_along() {
        for (same_site, session, sign_up) in [
            (SameSite::Lax, "Lax", "Lax"),
            (SameSite::Strict, "Strict", "Lax"),
            (SameSite::None, "None", "None"),
        ] {
            let secrets = AuthSecrets::parse(&SECRET.to_owned().into()).unwrap();
            let settings = CookieSettings { same_site, ..settings("https://auth.example.com", None) };
            let cookies = Cookies::new(secrets, &settings);
            let mut set = cookies.set(&HeaderMap::new(), "signed", false);
            set.extend(cookies.clearing());
            set.extend(cookies.set_device("device"));
            assert_eq!(set.len(), 6);
            for cookie in &set {
                assert!(text(cookie).ends_with(&format!("; Secure; SameSite={session}")), "{cookie:?}");
            }
            let cookie = cookies.set_sign_up("sign-up", SignedDuration::from_hours(1)).unwrap();
            assert!(text(&cookie).ends_with(&format!("; Secure; SameSite={sign_up}")), "{cookie:?}");
        }
    }

    fn raw(pairs: &[(HeaderName, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn strange_bytes_hide_no_cookie() {
        let cookies = cookies(SECRET, "http://localhost:8081");
        let own = format!("better-auth.session_token={TOKEN}.{SIGNATURE}").into_bytes();
        let name = b"better-auth.session_token=";
        for strange in [
            "campaign=Unders\u{f8}gelse".as_bytes(),
            b"campaign=Unders\xf8gelse",
            b"\xff=\xff",
            b"\xff",
            &[&name[..], b"\xff.\xff"].concat(),
            &[&name[..], b"%ff.%ff"].concat(),
        ] {
            let pair = |parts: [&[u8]; 2]| raw(&[(COOKIE, &parts.join(&b"; "[..]))]);
            let lines = raw(&[(COOKIE, strange), (COOKIE, &own)]);
            for headers in [pair([strange, &own]), pair([&own, strange]), lines] {
                let found: Vec<_> = cookies.all_presented(&headers);
                assert_eq!(
                    found.iter().map(SessionToken::expose).collect::<Vec<_>>(),
                    [TOKEN],
                    "{headers:?}"
                );
                assert_eq!(cookies.presented(&headers).1.len(), 1);
            }
        }
    }

    #[test]
    fn a_bearer_token_that_cannot_be_read_does_not_hand_over_to_the_cookie() {
        let cookies = cookies(SECRET, "http://localhost:8081");
        let own = format!("better-auth.session_token={TOKEN}.{SIGNATURE}").into_bytes();
        let presented = |authorization: &[u8]| {
            let (presented, tokens) =
                cookies.presented(&raw(&[(AUTHORIZATION, authorization), (COOKIE, &own)]));
            (presented, tokens.iter().any(|token| token.expose() == TOKEN))
        };
        for unreadable in
            [&b"Bearer \xff"[..], b"bearer \xff.\xff", b"Bearer %ff.x", "Bearer \u{e4}".as_bytes()]
        {
            assert_eq!(presented(unreadable), (Presented::Bearer, false), "{unreadable:?}");
        }
        for another in [&b"Basic \xff"[..], b"\xff", b"Bearer x.y", b"Bearer "] {
            assert_eq!(presented(another), (Presented::Cookie, true), "{another:?}");
        }
    }

    #[test]
    fn more_sessions_than_a_browser_can_have_got_are_none() {
        let cookies = cookies(SECRET, "http://localhost:8081");
        let presented = |tokens: &[&str]| {
            let pair =
                |token: &&str| format!("better-auth.session_token={}", cookies.signed(&(*token).into()));
            let header = tokens.iter().map(pair).collect::<Vec<_>>().join("; ");
            cookies.presented(&request(COOKIE, &header)).1.len()
        };
        assert_eq!(presented(&["a", "b", "c", "d"]), 4);
        assert_eq!(presented(&["a", "b", "c", "d", "a", "b"]), 4, "one session in two cookies counts once");
        assert_eq!(presented(&["a", "b", "c", "d", "e"]), 0);
    }

    #[test]
    fn who_signs_out_presents_every_token() {
        let cookies = cookies(SECRET, "http://localhost:8081");
        let signed = |token: &str| cookies.signed(&token.into());
        let pairs: Vec<_> =
            (0..9).map(|n| format!("better-auth.session_token={}", signed(&format!("t{n}")))).collect();
        let headers = raw(&[(AUTHORIZATION, b"Bearer b"), (COOKIE, pairs.join("; ").as_bytes())]);
        let all = cookies.all_presented(&headers);
        let all: Vec<_> = all.iter().map(SessionToken::expose).collect();
        assert_eq!(all, ["b", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"]);
    }

    #[test]
    fn https_gets_secure_cookies() {
        let cookies = cookies(SECRET, "https://auth.example.com");
        let set = cookies.set(&HeaderMap::new(), "t.s", true);
        assert_eq!(
            set,
            [
                "__Secure-better-auth.session_token=t.s; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"
            ]
        );
    }

    #[test]
    fn a_host_prefix_takes_the_place_of_the_secure_one() {
        let secrets = AuthSecrets::parse(&SECRET.to_owned().into()).unwrap();
        let settings = CookieSettings { host_prefix: true, ..settings("https://auth.example.com", None) };
        let cookies = Cookies::new(secrets, &settings);
        assert_eq!(
            cookies.set(&HeaderMap::new(), "t.s", true),
            ["__Host-better-auth.session_token=t.s; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"]
        );
        let planted = format!("__Secure-better-auth.session_token={}", cookies.signed(&TOKEN.into()));
        assert!(cookies.presented(&request(COOKIE, &planted)).1.is_empty(), "the other name is not read");
        assert!(cookies.presented(&request(COOKIE, &planted.replace("__Secure", "__Host"))).1.len() == 1);
    }

    #[test]
    fn a_domain_goes_with_every_cookie_and_with_its_clearing() {
        let secrets = AuthSecrets::parse(&SECRET.to_owned().into()).unwrap();
        let settings = CookieSettings {
            prefix: "shop".to_owned(),
            ..settings("https://auth.example.com", Some("example.com"))
        };
        let cookies = Cookies::new(secrets, &settings);
        assert_eq!(
            cookies.set(&HeaderMap::new(), "t.s", true),
            [
                "__Secure-shop.session_token=t.s; Max-Age=604800; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax"
            ]
        );
        for cookie in cookies.clearing() {
            assert!(text(&cookie).contains("=; Max-Age=0; Domain=example.com; Path=/"), "{cookie:?}");
        }
    }

    #[test]
    fn the_device_cookie_alone_is_no_cookie() {
        for (header, sent) in [
            ("better-auth.device=a", false),
            ("__Secure-better-auth.device=a; better-auth.device=b", false),
            ("better-auth.device=a; better-auth.session_token=b", true),
            ("better-auth.device_x=a", true),
            ("x=better-auth.device=a", true),
            ("a=b", true),
            ("", true),
        ] {
            assert_eq!(are_sent(&request(COOKIE, header)), sent, "{header}");
        }
        assert!(!are_sent(&HeaderMap::new()));
    }

    #[test]
    fn a_device_cookie_lasts_400_days_and_forgers_have_none() {
        let cookies = cookies(SECRET, "https://auth.example.com");
        let set = cookies.set_device("device~id~mark").unwrap();
        let set = text(&set);
        assert!(set.starts_with("__Secure-better-auth.device=device~id~mark."), "{set}");
        assert!(set.ends_with("; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Lax"), "{set}");
        let pair = set.split(';').next().unwrap();
        let devices = |pair: &str| cookies.devices(&request(COOKIE, pair)).collect::<Vec<_>>();
        assert_eq!(devices(pair), ["device~id~mark"]);
        assert!(devices(&pair.replace("mark", "other")).is_empty());
        assert!(devices("__Secure-better-auth.device=device~id~mark").is_empty());
        assert_eq!(cookies.clearing().len(), 3, "signing out leaves it");
    }
}
