//! The limits of a client's requests to a route.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use local_stack::testing::{CountedDatabase, TestDatabase, auth_service};
use reqwest::Method;
use serde_json::json;

use super::{ON, address, from, limited, replica, sign_in, sign_up, tally};
use crate::support::{Answer, Auth, PAGE, PASSWORD, email};

#[tokio::test]
async fn of_50_sign_ins_at_once_over_two_replicas_exactly_3_pass() {
    let one = limited().await;
    let two = replica(&one.database).await;
    let requests = (0..50).map(|index| {
        let replica = if index % 2 == 0 { &one.service } else { &two };
        // Each for another account, so that they only have the IP address in common.
        Answer::of(sign_in(replica, "203.0.113.1", &email(&format!("a{index}")), "wrong password", ""))
    });
    let answers = join_all(requests).await;
    assert_eq!(tally(&answers), json!({"401": 3, "429": 47}));
    let elsewhere = Answer::of(sign_in(&two, "203.0.113.2", &email("a"), "wrong password", "")).await;
    assert_eq!(elsewhere.status, 401, "another client is not affected");
}

#[tokio::test]
async fn of_50_sign_ins_at_once_from_the_64s_of_a_56_exactly_12_pass() {
    let one = limited().await;
    let two = replica(&one.database).await;
    let requests = (0..50).map(|index| {
        let replica = if index % 2 == 0 { &one.service } else { &two };
        let address = format!("2001:db8:0:{index:x}::1");
        Answer::of(from(replica, &address, Method::POST, "/sign-in/email").json(&json!({})))
    });
    assert_eq!(tally(&join_all(requests).await), json!({"400": 12, "429": 38}));
    // A neighbour's refused requests do not count towards the accepted ones.
    let sql = "SELECT sum(count)::bigint, count(*) FILTER (WHERE count = 12) FROM limits";
    let row = one.superuser().await.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (3 * 12, 2), "the /64s, the /56 and the /48");
}

#[tokio::test]
async fn a_429_is_that_of_better_auth_and_readable_by_the_page() {
    let auth = limited().await;
    let request = || {
        let request = from(&auth.service, "203.0.113.1", Method::POST, "/sign-in/email");
        Answer::of(request.header("origin", PAGE).json(&json!({})))
    };
    for _ in 0..3 {
        assert_eq!(request().await.status, 400);
    }
    let refused = request().await;
    let wait: u64 = refused.header("x-retry-after").unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    let header = |name: &str| refused.header(name);
    insta::assert_json_snapshot!(json!({
        "status": refused.status.as_u16(),
        "body": refused.text,
        "content-type": header("content-type"),
        "retry-after is the same": header("retry-after") == header("x-retry-after"),
        "allow-origin": header("access-control-allow-origin"),
        "allow-credentials": header("access-control-allow-credentials"),
        "exposed": header("access-control-expose-headers").map(|names| names.contains("x-retry-after")),
        "has a request id": header("x-request-id").is_some(),
        "cookies": refused.cookies(),
    }));
}

#[tokio::test]
async fn a_refusal_comes_before_every_other_check() {
    let auth = limited().await;
    for _ in 0..3 {
        from(&auth.service, "203.0.113.1", Method::POST, "/sign-up/email").send().await.unwrap();
    }
    let request = || from(&auth.service, "203.0.113.1", Method::POST, "/sign-up/email");
    for request in [
        request().header("content-type", "text/plain").body("{}"),
        request().json(&json!({"name": "x".repeat(100_000)})),
        request().header("cookie", "a=b").json(&json!({})),
        from(&auth.service, "203.0.113.1", Method::GET, "/sign-up/email"),
    ] {
        assert_eq!(Answer::of(request).await.status, 429);
    }
}

