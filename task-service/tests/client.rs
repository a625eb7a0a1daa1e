//! Clients, named by who they are, and their responses.

use local_stack::record_secret;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    authorization: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Client {
    /// Somebody without a token, at this base URL.
    pub fn anonymous(base: &str) -> Self {
        // A request that hangs is a failure; nothing here takes nearly that long.
        let http = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(20));
        Self { http: http.build().unwrap(), base: base.to_owned(), authorization: None }
    }

    /// The same with this token.
    pub fn with_token(&self, token: &str) -> Self {
        self.with_authorization(&format!("Bearer {token}"))
    }

    /// The same with this `Authorization`.
    pub fn with_authorization(&self, value: &str) -> Self {
        record_secret(value.trim_start_matches("Bearer "));
        Self { authorization: Some(value.to_owned()), ..self.clone() }
    }

    /// What it sends as `Authorization`.
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// A request to change before it is sent.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PATCH, path).json(body)).await
    }

    /// Makes a task and answers its id.
    pub async fn create(&self, title: &str) -> String {
        let answer = self.post("/api/me/tasks", &serde_json::json!({"title": title})).await;
        answer.expect(201).json()["id"].as_str().unwrap().to_owned()
    }

    /// The titles of all tasks, newest first.
    pub async fn titles(&self) -> Vec<String> {
        let list = self.get("/api/me/tasks?limit=100").await.expect(200).json();
        assert_eq!(list["next_cursor"], Value::Null, "more than a page");
        titles(&list)
    }
}

/// The titles on one page.
pub fn titles(list: &Value) -> Vec<String> {
    let tasks = list["tasks"].as_array().unwrap();
    tasks.iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

/// Sends a request and reads the whole answer.
pub async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.expect("a whole body") }
}

impl Answer {
    /// Itself, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Itself, if it is this error with an envelope and nothing else in it.
    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        let body = answer.json();
        assert_eq!(body["code"], code, "{body}");
        assert!(!body["message"].as_str().unwrap().is_empty(), "{body}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
        answer
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.text);
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// A header, or the empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
