//! Providers that cannot be reached, or must not be.

use std::time::{Duration, Instant};

use local_stack::testing::IdentityProvider;
use serde_json::json;
use tokio::net::TcpListener;

use super::{enter, location, service};
use crate::support::{Auth, PASSWORD, email};

fn acme(discovery: &str, more: &serde_json::Value) -> String {
    let mut acme = json!({"clientId": "me", "clientSecret": "secret", "discoveryUrl": discovery});
    acme.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "acme": acme }).to_string()
}

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn a_name_that_leads_into_the_private_network_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let discovery = format!("https://localhost:{}{WELL_KNOWN}", listener.local_addr().unwrap().port());
    let setting = acme(&discovery, &json!({}));
    let auth = Auth::start_with(&[("SOCIAL_PROVIDERS", &setting)]).await;
    let refused = auth.post("/sign-in/social", &json!({"provider": "acme"})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "SERVICE_UNAVAILABLE"), "{refused:?}");
    let connected = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
    assert!(connected.is_err(), "it was connected to");
}

#[tokio::test]
async fn a_provider_that_never_answers_holds_up_nobody_else() {
    // Accepts connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let discovery = format!("http://127.0.0.1:{}{WELL_KNOWN}", silent.local_addr().unwrap().port());
    let setting = acme(&discovery, &json!({"allowPrivateNetwork": true}));
    let auth = Auth::start_with(&[("SOCIAL_PROVIDERS", &setting), ("DATABASE_POOL_SIZE", "1")]).await;
    auth.user("alice").await;
    let body = json!({"provider": "acme"});
    let begin = || auth.post("/sign-in/social", &body);
    let started = Instant::now();
    let waiting = async { tokio::join!(begin(), begin(), begin()) };
    let meanwhile = async {
        for _ in 0..5 {
            assert!(auth.accepts("alice", PASSWORD).await);
        }
        started.elapsed()
    };
    let ((one, two, three), others) = tokio::join!(waiting, meanwhile);
    assert!(others < Duration::from_secs(8), "sign-ins with passwords took {others:?}");
    for answer in [one, two, three] {
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    // One of them waited for the timeout, and the others not for one each.
    let all = started.elapsed();
    assert!(all >= Duration::from_secs(9) && all < Duration::from_secs(19), "{all:?}");
}

#[tokio::test]
async fn an_answer_that_is_not_valid_is_refused_and_a_redirect_not_followed() {
    let provider = IdentityProvider::start().await;
    let auth = service(&provider, &[]).await;
    for (fault, code) in [
        ("huge", "invalid_code"),
        ("redirect", "invalid_code"),
        ("not-json", "invalid_code"),
        ("token-500", "invalid_code"),
        ("alg-none", "unable_to_get_user_info"),
        ("alg-hs256", "unable_to_get_user_info"),
        ("wrong-nonce", "unable_to_get_user_info"),
        ("no-nonce", "unable_to_get_user_info"),
    ] {
        let refused = enter(&auth, &provider, &json!({"email": email("alice"), "fault": fault})).await;
        assert!(location(&refused).ends_with(&format!("?error={code}")), "{fault}: {refused:?}");
    }
    let followed: serde_json::Value =
        reqwest::get(format!("{}/redirected", provider.url)).await.unwrap().json().await.unwrap();
    assert_eq!((followed["count"].as_u64(), auth.count("users").await), (Some(0), 0));
}
