//! Somebody who uses the stack through its gateway.

use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

pub use crate::scratch::client;

const PASSWORD: &str = "correct horse battery";

/// Somebody with an account, signed in.
#[derive(Clone)]
pub struct User {
    pub http: Client,
    url: String,
    pub email: String,
    session: String,
    /// The access token.
    pub token: String,
}

impl User {
    /// Signs up; no two have the same name.
    pub async fn sign_up(url: &str, name: &str) -> Self {
        Self::sign_up_by(client(), url, name).await
    }

    /// Signs up with a client of the test's own.
    pub async fn sign_up_by(http: Client, url: &str, name: &str) -> Self {
        let email = format!("{name}@example.com");
        let body = json!({"name": name, "email": email, "password": PASSWORD});
        let answer = http.post(format!("{url}/api/auth/sign-up/email")).json(&body).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}");
        let session = body["token"].as_str().unwrap().to_owned();
        let mut user = Self { http, url: url.to_owned(), email, session, token: String::new() };
        user.token = user.new_token().await;
        user
    }

    /// Signs in with this password.
    pub async fn sign_in(&self, password: &str) -> StatusCode {
        let body = json!({"email": self.email, "password": password});
        let request = self.http.post(format!("{}/api/auth/sign-in/email", self.url)).json(&body);
        request.send().await.unwrap().status()
    }

    /// Signs in with the right password.
    pub async fn signs_in(&self) -> StatusCode {
        self.sign_in(PASSWORD).await
    }

    /// Trades the session for an access token.
    pub async fn new_token(&self) -> String {
        let answer = self.get("/api/auth/token").bearer_auth(&self.session).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    /// Asks for the session.
    pub fn session(&self) -> RequestBuilder {
        self.get("/api/auth/get-session").bearer_auth(&self.session)
    }

    /// Changes the account.
    pub fn change(&self) -> RequestBuilder {
        let request = self.http.post(format!("{}/api/auth/update-user", self.url)).bearer_auth(&self.session);
        request.json(&json!({"name": "Somebody else"}))
    }

    /// Asks for the tasks.
    pub fn tasks(&self) -> RequestBuilder {
        self.get("/api/me/tasks").bearer_auth(&self.token)
    }

    /// Whether both services respond as they should.
    pub async fn works(&self) -> bool {
        let (session, tasks) = tokio::join!(self.session().send(), self.tasks().send());
        [session, tasks].into_iter().all(|answer| answer.is_ok_and(|answer| answer.status() == 200))
    }

    pub async fn create_task(&self, title: &str) -> StatusCode {
        let request = self.http.post(format!("{}/api/me/tasks", self.url)).bearer_auth(&self.token);
        request.json(&json!({"title": title})).send().await.unwrap().status()
    }

    /// The titles of the user's tasks.
    pub async fn titles(&self) -> Vec<String> {
        let answer = self.tasks().send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = answer.json().await.unwrap();
        body["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|task| task["title"].as_str().unwrap().to_owned())
            .collect()
    }

    pub async fn delete_account(&self) {
        let request = self.http.post(format!("{}/api/auth/delete-user", self.url)).bearer_auth(&self.session);
        let answer = request.json(&json!({"password": PASSWORD})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }

    pub async fn sign_out(&self) {
        let request = self.http.post(format!("{}/api/auth/sign-out", self.url)).bearer_auth(&self.session);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
}

/// Waits until it is true.
pub async fn until(what: &str, limit: Duration, mut is: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !is().await {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    begun.elapsed()
}
