//! How the lists are served.

use std::time::Duration;

use local_stack::testing::{self, ISSUER, private_cluster};
use reqwest::Method;
use serde_json::json;

use super::{SOON, eventually, is_revoked, list, place};
use crate::support::{Answer, Auth, PASSWORD};

async fn get(url: &str, tag: Option<&str>) -> Answer {
    let mut request = reqwest::Client::new().get(url);
    if let Some(tag) = tag {
        request = request.header("if-none-match", tag);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn a_list_is_a_signed_token_of_its_own_kind() {
    let auth = Auth::start().await;
    let jwt = auth.user("alice").await.jwt;
    let answer = get(&auth.url("/.well-known/status-lists/0"), None).await;
    assert_eq!(answer.header("content-type").as_deref(), Some("application/statuslist+jwt"));
    assert_eq!(answer.header("cache-control").as_deref(), Some("public, max-age=1"));

    let jwks = auth.get("/jwks").await.body;
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(jwks).unwrap();
    let header = jsonwebtoken::decode_header(&answer.text).unwrap();
    assert_eq!(header.typ.as_deref(), Some("statuslist+jwt"));
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.validate_aud = false;
    let claims = jsonwebtoken::decode::<serde_json::Value>(&answer.text, &key, &validation).unwrap().claims;
    let uri = format!("{ISSUER}/.well-known/status-lists/0");
    assert_eq!(claims["sub"], uri);
    assert_eq!(crate::tokens::claims(&jwt)["status"]["status_list"]["uri"], uri);
    assert_eq!(claims["ttl"], 1);
    assert_eq!(claims["iat"].as_i64().unwrap() % 300, 0);
    let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!(
        lasts >= 15 * 60 + 30 + 300,
        "as long as a token lives, from any moment it is served at: {lasts}"
    );
    assert_eq!(claims["status_list"]["aggregation_uri"], format!("{ISSUER}/.well-known/status-lists"));
    assert!(answer.text.len() < 1500, "an empty list is small: {}", answer.text.len());

    let known = get(&auth.url("/.well-known/status-lists"), None).await;
    assert_eq!(known.body, json!({"status_lists": [uri]}));
    for missing in ["1", "00", "-1", "x", "0/0", "18446744073709551616"] {
        let answer = get(&auth.url(&format!("/.well-known/status-lists/{missing}")), None).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "NOT_FOUND"), "{missing}");
    }
}

#[tokio::test]
async fn at_rest_every_replica_sends_the_same_bytes_and_answers_304() {
    let auth = Auth::start().await;
    let other = testing::auth_service(&auth.database, &[]).await;
    let alice = auth.user("alice").await;
    assert_eq!(alice.post("/sign-out", &json!({})).await.status, 200);
    for url in [auth.service.url(), other.url()] {
        eventually("the bit", SOON, async || is_revoked(url, &alice.jwt).await).await;
    }
    for path in ["/.well-known/status-lists/0", "/.well-known/status-lists"] {
        // A line of the grid may lie between two answers.
        eventually("the same bytes", SOON, async || {
            let first = get(&auth.url(path), None).await;
            let tag = first.header("etag").unwrap();
            assert!(tag.starts_with('"'), "a strong one: {tag}");
            let second = get(&format!("{}{path}", other.url()), Some(&tag)).await;
            (second.status.as_u16(), second.text.as_str(), second.header("etag")) == (304, "", Some(tag))
        })
        .await;
        let head = Answer::of(reqwest::Client::new().request(Method::HEAD, auth.url(path))).await;
        assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
        assert!(head.header("etag").is_some());
    }
}

/// A transaction that began early and commits late is not missed, whatever was seen in between.
#[tokio::test]
async fn what_commits_out_of_order_is_revoked_all_the_same() {
    let auth = Auth::start().await;
    let (slow, quick) = (auth.user("alice").await, auth.user("bob").await);
    let mut database = auth.superuser().await;
    let early = database.transaction().await.unwrap();
    let email = "alice@example.com";
    let end = "DELETE FROM sessions USING users WHERE users.id = sessions.user_id AND users.email = $1";
    assert_eq!(early.execute(end, &[&email]).await.unwrap(), 1);
    assert_eq!(quick.post("/sign-out", &json!({})).await.status, 200);
    eventually("the later one", SOON, async || is_revoked(auth.service.url(), &quick.jwt).await).await;
    assert!(!is_revoked(auth.service.url(), &slow.jwt).await);
    early.commit().await.unwrap();
    eventually("the earlier one", SOON, async || is_revoked(auth.service.url(), &slow.jwt).await).await;
}

#[tokio::test]
async fn what_was_revoked_is_revoked_after_a_restart() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    assert_eq!(alice.post("/sign-out", &json!({})).await.status, 200);
    let started_later = testing::auth_service(&auth.database, &[]).await;
    assert!(is_revoked(started_later.url(), &alice.jwt).await, "from its first answer on");
}

/// Another replica may know of a revocation that this one cannot see: it must not vouch for its list.
#[tokio::test]
async fn a_replica_without_its_database_serves_no_list() {
    serves_no_list_without_its_database("500ms").await;
}

/// Nor does one that would not ask again for hours: it knows by the request that failed.
#[tokio::test]
async fn a_replica_that_looks_rarely_serves_no_list_after_a_look_that_failed() {
    serves_no_list_without_its_database("24h").await;
}

async fn serves_no_list_without_its_database(interval: &str) {
    let cluster = private_cluster().await;
    let service = testing::auth_service(cluster.auth(), &[("STATUS_LIST_INTERVAL", interval)]).await;
    let http = reqwest::Client::new();
    let body = json!({"name": "A", "email": "a@example.com", "password": PASSWORD});
    let signed_up =
        Answer::of(http.post(format!("{}/api/auth/sign-up/email", service.url())).json(&body)).await;
    let jwt = signed_up.header("set-auth-jwt").unwrap();
    let path = format!("{}/.well-known/status-lists/{}", service.url(), place(&jwt).0);
    let before = list(service.url(), 0).await;

    cluster.kill().await;
    let out = http.post(format!("{}/api/auth/sign-out", service.url())).json(&json!({}));
    let out = Answer::of(out.bearer_auth(signed_up.body["token"].as_str().unwrap())).await;
    assert_eq!(out.status, 503, "{out:?}");
    let long = Duration::from_secs(30);
    eventually("503", long, async || get(&path, None).await.status == 503).await;
    let answer = get(&path, None).await;
    assert_eq!(answer.code(), "SERVICE_UNAVAILABLE");
    assert!(answer.header("retry-after").is_some());
    cluster.start().await;
    eventually("the list", long, async || get(&path, None).await.status == 200).await;
    assert_eq!(list(service.url(), 0).await["sub"], before["sub"]);
}
