//! A user whose task must not change, whatever other users send.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, send};
use crate::stack::Stack;

/// The media type of a body.
pub const JSON: &str = "application/json";

/// Alice with one task, to see that it stays as it is.
pub struct Bystander {
    pub stack: Stack,
    pub alice: Client,
    pub task: String,
    before: String,
}

impl Bystander {
    pub async fn new() -> Self {
        let stack = Stack::start().await;
        let alice = stack.user("alice");
        let body = json!({"title": "stays", "description": "as it is", "priority": "high"});
        let made = alice.post("/api/me/tasks", &body).await.expect(201).json();
        let task = format!("/api/me/tasks/{}", made["id"].as_str().unwrap());
        let before = alice.get("/api/me/tasks").await.expect(200).text;
        Self { stack, alice, task, before }
    }

    /// The routes that take a body, each with a good one.
    pub fn body_routes(&self) -> [(Method, String, Value); 4] {
        let good = json!({"title": "x"});
        [
            (Method::POST, "/api/me/tasks".to_owned(), good.clone()),
            (Method::PUT, self.task.clone(), good.clone()),
            (Method::PATCH, self.task.clone(), good),
            (Method::PATCH, format!("{}/complete", self.task), json!({"is_completed": true})),
        ]
    }

    pub async fn send(
        &self,
        method: &Method,
        path: &str,
        media_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let request = self.alice.request(method.clone(), path).body(body);
        send(if media_type.is_empty() { request } else { request.header("content-type", media_type) }).await
    }

    pub async fn is_unharmed(&self) {
        assert_eq!(self.alice.get("/api/me/tasks").await.expect(200).text, self.before);
    }
}
