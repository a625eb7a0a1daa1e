//! The entry points that take a cookie. A request can have many cookies of one name, and the service reads each, so many
//! values are tried at once.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::RequestBuilder;
use reqwest::header::{ORIGIN, SET_COOKIE};
use serde_json::{Value, json};

use super::entry_points::{Services, respond};
use super::person::{PAGE, new_password};
use super::population::Population;

/// The maximum size of the cookies in one request, in bytes: below the limit of the services for a request head.
const MAX_HEADER: usize = 16 * 1024;

/// More wrong passwords than the limit for unknown devices.
const MOST_GUESSES: usize = 20;

/// A cookie that is a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CookieEntry {
    /// The session's cookie.
    Session,
    /// The session's cookie of a live session, signed with the value as the secret.
    SecretOfCookies,
    /// The cookie of a known device.
    Device,
    /// The cookie of the browser that signed up.
    SignUp,
    /// The cookie of a sign-in that waits for the second factor.
    TwoFactor,
    /// The cookie of a device that signs in without the second factor.
    TrustedDevice,
    /// The cookie of the browser that requested a link that signs in.
    MagicLink,
}

impl CookieEntry {
    pub const ALL: [Self; 7] = [
        Self::Session,
        Self::SecretOfCookies,
        Self::Device,
        Self::SignUp,
        Self::TwoFactor,
        Self::TrustedDevice,
        Self::MagicLink,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Session | Self::SecretOfCookies => "session_token",
            Self::Device => "device",
            Self::SignUp => "sign_up",
            Self::TwoFactor => "two_factor",
            Self::TrustedDevice => "trust_device",
            Self::MagicLink => "magic_link",
        }
    }
}

/// What the cookies are tried with.
pub struct CookieProbe {
    /// A live session token.
    session: String,
    /// The cookie of that session, and its user.
    own: (String, String),
    /// The email of an account whose limit for unknown devices is exceeded.
    locked_out: String,
    /// The token of the link that completes a sign-up.
    completes_sign_up: String,
    /// The token of a link that signs in by GET in one browser alone.
    signs_in: String,
    /// The email and password of a user with a second factor.
    with_second_factor: (String, String),
}

impl CookieProbe {
    pub fn of(all: &Population) -> Self {
        Self {
            session: all.alice.session.clone(),
            own: (all.alice.cookie("session_token"), all.alice.id.clone()),
            locked_out: all.gwen.email.clone(),
            completes_sign_up: all.links.complete_sign_up.clone(),
            signs_in: all.links.browser_bound.clone(),
            with_second_factor: (all.rosa.email.clone(), all.rosa.password.clone()),
        }
    }

    /// Exceeds the limit of one account for unknown devices, which is over after a quarter of an hour.
    pub async fn exceed_limit(&self, services: &Services) {
        let mut guesses = 0;
        while respond(&self.request(services, CookieEntry::Device)).await.status() != 429 {
            guesses += 1;
            assert!(guesses < MOST_GUESSES, "the limit is never reached");
        }
    }

    /// The indexes of the values that are accepted.
    pub async fn accepts(&self, services: &Services, entry: CookieEntry, values: &[&[u8]]) -> Vec<usize> {
        let pairs: Vec<String> = values.iter().map(|value| self.cookie(entry, value)).collect();
        let mut found = Vec::new();
        let mut begin = 0;
        while begin < pairs.len() {
            let mut end = begin + 1;
            let mut size = pairs[begin].len();
            while end < pairs.len() && size + pairs[end].len() < MAX_HEADER {
                size += pairs[end].len() + 2;
                end += 1;
            }
            if self.differs(services, entry, &pairs[begin..end]).await {
                for index in begin..end {
                    if self.differs(services, entry, &pairs[index..=index]).await {
                        found.push(index);
                    }
                }
            }
            begin = end;
        }
        found
    }

    fn cookie(&self, entry: CookieEntry, value: &[u8]) -> String {
        let value = match entry {
            CookieEntry::SecretOfCookies => {
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, value), self.session.as_bytes());
                format!("{}.{}", self.session, STANDARD.encode(tag)).into_bytes()
            }
            _ => value.to_vec(),
        };
        let encoded: String = url::form_urlencoded::byte_serialize(&value).collect();
        // A cookie's spaces are %20, not the + of forms.
        format!("better-auth.{}={}", entry.name(), encoded.replace('+', "%20"))
    }

    /// Whether the response differs from the one to unknown cookies.
    async fn differs(&self, services: &Services, entry: CookieEntry, pairs: &[String]) -> bool {
        let (status, sets_cookies, body) = self.send(services, entry, pairs).await;
        let code = &body["code"];
        match entry {
            // A cookie with a valid signature is cleared if its session has ended, which is a finding, too.
            CookieEntry::Session => {
                status != 200 || !body.is_null() || sets_cookies || self.displaces(services, pairs).await
            }
            CookieEntry::SecretOfCookies => status != 200 || !body.is_null() || sets_cookies,
            // An unknown device is refused before the password is compared, which is wrong.
            CookieEntry::Device => status != 429,
            CookieEntry::SignUp | CookieEntry::MagicLink => status != 403 || code != "CONFIRMATION_REQUIRED",
            CookieEntry::TwoFactor => status != 401 || code != "INVALID_TWO_FACTOR_COOKIE",
            CookieEntry::TrustedDevice => status != 200 || body["twoFactorRedirect"] != true,
        }
    }

    /// Whether the cookies displace that of a live session: the service ignores all if more than a few have valid signatures.
    /// This also finds signed cookies that are no session's, behind which the other entry points would overlook one.
    async fn displaces(&self, services: &Services, pairs: &[String]) -> bool {
        let (cookie, user) = &self.own;
        let pairs: Vec<String> = pairs.iter().chain([cookie]).cloned().collect();
        let (_, _, body) = self.send(services, CookieEntry::Session, &pairs).await;
        body["user"]["id"] != **user
    }

    /// The status of the response, whether it sets cookies, and the body.
    async fn send(&self, services: &Services, entry: CookieEntry, pairs: &[String]) -> (u16, bool, Value) {
        let response = respond(&self.request(services, entry).header("cookie", pairs.join("; "))).await;
        let (status, sets_cookies) =
            (response.status().as_u16(), response.headers().contains_key(SET_COOKIE));
        let body = serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null);
        (status, sets_cookies, body)
    }

    fn request(&self, services: &Services, entry: CookieEntry) -> RequestBuilder {
        let http = &services.http;
        let auth = format!("{}/api/auth", services.auth.url());
        match entry {
            CookieEntry::Session | CookieEntry::SecretOfCookies => http.get(format!("{auth}/get-session")),
            CookieEntry::Device => {
                let form = json!({"email": self.locked_out, "password": new_password()});
                http.post(format!("{}/api/auth/sign-in/email", services.limited.url())).json(&form)
            }
            CookieEntry::SignUp => {
                let token = &self.completes_sign_up;
                http.get(format!("{}/api/auth/verify-email?token={token}", services.verifying.url()))
            }
            CookieEntry::TwoFactor => {
                http.post(format!("{auth}/two-factor/send-otp")).header(ORIGIN, PAGE).json(&json!({}))
            }
            CookieEntry::TrustedDevice => {
                let (email, password) = &self.with_second_factor;
                let form = json!({"email": email, "password": password});
                http.post(format!("{auth}/sign-in/email")).header(ORIGIN, PAGE).json(&form)
            }
            CookieEntry::MagicLink => http.get(format!("{auth}/magic-link/verify?token={}", self.signs_in)),
        }
    }
}
