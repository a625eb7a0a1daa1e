//! The cost of a request: one round trip to the database, counted on the wire.

use local_stack::testing::{self, CountedDatabase, TestDatabase};
use reqwest::Method;
use serde_json::json;

use crate::client::{Client, send};
use crate::issuer::{self, Issuer};

#[tokio::test]
async fn a_request_costs_one_round_trip_and_a_refused_one_none() {
    let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
    let counted = CountedDatabase::of(&database).await;
    let settings = [("DATABASE_URL", counted.service_url()), ("DATABASE_POOL_SIZE", "1")];
    let service = testing::task_service(&database, issuer.url(), &settings).await;
    let alice = Client::anonymous(service.url()).with_token(&issuer::token("alice"));
    let id = alice.create("one").await;
    let task = format!("/api/me/tasks/{id}");

    let title = json!({"title": "t"});
    let routes = [
        (Method::GET, "/api/me/tasks?search=x&status=all".to_owned(), None, 200, 1),
        (Method::POST, "/api/me/tasks".to_owned(), Some(&title), 201, 1),
        (Method::GET, task.clone(), None, 200, 1),
        (Method::PUT, task.clone(), Some(&title), 200, 1),
        (Method::PATCH, task.clone(), Some(&title), 200, 1),
        (Method::DELETE, task.replace(&id, "01900000-0000-7000-8000-000000000000"), None, 404, 1),
        (Method::GET, "/api/bob/tasks".to_owned(), None, 403, 0),
        (Method::POST, "/api/me/tasks".to_owned(), None, 415, 0),
        (Method::GET, "/api/me/tasks?limit=0".to_owned(), None, 400, 0),
    ];
    for (method, path, body, status, expected) in routes {
        // The client keeps one connection, hence one worker.
        let cost = counted.cost_of(async || {
            let request = alice.request(method.clone(), &path);
            send(match body {
                Some(body) => request.json(body),
                None => request,
            })
            .await
            .expect(status);
        });
        assert_eq!(cost.await, expected, "{method} {path}");
    }
    let stranger = Client::anonymous(service.url());
    let cost = counted.cost_of(async || {
        stranger.get("/api/me/tasks").await.expect(401);
    });
    assert_eq!(cost.await, 0);
}
