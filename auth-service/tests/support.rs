//! A service for each test, and clients that are named by who they are.

use local_stack::testing::{self, TestDatabase};
use local_stack::{Service, record_secret};
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::mailbox::Mailbox;

/// The origin of the page, which the test services trust.
pub const PAGE: &str = "http://localhost:3000";
pub const PASSWORD: &str = "correct horse battery";

/// auth-service with its own database.
pub struct Auth {
    pub service: Service,
    pub database: TestDatabase,
    http: Client,
}

impl Auth {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub async fn start_with(env: &[(&str, &str)]) -> Self {
        Self::on(TestDatabase::auth().await, env).await
    }

    /// Starts the service on an existing database.
    pub async fn on(database: TestDatabase, env: &[(&str, &str)]) -> Self {
        let service = testing::auth_service(&database, env).await;
        Self { service, database, http: Client::new() }
    }

    /// Starts the service with mail in `mailbox`. A worker has one database connection, so a request that needs two at
    /// once fails.
    pub async fn start_with_mail(mailbox: &Mailbox, env: &[(&str, &str)]) -> Self {
        let url = mailbox.url();
        let mail = [
            ("MAIL_URL", url.as_str()),
            ("MAIL_FROM", "Latchkey <accounts@example.com>"),
            ("DATABASE_POOL_SIZE", "1"),
        ];
        Self::start_with(&[&mail, env].concat()).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.service.url())
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(&format!("/api/auth{path}")))
    }

    pub fn request_without_redirects(&self, method: Method, path: &str) -> RequestBuilder {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        http.request(method, self.url(&format!("/api/auth{path}")))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// Signs up a user with this name. Returns their device.
    pub async fn user(&self, name: &str) -> Device<'_> {
        let body = json!({"name": name, "email": email(name), "password": PASSWORD});
        let answer = self.post("/sign-up/email", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Device::of(self, &answer)
    }

    /// Whether this password signs in the user.
    pub async fn accepts(&self, name: &str, password: &str) -> bool {
        let body = json!({"email": email(name), "password": password});
        let status = self.post("/sign-in/email", &body).await.status.as_u16();
        assert!([200, 401].contains(&status), "{status}");
        status == 200
    }

    /// Signs in the user on another device.
    pub async fn another_device(&self, name: &str) -> Device<'_> {
        let answer = self.post("/sign-in/email", &json!({"email": email(name), "password": PASSWORD})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Device::of(self, &answer)
    }

    /// A connection with access to everything.
    pub async fn superuser(&self) -> tokio_postgres::Client {
        connect(&self.database.superuser_url()).await
    }

    /// The number of rows of a table.
    pub async fn count(&self, table: &str) -> i64 {
        let client = self.superuser().await;
        client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }
}

pub fn email(name: &str) -> String {
    format!("{name}@example.com")
}

pub async fn connect(url: &str) -> tokio_postgres::Client {
    local_stack::databases::connect(url).await.unwrap()
}

/// A signed-in browser.
pub struct Device<'a> {
    auth: &'a Auth,
    pub cookie: String,
    pub token: String,
    pub jwt: String,
    pub user: Value,
}

impl<'a> Device<'a> {
    pub fn of(auth: &'a Auth, answer: &Answer) -> Self {
        let cookie = answer.cookies().first().unwrap().split(';').next().unwrap().to_owned();
        Self {
            auth,
            cookie,
            token: answer.body["token"].as_str().unwrap().to_owned(),
            jwt: answer.header("set-auth-jwt").unwrap(),
            user: answer.body["user"].clone(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.auth.request(Method::GET, path).header("cookie", &self.cookie)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.auth.request(Method::POST, path).header("cookie", &self.cookie);
        Answer::of(request.header("origin", PAGE).json(body)).await
    }

    /// The response of get-session: `null` after signing out.
    pub async fn session(&self) -> Value {
        let answer = self.get("/get-session").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }
}

/// No log may contain the passwords in the body of this request.
fn record_passwords(request: &reqwest::Request) {
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let fields = ["password", "currentPassword", "newPassword"];
    fields.iter().filter_map(|name| body[name].as_str()).for_each(record_secret);
}

/// The cookie of the browser that signed up, for a sign-up that starts no session.
pub fn sign_up_cookie(answer: &Answer) -> String {
    let cookies = answer.cookies();
    assert!(cookies.len() == 1 && cookies[0].starts_with("better-auth.sign_up="), "{cookies:?}");
    cookies[0].split(';').next().unwrap().to_owned()
}

/// A response with its whole body.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body as JSON; null if it is empty or not JSON.
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let (http, request) = request.build_split();
        let request = request.unwrap();
        record_passwords(&request);
        let response = http.execute(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Self { status, headers, body, text };
        answer.record_secrets();
        answer
    }

    /// No log may contain what starts or continues a session.
    fn record_secrets(&self) {
        let tokens = ["set-auth-token", "set-auth-jwt"].map(|name| self.header(name));
        let token = self.body["token"].as_str().map(str::to_owned);
        let cookies = self.cookies();
        let values = cookies.iter().filter_map(|cookie| Some(cookie.split(';').next()?.split_once('=')?.1));
        tokens.iter().flatten().chain(&token).map(String::as_str).chain(values).for_each(record_secret);
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    pub fn cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}
