//! Every documented route, for every kind of client: FR-016 to FR-020, FR-023, SC-003, SC-004, US5.3, US5.4.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_stack::databases::connect;
use reqwest::Method;
use serde_json::{Value, json};
use shared_claims::{Clock, SystemClock};

use crate::client::{Answer, Client, send};
use crate::issuer;
use crate::stack::Stack;

/// A documented route with a body that its owner may send, and what the owner then gets.
struct Route {
    method: Method,
    path: &'static str,
    body: Option<Value>,
    success: u16,
}

/// In this order they can follow each other on one task: the last deletes it.
fn routes() -> Vec<Route> {
    const LIST: &str = "/api/{user_id}/tasks";
    const TASK: &str = "/api/{user_id}/tasks/{task_id}";
    const COMPLETE: &str = "/api/{user_id}/tasks/{task_id}/complete";
    let route = |method, path, body, success| Route { method, path, body, success };
    vec![
        route(Method::GET, LIST, None, 200),
        route(Method::POST, LIST, Some(json!({"title": "made"})), 201),
        route(Method::GET, TASK, None, 200),
        route(Method::PUT, TASK, Some(json!({"title": "replaced"})), 200),
        route(Method::PATCH, TASK, Some(json!({"title": "changed"})), 200),
        route(Method::PATCH, COMPLETE, Some(json!({"is_completed": true})), 200),
        route(Method::DELETE, TASK, None, 204),
    ]
}

impl Route {
    async fn call(&self, client: &Client, user: &str, task: &str) -> Answer {
        let path = self.path.replace("{user_id}", user).replace("{task_id}", task);
        let request = client.request(self.method.clone(), &path);
        send(match &self.body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    fn names_a_task(&self) -> bool {
        self.path.contains("{task_id}")
    }
}

async fn the_document(stack: &Stack) -> Value {
    stack.anonymous().get("/openapi.json").await.expect(200).json()
}

#[tokio::test]
async fn fr_016_the_matrix_holds_every_documented_route_and_each_asks_for_a_token() {
    let stack = Stack::start().await;
    let document = the_document(&stack).await;
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if path.starts_with("/api/") {
                assert_eq!(operation["security"], json!([{"bearer": []}]), "{method} {path}");
                documented.insert((method.to_uppercase(), path.clone()));
            } else {
                assert!(
                    ["/healthz", "/readyz"].contains(&path.as_str()),
                    "{method} {path}: who may call it?"
                );
            }
        }
    }
    let listed = routes().iter().map(|route| (route.method.to_string(), route.path.to_owned())).collect();
    assert_eq!(documented, listed);
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[tokio::test]
async fn fr_019_without_a_valid_token_every_route_answers_the_same_401() {
    let stack = Stack::start().await;
    let task = stack.user("alice").create("Alice's").await;
    let (anonymous, expired) = (stack.anonymous(), stack.anonymous().with_token(&issuer::expired("alice")));
    let mut texts = BTreeSet::new();
    for route in routes() {
        for client in [&anonymous, &expired] {
            // Path and body are not looked at before the token: nonsense in them changes nothing.
            for (user, task) in
                [("alice", task.as_str()), ("me", "nonsense"), ("bob", "nonsense"), ("%00", "%FF")]
            {
                let answer = route.call(client, user, task).await.expect_error(401, "UNAUTHORIZED");
                assert_eq!(answer.header("www-authenticate"), "Bearer", "{} {}", route.method, route.path);
                texts.insert(answer.text);
            }
        }
    }
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(stack.user("alice").titles().await, ["Alice's"]);
}

#[tokio::test]
async fn fr_020_another_users_path_is_403_on_every_route_and_changes_nothing() {
    let stack = Stack::start().await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    let task = bob.create("Bob's").await;
    let before = bob.get(&format!("/api/me/tasks/{task}")).await.text;
    for route in routes() {
        for user in ["bob", "BOB", "nobody", "Alice", "alice%20", "alice%00", "%C3%A4", "auth", "a.b"] {
            route.call(&alice, user, &task).await.expect_error(403, "FORBIDDEN");
        }
    }
    assert_eq!(bob.get(&format!("/api/me/tasks/{task}")).await.text, before);
    assert_eq!(bob.titles().await, ["Bob's"]);
}

#[tokio::test]
async fn fr_023_us5_3_us5_4_another_users_task_is_404_on_every_route_and_changes_nothing() {
    let stack = Stack::start().await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    let task = bob.create("Bob's").await;
    let before = bob.get(&format!("/api/me/tasks/{task}")).await.text;
    for route in routes().iter().filter(|route| route.names_a_task()) {
        for user in ["me", "alice"] {
            let foreign = route.call(&alice, user, &task).await.expect_error(404, "TASK_NOT_FOUND");
            let absent = route.call(&alice, user, "01900000-0000-7000-8000-000000000000").await;
            assert_eq!(foreign.text, absent.expect(404).text, "an id must not tell whether it exists");
        }
    }
    assert_eq!(bob.get(&format!("/api/me/tasks/{task}")).await.text, before);
}

#[tokio::test]
async fn fr_017_the_owner_gets_through_on_every_route_under_both_names() {
    let stack = Stack::start().await;
    for user in ["me", "alice"] {
        let alice = stack.user("alice");
        let task = alice.create("Alice's").await;
        for route in routes() {
            let answer = route.call(&alice, user, &task).await.expect(route.success);
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(!answer.header("x-request-id").is_empty());
        }
    }
}

#[tokio::test]
async fn without_any_budget_left_every_route_is_429_whatever_it_names_and_changes_nothing() {
    let stack = Stack::with(&[("REQUESTS_PER_MINUTE", "1")]).await;
    let alice = stack.user("alice");
    let task = alice.create("Alice's").await;
    for route in routes() {
        // Path and body are not looked at before the budget.
        for (user, task) in
            [("me", task.as_str()), ("alice", "nonsense"), ("bob", task.as_str()), ("%00", "%FF")]
        {
            let answer = route.call(&alice, user, task).await.expect_error(429, "TOO_MANY_REQUESTS");
            let seconds: u32 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&seconds), "{} {}: {seconds}", route.method, route.path);
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        // A budget is no reason to look at a request that nobody signed.
        route.call(&stack.anonymous(), "alice", &task).await.expect_error(401, "UNAUTHORIZED");
    }
    let superuser = connect(&stack.database.superuser_url()).await.unwrap();
    let rows = superuser.query("SELECT title FROM tasks", &[]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get::<_, &str>(0)).collect::<Vec<_>>(), ["Alice's"]);
}

