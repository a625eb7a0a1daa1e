//! Second factors, beyond what the comparison with Better Auth covers: races, guesses, epochs, and who is not let in.

mod codes_by_mail;
mod devices;
mod enrollment;
mod guesses;
mod operator;
mod sign_in;

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use local_stack::record_secret;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use shared_claims::{Clock, SystemClock};

use crate::support::{Answer, Auth, PAGE, PASSWORD, email};

/// A browser, which keeps its cookies.
pub struct Browser<'a> {
    auth: &'a Auth,
    http: Client,
    pub cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(auth: &'a Auth) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { auth, http, cookies: BTreeMap::new() }
    }

    /// Another browser with these cookies.
    pub fn with(&self, cookies: &BTreeMap<String, String>) -> Self {
        Self { auth: self.auth, http: self.http.clone(), cookies: cookies.clone() }
    }

    /// Signs up a user with this name.
    pub async fn of_user(auth: &'a Auth, name: &str) -> Self {
        let mut browser = Self::new(auth);
        let body = json!({"name": name, "email": email(name), "password": PASSWORD});
        let answer = browser.post("/sign-up/email", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        browser
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("origin", PAGE);
        let answer = Answer::of(request.header("cookie", self.header()).json(body)).await;
        self.keep(&answer);
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        let answer = Answer::of(request.header("cookie", self.header())).await;
        self.keep(&answer);
        answer
    }

    /// Signs in with the password.
    pub async fn sign_in(&mut self, name: &str) -> Answer {
        self.post("/sign-in/email", &json!({"email": email(name), "password": PASSWORD})).await
    }

    /// The user's id in the session; `None` without one.
    pub async fn user(&mut self) -> Option<String> {
        self.get("/get-session").await.body["user"]["id"].as_str().map(str::to_owned)
    }

    /// Whether it has a cookie with this name.
    pub fn has(&self, name: &str) -> bool {
        self.cookies.contains_key(&format!("better-auth.{name}"))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.auth.url(&format!("/api/auth{path}")))
    }

    fn header(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Keeps the cookies of a response.
    pub fn keep(&mut self, answer: &Answer) {
        for cookie in answer.cookies() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// An authenticator app.
pub struct App(hmac::Key);

impl App {
    /// Reads the URI of a QR code.
    pub fn scan(uri: &str) -> Self {
        let uri: reqwest::Url = uri.parse().unwrap();
        let (_, secret) = uri.query_pairs().find(|(name, _)| name == "secret").unwrap();
        record_secret(&secret);
        Self(hmac::Key::new(
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            &BASE32_NOPAD.decode(secret.as_bytes()).unwrap(),
        ))
    }

    /// The code of the time step that is `steps` after the current one. Each works once, and not after a later one.
    pub fn code(&self, steps: i64) -> String {
        let tag = hmac::sign(&self.0, &(SystemClock.now().as_second() / 30 + steps).to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes[bytes.len() - 1] & 0x0f);
        let number = u32::from_be_bytes(bytes[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// Sets up an authenticator app with the code of the step before. Returns it and the backup codes.
pub async fn enroll(browser: &mut Browser<'_>) -> (App, Vec<String>) {
    let enabled = browser.post("/two-factor/enable", &json!({"password": PASSWORD})).await;
    assert_eq!(enabled.status, 200, "{enabled:?}");
    let app = App::scan(enabled.body["totpURI"].as_str().unwrap());
    let codes = enabled.body["backupCodes"].as_array().unwrap();
    let codes: Vec<_> = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    codes.iter().for_each(|code| record_secret(code));
    let confirmed = browser.post("/two-factor/verify-totp", &json!({"code": app.code(-1)})).await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    assert_eq!(confirmed.body["user"]["twoFactorEnabled"], true);
    (app, codes)
}

/// Asserts that a sign-in waits for the second factor: no session, no token.
pub fn assert_challenged(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["twoFactorRedirect"], true, "{answer:?}");
    assert_eq!(answer.body.get("token"), None);
    for header in ["set-auth-token", "set-auth-jwt"] {
        assert_eq!(answer.header(header), None, "{header}");
    }
    let session = answer.cookies().into_iter().find(|cookie| cookie.contains(".session_token="));
    assert!(session.is_none_or(|cookie| cookie.contains("session_token=; Max-Age=0;")), "{answer:?}");
}
