//! Bad paths, queries and methods: the right 4xx with the envelope, and nothing changed.

use std::time::Duration;

use reqwest::Method;

use crate::bystander::{Bystander, JSON};
use crate::client::send;
use crate::stack::Stack;

/// How long the last lines of a service that has ended may take to be read.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_task_id_that_is_no_uuid_is_400_on_every_route() {
    let there = Bystander::new().await;
    let id = there.task.rsplit('/').next().unwrap();
    let braced = format!("%7B{id}%7D");
    let (plain, urn, cut) = (id.replace('-', ""), format!("urn:uuid:{id}"), &id[..35]);
    let nul = format!("{id}%00");
    for bad in ["1", "x", "%00", "%FF", "null", "'", &braced, &plain, &urn, cut, &nul, "%20", "ü"] {
        for (method, tail, body) in [
            (Method::GET, "", None),
            (Method::PUT, "", Some("{\"title\":\"x\"}")),
            (Method::PATCH, "", Some("{\"title\":\"x\"}")),
            (Method::DELETE, "", None),
            (Method::PATCH, "/complete", Some("{\"is_completed\":true}")),
        ] {
            let path = format!("/api/me/tasks/{bad}{tail}");
            let answer = there.send(&method, &path, JSON, body.unwrap_or_default()).await;
            answer.expect_error(400, "VALIDATION_ERROR");
        }
    }
    there.is_unharmed().await;
    let upper = there.task.replace(id, &id.to_uppercase());
    there.alice.get(&upper).await.expect(200);
}

/// A client may send a token where an id belongs.
#[tokio::test]
async fn no_level_of_logging_shows_a_path_or_a_query() {
    let mut stack = Stack::with(&[("RUST_LOG", "trace")]).await;
    let alice = stack.user("alice");
    for path in ["/api/me/tasks/misplaced", "/api/me/tasks?limit=misplaced", "/api/mis.placed/tasks"] {
        let answer = alice.get(path).await;
        assert!(answer.status >= 400, "{path}: {answer:?}");
    }
    stack.service.terminate().await.unwrap();
    stack.service.wait_for_line(|line| line.contains("stopping"), SOON).await.unwrap();
    let output = stack.service.output();
    assert!(output.iter().any(|line| line.contains("TRACE")), "everything is logged");
    for line in output {
        assert!(!line.contains("misplaced") && !line.contains("mis.placed"), "{line}");
    }
}

#[tokio::test]
async fn a_query_that_breaks_a_rule_is_400_and_named() {
    let there = Bystander::new().await;
    let (long, good) = ("x".repeat(101), there.alice.get("/api/me/tasks?limit=1").await.status);
    assert_eq!(good, 200);
    let invalid = [
        ("status=", "status: must be pending, completed or all"),
        ("status=done", "status: must be pending, completed or all"),
        ("status=pending%00", "status: must be pending, completed or all"),
        ("priority=", "priority: must be low, medium or high"),
        ("priority=HIGH", "priority: must be low, medium or high"),
        ("limit=", "limit: must be a number from 1 to 100"),
        ("limit=0", "limit: must be a number from 1 to 100"),
        ("limit=101", "limit: must be a number from 1 to 100"),
        ("limit=-1", "limit: must be a number from 1 to 100"),
        ("limit=1.5", "limit: must be a number from 1 to 100"),
        ("limit=ten", "limit: must be a number from 1 to 100"),
        ("limit=99999999999999999999", "limit: must be a number from 1 to 100"),
        ("search=a%00b", "search: must not contain NUL"),
        (&format!("search={long}"), "search: must be at most 100 characters"),
        ("limit=1&limit=2", "query: duplicate field `limit`"),
    ];
    for (query, message) in invalid {
        let answer = there.alice.get(&format!("/api/me/tasks?{query}")).await;
        assert_eq!(answer.expect_error(400, "VALIDATION_ERROR").json()["message"], message, "{query}");
    }
    let other_version = "AgGQAAAAAHAAgAAAAAAAAAA";
    for cursor in
        ["", "x", "%00", "AAAA", "AZAAAAAAcACAAAAAAAAAAA", other_version, "AQGQAAAAAHAAgAAAAAAAAAA=", "%ff"]
    {
        let answer = there.alice.get(&format!("/api/me/tasks?cursor={cursor}")).await;
        answer.expect_error(400, "INVALID_CURSOR");
    }
}

#[tokio::test]
async fn unknown_paths_are_404_and_unknown_methods_405_with_allow() {
    let there = Bystander::new().await;
    for path in [
        "/",
        "/api",
        "/api/",
        "/api/me",
        "/api/me/tasks/",
        "/api/me/task",
        "//api/me/tasks",
        "/api//tasks",
        "/API/me/tasks",
        "/api/me/tasks/x/y",
        "/api/me/tasks/x/complete/",
        "/api/auth/ok",
        "/metrics",
        "/%00",
        "/..%2fetc/passwd",
    ] {
        for client in [&there.alice, &there.stack.anonymous()] {
            for method in [Method::GET, Method::POST, Method::from_bytes(b"BREW").unwrap()] {
                send(client.request(method, path)).await.expect_error(404, "NOT_FOUND");
            }
        }
    }
    let complete = format!("{}/complete", there.task);
    for (path, allowed) in [
        ("/api/me/tasks", "GET, HEAD, POST, OPTIONS"),
        (there.task.as_str(), "GET, HEAD, PUT, DELETE, PATCH, OPTIONS"),
        (complete.as_str(), "PATCH, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
    ] {
        let options = send(there.stack.anonymous().request(Method::OPTIONS, path)).await.expect(204);
        assert_eq!((options.header("allow"), &*options.text), (allowed, ""), "{path}");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            if allowed.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let is_head = method == Method::HEAD;
            let answer = send(there.alice.request(method, path)).await.expect(405);
            assert_eq!(answer.header("allow"), allowed, "{path}");
            if !is_head {
                answer.expect_error(405, "METHOD_NOT_ALLOWED");
            }
        }
    }
    there.is_unharmed().await;
}
