//! Handlers that demand a recent or a stronger authentication (RFC 9470), in both frameworks.

use std::time::Duration;

use actix_web::{App, HttpServer, web};
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use shared_claims::{AuthenticationRequirement, Requirement, StepUp, Verifier};
use tokio::net::TcpListener;

use crate::issuer::{Issuer, NOW, Token, ready};

const STRONG: &str = "urn:latchkey:2fa";

struct Recent;

impl Requirement for Recent {
    const REQUIREMENT: AuthenticationRequirement =
        AuthenticationRequirement::new().max_age(Duration::from_secs(300));
}

struct Strong;

impl Requirement for Strong {
    const REQUIREMENT: AuthenticationRequirement =
        AuthenticationRequirement::new().max_age(Duration::from_secs(60)).acr_values(&[STRONG]);
}

async fn act<R>(user: StepUp<R>) -> String {
    user.claims.subject().to_string()
}

/// The URLs of the same two handlers in axum and in actix-web.
async fn both(verifier: &Verifier) -> [String; 2] {
    let routes = Router::new().route("/recent", get(act::<Recent>)).route("/strong", get(act::<Strong>));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let in_axum = format!("http://{}", listener.local_addr().unwrap());
    let routes = routes.with_state(verifier.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let verifier = web::Data::new(verifier.clone());
    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .route("/recent", web::get().to(act::<Recent>))
            .route("/strong", web::get().to(act::<Strong>))
    };
    let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let in_actix = format!("http://{}", server.addrs()[0]);
    tokio::spawn(server.run());
    [in_axum, in_actix]
}

/// Status, `WWW-Authenticate` and body of the response to a token with these claims.
async fn ask(url: &str, claims: &[(&str, Value)]) -> (u16, Option<String>, String) {
    let token = claims.iter().fold(Token::valid(), |token, (name, value)| token.claim(name, value.clone()));
    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let response = client.get(url).bearer_auth(token.sign()).send().await.unwrap();
    let challenge =
        response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), challenge, response.text().await.unwrap())
}

#[tokio::test]
async fn a_recent_authentication_is_demanded_by_max_age() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    for url in both(&verifier).await.map(|url| format!("{url}/recent")) {
        // The clock skew of 30 seconds is granted in both directions.
        for (ago, is_enough) in [(0, true), (300, true), (330, true), (331, false), (-30, true), (-31, false)]
        {
            let (status, challenge, body) = ask(&url, &[("auth_time", json!(NOW - ago))]).await;
            if is_enough {
                assert_eq!((status, challenge), (200, None), "{url} {ago}: {body}");
            } else {
                let expected = "Bearer error=\"insufficient_user_authentication\", error_description=\"A more \
                                recent or stronger authentication is required\", max_age=\"300\"";
                assert_eq!((status, challenge.as_deref()), (401, Some(expected)), "{url} {ago}");
                let body: Value = serde_json::from_str(&body).unwrap();
                assert_eq!(body["code"], "INSUFFICIENT_USER_AUTHENTICATION");
            }
        }
        assert_eq!(ask(&url, &[]).await.0, 401, "unknown is not recent");
    }
}

#[tokio::test]
async fn a_stronger_authentication_is_demanded_by_acr_values() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    let recent = ("auth_time", json!(NOW));
    for url in both(&verifier).await.map(|url| format!("{url}/strong")) {
        assert_eq!(ask(&url, &[recent.clone(), ("acr", json!(STRONG))]).await.0, 200);
        for claims in [
            vec![recent.clone()],
            vec![recent.clone(), ("acr", json!("urn:latchkey:1fa"))],
            vec![recent.clone(), ("amr", json!([STRONG]))],
            vec![("acr", json!(STRONG))],
            vec![("auth_time", json!(NOW - 91)), ("acr", json!(STRONG))],
        ] {
            let (status, challenge, _) = ask(&url, &claims).await;
            let challenge = challenge.unwrap_or_default();
            assert_eq!(status, 401, "{claims:?}");
            assert!(challenge.ends_with("acr_values=\"urn:latchkey:2fa\", max_age=\"60\""), "{challenge}");
        }
    }
}

#[tokio::test]
async fn an_invalid_token_is_refused_as_everywhere() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    for url in both(&verifier).await.map(|url| format!("{url}/recent")) {
        let (status, challenge, _) = ask(&url, &[("exp", json!(0))]).await;
        assert_eq!((status, challenge.as_deref()), (401, Some("Bearer")));
    }
}