#[tokio::test]
async fn a_path_written_in_another_way_is_no_way_around() {
    let auth = limited().await;
    let post = |path: &str| from(&auth.service, "203.0.113.1", Method::POST, path).json(&json!({}));
    // Different spellings of the route.
    for path in ["/sign-in/email", "/sign%2Din/%65mail", "/sign%2din/email?a=b"] {
        assert_eq!(Answer::of(post(path)).await.status, 400, "{path}");
    }
    for path in ["/sign-in/email", "/sign%2Din/email", "/%73ign-in/emai%6C", "/sign-in/email?x"] {
        assert_eq!(Answer::of(post(path)).await.status, 429, "{path}");
    }
    // None of these is a route: they do not sign in, and they share one count.
    let tricks = [
        "//sign-in/email",
        "/sign-in//email",
        "/sign-in/email/",
        "/sign-in%2femail",
        "/sign-in;a=b/email",
        "/sign-in/email;a=b",
        "/Sign-In/email",
        "/sign-in/email%00",
        "/sign-in/email%20",
    ];
    for (index, path) in tricks.iter().cycle().take(100).enumerate() {
        let path = format!("{path}{}", if index < tricks.len() { String::new() } else { index.to_string() });
        assert_eq!(Answer::of(post(&path)).await.status, 404, "{path}");
    }
    for path in tricks.iter().chain(&["/unheard-of", ""]) {
        assert_eq!(Answer::of(post(path)).await.status, 429, "{path}");
    }
}

#[tokio::test]
async fn the_general_limit_is_100_for_each_client_and_route() {
    let auth = limited().await;
    let get = |address, path| Answer::of(from(&auth.service, address, Method::GET, path));
    let answers = join_all((0..110).map(|_| get("203.0.113.1", "/get-session"))).await;
    assert_eq!(tally(&answers), json!({"200": 100, "429": 10}));
    assert_eq!(get("203.0.113.1", "/ok").await.status, 200, "another route");
    assert_eq!(get("203.0.113.2", "/get-session").await.status, 200, "another client");
    let preflight = from(&auth.service, "203.0.113.1", Method::OPTIONS, "/get-session");
    let preflight = preflight.header("origin", PAGE).header("access-control-request-method", "GET");
    assert_eq!(Answer::of(preflight).await.status, 200, "a preflight is not counted");
    let options = from(&auth.service, "203.0.113.1", Method::OPTIONS, "/get-session");
    assert_eq!(Answer::of(options).await.status, 404, "nor is an OPTIONS that is none");
    let http = reqwest::Client::new();
    let elsewhere = (0..110).map(|_| Answer::of(http.get(auth.url("/.well-known/jwks.json"))));
    assert_eq!(tally(&join_all(elsewhere).await), json!({"200": 110}), "only under the prefix");
}

#[tokio::test]
async fn without_limits_no_device_is_marked() {
    let auth = Auth::start().await;
    let account = json!({"name": "A", "email": email("alice"), "password": PASSWORD});
    assert_eq!(auth.post("/sign-up/email", &account).await.cookies().len(), 1, "the session's");
    let wrong = json!({"email": email("alice"), "password": "wrong password"});
    for _ in 0..15 {
        assert_eq!(auth.post("/sign-in/email", &wrong).await.status, 401);
    }
    let answers = join_all((0..120).map(|_| auth.get("/get-session"))).await;
    assert_eq!(tally(&answers), json!({"200": 120}));
    assert_eq!(auth.count("limits").await, 0);
}

#[tokio::test]
async fn what_the_limits_cost_at_the_database() {
    let database = TestDatabase::auth().await;
    let counted = CountedDatabase::of(&database).await;
    let [on, proxies] = ON;
    let settings = [on, proxies, ("DATABASE_URL", counted.service_url()), ("DATABASE_POOL_SIZE", "1")];
    let service = auth_service(&database, &settings).await;
    sign_up(&service, &address(0), "alice").await;
    let clients = AtomicUsize::new(1);
    let cost_of = async |password: &str| {
        let attempt = async || {
            let client = address(clients.fetch_add(1, Ordering::Relaxed));
            Answer::of(sign_in(&service, &client, &email("alice"), password, "")).await;
        };
        counted.cost_of(attempt).await
    };
    assert_eq!(cost_of(PASSWORD).await, 5, "route, attempt, account; session, and the attempt given back");
    assert_eq!(cost_of("wrong password").await, 3, "route, attempt, account");
    let before = counted.round_trips();
    for _ in 0..200 {
        Answer::of(sign_in(&service, "203.0.113.9", &email("b"), "", "")).await;
    }
    let spent = counted.round_trips() - before;
    // Nine for the accepted requests. On a slow machine, the status lists are refreshed meanwhile.
    assert!(spent < 100, "{spent}: a flood is refused without the database");
    let cost = counted.cost_of(async || {
        assert_eq!(Answer::of(from(&service, "203.0.113.9", Method::GET, "/ok")).await.status, 200);
    });
    assert_eq!(cost.await, 0, "the general limit is in memory");
}
