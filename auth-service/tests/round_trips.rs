//! The database round trips of a request, counted on the wire.

use local_stack::testing::{self, CountedDatabase, TestDatabase};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;

use crate::support::{Answer, PASSWORD, email};

#[tokio::test]
async fn looking_a_session_up_is_one_query_and_no_session_is_none() {
    let database = TestDatabase::auth().await;
    let counted = CountedDatabase::of(&database).await;
    // The key rotation is counted too, so it runs rarely.
    let settings = [
        ("DATABASE_URL", counted.service_url()),
        ("DATABASE_POOL_SIZE", "1"),
        ("KEY_REFRESH_INTERVAL", "10s"),
    ];
    let service = testing::auth_service(&database, &settings).await;
    // One connection, so one worker with one connection to the database.
    let http = Client::new();
    let url = |path: &str| format!("{}/api/auth{path}", service.url());
    let account = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let signed_up = Answer::of(http.post(url("/sign-up/email")).json(&account)).await;
    let token = signed_up.body["token"].as_str().unwrap();
    let forged = format!("{token}.forged");

    let get = |path: &str, token: &str| http.get(url(path)).bearer_auth(token);
    let sign_in = || http.request(Method::POST, url("/sign-in/email")).json(&account);
    let requests: [(&str, &dyn Fn() -> RequestBuilder, usize); 6] = [
        ("get-session", &|| get("/get-session", token), 1),
        ("token", &|| get("/token", token), 1),
        ("a forged token", &|| get("/get-session", &forged), 0),
        ("nobody", &|| http.get(url("/get-session")), 0),
        ("jwks", &|| http.get(url("/jwks")), 0),
        ("sign-in: the account, then the session", &sign_in, 2),
    ];
    for (name, request, expected) in requests {
        let cost = counted.cost_of(async || assert_eq!(Answer::of(request()).await.status, 200, "{name}"));
        assert_eq!(cost.await, expected, "{name}");
    }
}
