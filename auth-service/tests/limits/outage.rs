//! Limits during an outage of the database.

use local_stack::testing::private_cluster;
use reqwest::Method;
use serde_json::json;

use super::{address, from, replica, sign_in};
use crate::support::{Answer, PASSWORD, email};

#[tokio::test]
async fn without_the_database_nothing_is_let_through_unlimited() {
    let cluster = private_cluster().await;
    let service = replica(cluster.auth()).await;
    for _ in 0..3 {
        let early = sign_in(&service, "203.0.113.1", &email("a"), "wrong password", "");
        assert_eq!(Answer::of(early).await.status, 401);
    }
    let refused = || sign_in(&service, "203.0.113.1", &email("a"), "wrong password", "");
    assert_eq!(Answer::of(refused()).await.status, 429);

    cluster.kill().await;
    for (number, path) in ["/sign-in/email", "/sign-up/email", "/sign-in/email"].into_iter().enumerate() {
        let request = from(&service, &address(number), Method::POST, path);
        let answer =
            Answer::of(request.json(&json!({"name": "A", "email": email("a"), "password": PASSWORD}))).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "SERVICE_UNAVAILABLE"), "{path}");
        assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
    }
    assert_eq!(Answer::of(refused()).await.status, 429, "what is known to be full stays full");
    let jwks = || Answer::of(from(&service, "203.0.113.1", Method::GET, "/jwks"));
    for _ in 0..100 {
        assert_eq!(jwks().await.status, 200, "what needs no database is served");
    }
    assert_eq!(jwks().await.status, 429, "and limited");
}
