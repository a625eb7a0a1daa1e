//! A user with a browser.

use std::hash::{BuildHasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_stack::Service;
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// The page's origin, which the services of tests trust.
pub const PAGE: &str = "http://localhost:3000";

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    /// `name=value` of each cookie that it sets.
    pub fn cookies(&self) -> Vec<String> {
        let cookies = self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        cookies.map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect()
    }
}

/// An account, or a sign-up that waits, and what its browser holds.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub password: String,
    pub id: String,
    /// The session token, as the body of the sign-in had it.
    pub session: String,
    /// `name=value` of each cookie.
    pub cookies: Vec<String>,
    /// An access token.
    pub jwt: String,
}

/// A password that nobody else has.
pub fn new_password() -> String {
    format!("Tern-{:016x}", RandomState::new().hash_one(()))
}

/// A client that follows no redirects.
pub fn client() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Person {
    pub fn new(name: &str) -> Self {
        let email = format!("{name}@example.com");
        Self { name: name.to_owned(), email, password: new_password(), ..Self::default() }
    }

    /// Signs up and takes what the answer gives.
    pub async fn sign_up(service: &Service, name: &str) -> Self {
        let mut person = Self::new(name);
        let form =
            json!({"name": name, "email": person.email, "password": person.password, "username": name});
        let answer = person.post(service, "/sign-up/email", &form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        person.take(&answer);
        person
    }

    /// The same person in another browser, after signing in there.
    pub async fn sign_in(&self, service: &Service, remembered: bool) -> Self {
        let mut person = Self { cookies: Vec::new(), ..self.clone() };
        let form = json!({"email": self.email, "password": self.password, "rememberMe": remembered});
        let answer = person.post(service, "/sign-in/email", &form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        person.take(&answer);
        person
    }

    /// Keeps the credentials in an answer.
    pub fn take(&mut self, answer: &Answer) {
        if let Some(id) = answer.body["user"]["id"].as_str() {
            self.id = id.to_owned();
        }
        if let Some(token) = answer.body["token"].as_str() {
            self.session = token.to_owned();
        }
        if let Some(jwt) = answer.header("set-auth-jwt") {
            self.jwt = jwt;
        }
        for cookie in answer.cookies() {
            let name = cookie.split_once('=').unwrap().0.to_owned() + "=";
            self.cookies.retain(|kept| !kept.starts_with(&name));
            self.cookies.push(cookie);
        }
    }

    fn request(&self, service: &Service, method: Method, path: &str) -> RequestBuilder {
        let request = client().request(method, format!("{}/api/auth{path}", service.url()));
        let request = request.header("origin", PAGE).header("user-agent", "Latchkey-Test/1.0");
        if self.cookies.is_empty() { request } else { request.header("cookie", self.cookies.join("; ")) }
    }

    pub async fn get(&self, service: &Service, path: &str) -> Answer {
        Answer::of(self.request(service, Method::GET, path)).await
    }

    pub async fn post(&self, service: &Service, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(service, Method::POST, path).json(body)).await
    }

    /// Sends what has to succeed.
    pub async fn ok(&self, service: &Service, path: &str, body: &Value) -> Answer {
        let answer = self.post(service, path, body).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer
    }

    /// Sends a request with the access token to task-service.
    pub async fn task(&self, tasks: &Service, method: Method, path: &str, body: &Value) -> Answer {
        let request = client().request(method, format!("{}/api/{path}", tasks.url()));
        Answer::of(request.bearer_auth(&self.jwt).json(body)).await
    }

    /// The header (0) or the claims (1) of the access token.
    pub fn part_of_jwt(&self, index: usize) -> Value {
        let part = self.jwt.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    /// A new access token.
    pub async fn renew_jwt(&mut self, service: &Service) {
        let answer = self.get(service, "/token").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.jwt = answer.body["token"].as_str().unwrap().to_owned();
    }

    /// `name=value` of one of the cookies.
    pub fn cookie(&self, kind: &str) -> String {
        let name = format!("better-auth.{kind}=");
        self.cookies.iter().find(|cookie| cookie.starts_with(&name)).unwrap().clone()
    }

    /// The value of one of the cookies, decoded.
    pub fn cookie_value(&self, kind: &str) -> String {
        let name = format!("better-auth.{kind}");
        let pairs = self.cookies.iter().flat_map(|cookie| url::form_urlencoded::parse(cookie.as_bytes()));
        let value = pairs.filter(|(found, _)| *found == name).map(|(_, value)| value.into_owned()).next();
        value.unwrap_or_else(|| panic!("no cookie {kind}: {:?}", self.cookies))
    }
}
