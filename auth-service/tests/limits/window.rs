//! The end of counts, with a virtual clock.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Answer, PASSWORD, connect, email};
use crate::time::Clocked;

async fn limited() -> Clocked {
    let server =
        Clocked::start_with(&[("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let body = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let request = server.http.post(format!("{}/api/auth/sign-up/email", server.url)).json(&body);
    assert_eq!(Answer::of(request).await.status, 200);
    server
}

async fn sign_in(server: &Clocked, address: &str, password: &str) -> Answer {
    let request = server.http.post(format!("{}/api/auth/sign-in/email", server.url));
    let request = request.header("x-forwarded-for", address);
    Answer::of(request.json(&json!({"email": email("alice"), "password": password}))).await
}

fn pass(server: &Clocked, seconds: f64) {
    server.clock.advance(SignedDuration::from_secs_f64(seconds));
}

#[actix_web::test]
async fn the_window_of_a_route_restarts_from_the_last_allowed_request() {
    let server = limited().await;
    for _ in 0..3 {
        assert_eq!(sign_in(&server, "203.0.113.1", PASSWORD).await.status, 200);
        pass(&server, 9.0);
    }
    let refused = sign_in(&server, "203.0.113.1", PASSWORD).await;
    let waits = (refused.header("x-retry-after"), refused.header("retry-after"));
    assert_eq!((refused.status.as_u16(), waits), (429, (Some("1".to_owned()), Some("1".to_owned()))));
    pass(&server, 0.999);
    assert_eq!(sign_in(&server, "203.0.113.1", PASSWORD).await.status, 429, "refused ones change nothing");
    pass(&server, 0.001);
    for _ in 0..3 {
        assert_eq!(sign_in(&server, "203.0.113.1", PASSWORD).await.status, 200, "a new window");
    }
    let refused = sign_in(&server, "203.0.113.1", PASSWORD).await;
    assert_eq!(refused.header("x-retry-after").as_deref(), Some("10"));
}

/// The owner of a /56 or /48 has many /64s and is still one party.
#[actix_web::test]
async fn wider_ipv6_networks_have_their_own_limits() {
    let server = limited().await;
    let attempt = async |subnet: u32| {
        let request = server.http.post(format!("{}/api/auth/sign-in/email", server.url)).json(&json!({}));
        let address = format!("2001:db8:{:x}:{:x}::1", subnet >> 16, subnet & 0xffff);
        Answer::of(request.header("x-forwarded-for", address)).await
    };
    for household in 0..4 {
        for client in 0..4 {
            for _ in 0..3 {
                assert_eq!(attempt(household << 8 | client).await.status, 400);
            }
            assert_eq!(attempt(household << 8 | client).await.status, 429, "three from a /64");
        }
        for _ in 0..3 {
            assert_eq!(attempt(household << 8 | 9).await.status, 429, "twelve from a /56");
        }
    }
    let refused = attempt(4 << 8).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after").as_deref()), (429, Some("10")));
    assert_eq!(attempt(1 << 16).await.status, 400, "another /48");
    pass(&server, 10.0);
    assert_eq!(attempt(4 << 8).await.status, 400, "what was refused was counted nowhere");
}

#[actix_web::test]
async fn the_general_window_restarts_from_the_last_allowed_request_too() {
    let server = limited().await;
    let ok = || Answer::of(server.http.get(format!("{}/api/auth/ok", server.url)));
    for _ in 0..99 {
        assert_eq!(ok().await.status, 200);
    }
    pass(&server, 9.5);
    assert_eq!(ok().await.status, 200);
    let refused = ok().await;
    assert_eq!((refused.status.as_u16(), refused.header("x-retry-after").as_deref()), (429, Some("10")));
    pass(&server, 9.5);
    assert_eq!(ok().await.header("x-retry-after").as_deref(), Some("1"));
    pass(&server, 0.5);
    assert_eq!(ok().await.status, 200);
}

#[actix_web::test]
async fn a_lockout_ends_15_minutes_after_the_first_wrong_password() {
    let server = limited().await;
    for number in 0..10 {
        assert_eq!(sign_in(&server, &format!("203.0.113.{number}"), "wrong password").await.status, 401);
        pass(&server, 60.0);
    }
    let refused = sign_in(&server, "198.51.100.1", "wrong password").await;
    assert_eq!((refused.status.as_u16(), refused.header("x-retry-after").as_deref()), (429, Some("300")));
    pass(&server, 299.0);
    assert_eq!(sign_in(&server, "198.51.100.2", PASSWORD).await.status, 429);
    pass(&server, 1.0);
    assert_eq!(sign_in(&server, "198.51.100.3", PASSWORD).await.status, 200);
}

/// For clients without cookies, occasional mistakes must not add up over months.
#[actix_web::test]
async fn a_mistake_now_and_then_locks_nobody_out() {
    let server = limited().await;
    for number in 0..40 {
        assert_eq!(sign_in(&server, &format!("203.0.113.{number}"), "wrong password").await.status, 401);
        assert_eq!(sign_in(&server, &format!("203.0.113.{number}"), PASSWORD).await.status, 200);
        pass(&server, 120.0);
    }
}

#[actix_web::test]
async fn expired_counts_are_deleted_in_the_background() {
    let server = limited().await;
    let client = connect(&server.database.superuser_url()).await;
    let rows = async || client.query_one("SELECT count(*) FROM limits", &[]).await.unwrap().get::<_, i64>(0);
    for number in 0..9 {
        sign_in(&server, &format!("203.0.113.{number}"), "wrong password").await;
    }
    // A wrong clock left a count that would last for years.
    client
        .execute("INSERT INTO limits VALUES (decode(repeat('00', 32), 'hex'), 3, '2035-01-01Z')", &[])
        .await
        .unwrap();
    assert_eq!(rows().await, 12, "sign-up, nine addresses, one account, and the stray one");
    pass(&server, 59.0);
    sign_in(&server, "198.51.100.1", PASSWORD).await;
    assert_eq!(rows().await, 13, "not yet");
    pass(&server, 1.0);
    sign_in(&server, "198.51.100.2", PASSWORD).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    // The count of the account and those of the last two IP addresses.
    while rows().await != 3 {
        assert!(tokio::time::Instant::now() < deadline, "{} rows are left", rows().await);
        tokio::task::yield_now().await;
    }
}
