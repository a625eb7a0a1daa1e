//! The IP address of a client, for limits and in sessions.

use reqwest::Method;
use serde_json::json;

use super::{from, limited, sign_up};
use crate::support::{Answer, Auth, PASSWORD, email};

/// The status of an empty sign-in: 400 if it was accepted by the limit, or else 429.
async fn attempt(auth: &Auth, forwarded: &[&str]) -> u16 {
    let mut request = auth.request(Method::POST, "/sign-in/email").json(&json!({}));
    for line in forwarded {
        request = request.header("x-forwarded-for", *line);
    }
    Answer::of(request).await.status.as_u16()
}

#[tokio::test]
async fn an_ipv6_client_is_its_64_and_an_ipv4_mapped_one_is_ipv4() {
    let auth = limited().await;
    for host in ["1", "2", "ffff:ffff:ffff:ffff"] {
        let host = if host.len() > 1 { host.to_owned() } else { format!(":{host}") };
        assert_eq!(attempt(&auth, &[&format!("2001:db8:0:1:{host}")]).await, 400);
    }
    assert_eq!(attempt(&auth, &["2001:db8:0:1::4"]).await, 429);
    assert_eq!(attempt(&auth, &["2001:db8:0:2::1"]).await, 400, "another /64");
    for address in ["203.0.113.1", "::ffff:203.0.113.1", "::ffff:cb00:7101"] {
        assert_eq!(attempt(&auth, &[address]).await, 400);
    }
    assert_eq!(attempt(&auth, &["203.0.113.1"]).await, 429);
}

#[tokio::test]
async fn a_forged_header_of_a_stranger_is_no_new_client() {
    let settings = [("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")];
    let auth = Auth::start_with(&settings).await;
    for number in 1..=3 {
        assert_eq!(attempt(&auth, &[&format!("203.0.113.{number}")]).await, 400);
    }
    for lie in ["203.0.113.4", "10.0.0.1", "127.0.0.1", "203.0.113.5, 10.0.0.1"] {
        assert_eq!(attempt(&auth, &[lie]).await, 429, "{lie}");
    }
    let request = auth.request(Method::POST, "/sign-in/email").json(&json!({}));
    let request = request.header("x-real-ip", "203.0.113.9").header("forwarded", "for=203.0.113.9");
    assert_eq!(Answer::of(request).await.status, 429);
    let warned = |line: &String| line.contains("this peer is not in TRUSTED_PROXIES");
    assert_eq!(
        auth.service.output().iter().filter(|line| warned(line)).count(),
        1,
        "the operator is told once"
    );
}

#[tokio::test]
async fn the_right_most_hop_that_is_no_proxy_is_the_client() {
    let settings = [("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")];
    let auth = Auth::start_with(&settings).await;
    let forwarded: [&[&str]; 3] =
        [&["203.0.113.1"], &["198.51.100.9, 203.0.113.1"], &["198.51.100.8", "203.0.113.1", "10.1.2.3"]];
    for lines in forwarded {
        assert_eq!(attempt(&auth, lines).await, 400, "{lines:?}");
    }
    assert_eq!(attempt(&auth, &["198.51.100.7, 203.0.113.1,10.1.2.3"]).await, 429);
    assert_eq!(attempt(&auth, &["203.0.113.1, 203.0.113.2"]).await, 400);
}

#[tokio::test]
async fn a_session_shows_the_clients_whole_address() {
    let auth = limited().await;
    for (index, (forwarded, shown)) in [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 2001:db8::1:2:3:4", "2001:db8::1:2:3:4"),
        ("::ffff:203.0.113.8", "203.0.113.8"),
        ("nonsense", "127.0.0.1"),
    ]
    .into_iter()
    .enumerate()
    {
        let token = sign_up(&auth.service, forwarded, &format!("user{index}")).await.body["token"].clone();
        let session = from(&auth.service, "192.0.2.9", Method::GET, "/get-session");
        let session = Answer::of(session.bearer_auth(token.as_str().unwrap())).await;
        assert_eq!(session.body["session"]["ipAddress"], shown);
    }
    let untrusting = Auth::start().await;
    let body = json!({"name": "A", "email": email("a"), "password": PASSWORD});
    let request = untrusting.request(Method::POST, "/sign-up/email").header("x-forwarded-for", "203.0.113.7");
    let token = Answer::of(request.json(&body)).await.body["token"].as_str().unwrap().to_owned();
    let session = Answer::of(untrusting.request(Method::GET, "/get-session").bearer_auth(token)).await;
    assert_eq!(session.body["session"]["ipAddress"], "127.0.0.1");
}
