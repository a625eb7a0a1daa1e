//! The JWKS and the metadata over HTTP.

use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Client, Method};

use crate::support::{Answer, Auth};

const CACHE: &str = "public, max-age=300, stale-while-revalidate=60, stale-if-error=600";
const METADATA: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

async fn get(auth: &Auth, path: &str) -> Answer {
    Answer::of(Client::new().get(auth.url(path))).await
}

#[tokio::test]
async fn who_has_the_jwks_gets_a_304() {
    let auth = Auth::start().await;
    let mut tags = Vec::new();
    for path in ["/api/auth/jwks", "/.well-known/jwks.json"] {
        let first = get(&auth, path).await;
        assert_eq!((first.status.as_u16(), first.header("cache-control").as_deref()), (200, Some(CACHE)));
        let tag = first.header(ETAG.as_str()).unwrap();
        assert!(tag.starts_with('"') && tag.len() > 20, "a strong one: {tag}");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = Answer::of(Client::new().get(auth.url(path)).header(IF_NONE_MATCH, &known)).await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{known}");
            assert_eq!(again.header(ETAG.as_str()).as_ref(), Some(&tag));
            assert_eq!(again.header("cache-control").as_deref(), Some(CACHE));
        }
        let other = Answer::of(Client::new().get(auth.url(path)).header(IF_NONE_MATCH, "\"other\"")).await;
        assert_eq!((other.status.as_u16(), &other.text), (200, &first.text));
        tags.push(tag);
    }
    assert_eq!(tags[0], tags[1]);
    let head = Answer::of(Client::new().request(Method::HEAD, auth.url("/.well-known/jwks.json"))).await;
    assert_eq!((head.status.as_u16(), head.header(ETAG.as_str())), (200, Some(tags[0].clone())));
}

#[tokio::test]
async fn the_cache_headers_follow_from_settings() {
    let auth = Auth::start_with(&[
        ("JWKS_MAX_AGE", "1m"),
        ("JWKS_STALE_WHILE_REVALIDATE", "2m"),
        ("JWKS_STALE_IF_ERROR", "3m"),
    ])
    .await;
    let answer = get(&auth, "/.well-known/jwks.json").await;
    assert_eq!(
        answer.header("cache-control").unwrap(),
        "public, max-age=60, stale-while-revalidate=120, stale-if-error=180"
    );
}

#[tokio::test]
async fn two_replicas_send_the_same_bytes() {
    let auth = Auth::start().await;
    let other = local_stack::testing::auth_service(&auth.database, &[]).await;
    let one = get(&auth, "/.well-known/jwks.json").await;
    let two = Answer::of(Client::new().get(format!("{}/.well-known/jwks.json", other.url()))).await;
    assert_eq!((&one.text, one.header("etag")), (&two.text, two.header("etag")));
}

#[tokio::test]
async fn rfc_8414_the_metadata_is_there_for_an_issuer_that_is_reached_here() {
    let auth = Auth::start_with(&[("JWT_ISSUER", ""), ("BASE_URL", "https://auth.example.com")]).await;
    let answer = get(&auth, METADATA).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control").as_deref()), (200, Some(CACHE)));
    assert_eq!(answer.header("content-type").unwrap(), "application/json");
    assert_eq!(answer.body["issuer"], "https://auth.example.com");
    assert_eq!(answer.body["jwks_uri"], "https://auth.example.com/.well-known/jwks.json");
    let tag = answer.header("etag").unwrap();
    let again = Answer::of(Client::new().get(auth.url(METADATA)).header(IF_NONE_MATCH, tag)).await;
    assert_eq!(again.status, 304);
    assert_eq!(get(&auth, &format!("{METADATA}/tenant")).await.status, 404);
    assert_eq!(Answer::of(Client::new().post(auth.url(METADATA))).await.status, 405);
}

#[tokio::test]
async fn rfc_8414_an_issuer_with_a_path_is_asked_for_behind_the_well_known_path() {
    let auth = Auth::start_with(&[
        ("JWT_ISSUER", "https://example.com/auth"),
        ("BASE_URL", "https://example.com/auth"),
    ])
    .await;
    let answer = get(&auth, &format!("{METADATA}/auth")).await;
    assert_eq!((answer.status.as_u16(), &answer.body["issuer"]), (200, &"https://example.com/auth".into()));
    assert_eq!(get(&auth, METADATA).await.status, 404, "that would be another issuer");
    // OpenID Connect Discovery puts the path in front. A gateway may remove it.
    for path in [format!("/auth{OPENID}"), OPENID.to_owned()] {
        assert_eq!(get(&auth, &path).await.text, answer.text, "{path}");
    }
}

#[tokio::test]
async fn openid_connect_discovery_finds_the_same_metadata() {
    let auth = Auth::start_with(&[("JWT_ISSUER", ""), ("BASE_URL", "https://auth.example.com")]).await;
    let (openid, oauth) = (get(&auth, OPENID).await, get(&auth, METADATA).await);
    assert_eq!((openid.status.as_u16(), openid.header("cache-control").as_deref()), (200, Some(CACHE)));
    assert_eq!((&openid.text, openid.header("etag")), (&oauth.text, oauth.header("etag")));
    assert_eq!(openid.body["latchkey_access_token_audience"], local_stack::testing::AUDIENCE);
    assert_eq!(openid.body["latchkey_access_token_type"], "at+jwt");
    assert_eq!(Answer::of(Client::new().post(auth.url(OPENID))).await.status, 405);
    assert_eq!(get(&auth, &format!("/other{OPENID}")).await.status, 404);
}

/// An issuer as Better Auth is often configured. Its verifiers look below the issuer's own URL.
#[tokio::test]
async fn an_issuers_documents_are_below_its_path() {
    let base = "https://example.com";
    let issuer = "https://example.com/api/auth";
    let auth = Auth::start_with(&[("JWT_ISSUER", issuer), ("BASE_URL", base)]).await;
    let user = auth.user("alice").await;
    for path in ["/.well-known/jwks.json", "/.well-known/status-lists", "/.well-known/status-lists/0", OPENID]
    {
        let (root, below) = (get(&auth, path).await, get(&auth, &format!("/api/auth{path}")).await);
        assert_eq!((below.status.as_u16(), below.header("etag")), (200, root.header("etag")), "{path}");
    }
    assert_eq!(get(&auth, &format!("{METADATA}/api/auth")).await.body["issuer"], issuer);
    assert_ne!(user.session().await, serde_json::Value::Null, "the protocol's own paths are as they were");
}

#[tokio::test]
async fn another_issuers_metadata_is_a_404() {
    let auth = Auth::start().await;
    let answer = get(&auth, METADATA).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (404, "NOT_FOUND"));
    assert_eq!(answer.header("cache-control").unwrap(), "no-store");
    let answer = get(&auth, OPENID).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (404, "NOT_FOUND"));
}