#[tokio::test]
async fn with_the_quota_used_up_only_what_makes_a_task_is_403() {
    let stack = Stack::with(&[("TASK_QUOTA", "1")]).await;
    let alice = stack.user("alice");
    let task = alice.create("Alice's").await;
    for route in routes() {
        let answer = route.call(&alice, "me", &task).await;
        match route.success {
            201 => drop(answer.expect_error(403, "QUOTA_EXCEEDED")),
            success => drop(answer.expect(success)),
        }
    }
}

#[tokio::test]
async fn sc_004_every_hostile_token_gets_the_same_401() {
    let stack = Stack::start().await;
    let reference = stack.anonymous().get("/api/alice/tasks").await.expect(401).text;
    for (name, token) in hostile_tokens() {
        let answer = stack.anonymous().with_token(&token).get("/api/alice/tasks").await;
        assert_eq!((answer.status, &answer.text), (401, &reference), "{name}");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{name}");
    }
    let token = issuer::token("alice");
    for value in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer Bearer {token}"),
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},"),
        format!("Token {token}"),
    ] {
        let answer = stack.anonymous().with_authorization(&value).get("/api/alice/tasks").await;
        assert_eq!((answer.status, &answer.text), (401, &reference), "{value}");
    }
    let twice = stack.anonymous().with_token(&token).request(Method::GET, "/api/alice/tasks");
    let twice = send(twice.header("authorization", format!("Bearer {token}"))).await;
    assert_eq!((twice.status, twice.text), (401, reference));
    stack.anonymous().with_token(&token).get("/api/alice/tasks").await.expect(200);
}

fn hostile_tokens() -> Vec<(&'static str, String)> {
    let now = SystemClock.now();
    // Null takes the member out.
    let with = |mut object: Value, name: &str, value: Value| {
        object[name] = value;
        object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        object
    };
    let with_header = |name: &str, value: Value| {
        issuer::sign(&with(issuer::header(), name, value), &issuer::claims("alice", now))
    };
    let with_claim = |name: &str, value: Value| {
        issuer::sign(&issuer::header(), &with(issuer::claims("alice", now), name, value))
    };
    let good = issuer::token("alice");
    let unsigned = |alg: &str| {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": issuer::KEY_ID});
        issuer::unsigned(&header, &issuer::claims("alice", now))
    };
    let hmac = {
        let message = unsigned("HS256");
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &issuer::public_key());
        let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    vec![
        ("none, no signature", format!("{}.", unsigned("none"))),
        ("none, a genuine signature", with_header("alg", json!("none"))),
        ("HMAC with the public key", hmac),
        ("RS512", with_header("alg", json!("RS512"))),
        ("no kid", with_header("kid", Value::Null)),
        ("unknown kid", with_header("kid", json!("another"))),
        ("kid is SQL", with_header("kid", json!("' OR 1=1 --"))),
        ("typ of another kind", with_header("typ", json!("JWT"))),
        ("unknown crit", with_header("crit", json!(["exp"]))),
        ("expired", issuer::expired("alice")),
        ("exp is missing", with_claim("exp", Value::Null)),
        ("exp is text", with_claim("exp", json!("9999999999"))),
        ("exp is negative", with_claim("exp", json!(-1))),
        ("issued in the future", with_claim("iat", json!(now.as_second() + 3600))),
        ("not yet valid", with_claim("nbf", json!(now.as_second() + 3600))),
        ("another issuer", with_claim("iss", json!("http://evil.test"))),
        ("another audience", with_claim("aud", json!("http://other.test"))),
        ("audiences without us", with_claim("aud", json!(["http://other.test"]))),
        ("sub is missing", with_claim("sub", Value::Null)),
        ("sub is empty", with_claim("sub", json!(""))),
        ("sub is me", with_claim("sub", json!("me"))),
        ("sub is a number", with_claim("sub", json!(7))),
        ("no signature", good.rsplit_once('.').unwrap().0.to_owned()),
        ("an empty signature", format!("{}.", good.rsplit_once('.').unwrap().0)),
        ("a foreign signature", format!("{}.{}", good.rsplit_once('.').unwrap().0, "A".repeat(342))),
        ("something behind it", format!("{good}A")),
        ("padding", format!("{good}==")),
        ("four parts", format!("{good}.e30")),
        ("too long", format!("{good}{}", "A".repeat(20_000))),
    ]
}

#[tokio::test]
async fn sc_003_a_401_takes_less_than_100_ms() {
    let stack = Stack::start().await;
    let clients = [stack.anonymous(), stack.anonymous().with_token(&issuer::expired("alice"))];
    let mut times = Vec::new();
    for client in clients.iter().cycle().take(40) {
        let start = Instant::now();
        client.get("/api/alice/tasks").await.expect(401);
        times.push(start.elapsed());
    }
    times.sort();
    assert!(times[times.len() / 2] < Duration::from_millis(100), "{times:?}");
}
