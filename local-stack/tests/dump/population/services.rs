//! Tasks, invalid requests, and mail that cannot be sent.

use std::time::Duration;

use local_stack::Service;
use local_stack::databases::connect;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::person::{Answer, Person, client};
use super::super::stack::Stack;
use super::{PATIENCE, Population};

impl Population {
    /// Creates, changes, searches and deletes tasks at both replicas.
    pub(super) async fn work_on_tasks(&mut self, stack: &Stack) {
        for tasks in [&stack.tasks, &stack.quiet_tasks] {
            self.alice = with_accepted_token(&self.alice, stack, tasks).await;
            self.note(&self.alice.clone());
        }
        for tasks in [&stack.tasks, &stack.quiet_tasks] {
            for person in [&self.alice, &self.bob] {
                let text = format!("Something that only {} knows", person.name);
                let due = "2027-03-01T12:00:00Z";
                let body = json!({"title": text, "description": text, "priority": "high", "due_date": due});
                let created = person.task(tasks, Method::POST, "me/tasks", &body).await;
                assert_eq!(created.status, 201, "{created:?}");
                let path = format!("me/tasks/{}", created.body["id"].as_str().unwrap());
                for (method, path, body) in [
                    (Method::PATCH, path.as_str(), json!({"title": "Something else"})),
                    (Method::GET, &path, Value::Null),
                    (Method::GET, "me/tasks?q=only&limit=1", Value::Null),
                ] {
                    person.task(tasks, method, path, &body).await;
                }
                let other = format!("{}/tasks", self.gwen.id);
                assert_eq!(person.task(tasks, Method::GET, &other, &Value::Null).await.status, 403);
            }
            let created = self.bob.task(tasks, Method::POST, "me/tasks", &json!({"title": "Short"})).await;
            let path = format!("me/tasks/{}", created.body["id"].as_str().unwrap());
            assert_eq!(self.bob.task(tasks, Method::DELETE, &path, &Value::Null).await.status, 204);
        }
    }

    /// Sends credentials where none belong, as faulty clients do: in paths, queries, headers and bodies.
    pub(super) async fn send_nonsense(&mut self, stack: &Stack) {
        let (alice, http) = (self.alice.clone(), client());
        let signed = alice.cookie_value("session_token");
        for service in [&stack.auth, &stack.limited, &stack.verifying, &stack.tasks, &stack.quiet_tasks] {
            for text in [&alice.session, &alice.jwt, &alice.password, &signed] {
                let url_of = |path: &str| format!("{}{path}", service.url());
                for path in ["/api/auth/get-session", "/api/auth/verify-email", "/api/me/tasks", "/nowhere"] {
                    let query = [("token", text), ("callbackURL", text), ("q", text)];
                    let query = url::Url::parse_with_params(&url_of(path), query).unwrap();
                    Answer::of(http.get(query)).await;
                    let path = url_of(&format!("{path}/{}", text.replace('/', "%2F")));
                    Answer::of(http.get(path).header("x-forwarded-uri", text).bearer_auth(text)).await;
                }
                for path in ["/api/auth/sign-in/email", "/api/auth/sign-up/email", "/api/me/tasks"] {
                    let broken = format!("{{\"email\": \"{}\", \"password\": \"{text}\"", alice.email);
                    let json = "application/json";
                    Answer::of(http.post(url_of(path)).header("content-type", json).body(broken)).await;
                    let body =
                        json!({"email": text, "password": [text], "name": {"a": text}, "title": {"b": text}});
                    let request = http.post(url_of(path)).bearer_auth(&alice.jwt).json(&body);
                    Answer::of(request.header("cookie", format!("other={text}"))).await;
                }
            }
        }
    }

    /// Leaves mail in the outbox whose delivery failed.
    pub(super) async fn leave_mail_in_the_outbox(&mut self, stack: &Stack) {
        stack.mailbox.break_down();
        for person in [&self.alice, &self.bob] {
            let body = json!({"email": person.email, "redirectTo": "/reset"});
            Person::default().ok(&stack.auth, "/request-password-reset", &body).await;
        }
        let client = connect(&stack.cluster.auth().superuser_url()).await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        let tried = "SELECT count(*) FROM outbox WHERE attempts > 0";
        while client.query_one(tried, &[]).await.unwrap().get::<_, i64>(0) < 2 {
            assert!(Instant::now() < deadline, "no mail was tried");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The same person with an access token that task-service accepts. It may take a moment to learn of a new key.
async fn with_accepted_token(person: &Person, stack: &Stack, tasks: &Service) -> Person {
    let mut person = person.clone();
    let deadline = Instant::now() + PATIENCE;
    loop {
        person.renew_jwt(&stack.auth).await;
        if person.task(tasks, Method::GET, "me/tasks", &Value::Null).await.status == 200 {
            return person;
        }
        assert!(Instant::now() < deadline, "no token of the new key is accepted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
