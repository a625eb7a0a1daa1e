//! The verifier in front of an axum handler: over HTTP, and beside the same service in actix-web.

use actix_web::{App, HttpServer, web};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use reqwest::{Client, RequestBuilder, Response};
use shared_claims::{Authenticated, Verifier};
use tokio::net::TcpListener;
use wiremock::ResponseTemplate;

use crate::issuer::{Issuer, NOW, Token, eventually, ready};
use crate::support::hostile::{World, table};

/// The state of a larger app, of which the verifier is a part.
#[derive(Clone)]
struct AppState {
    verifier: Verifier,
}

impl FromRef<AppState> for Verifier {
    fn from_ref(state: &AppState) -> Self {
        state.verifier.clone()
    }
}

async fn who_am_i(Authenticated(claims): Authenticated) -> String {
    claims.subject().to_string()
}

/// Where axum serves, protected by this verifier. It ends with the test's runtime.
async fn in_axum(verifier: &Verifier) -> String {
    let router = Router::new().route("/", get(who_am_i)).with_state(AppState { verifier: verifier.clone() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Where actix-web serves the same.
fn in_actix(verifier: &Verifier) -> String {
    let verifier = web::Data::new(verifier.clone());
    let app = move || App::new().app_data(verifier.clone()).route("/", web::get().to(who_am_i));
    let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", server.addrs()[0]);
    tokio::spawn(server.run());
    url
}

fn client() -> Client {
    Client::builder().tls_certs_only([]).build().unwrap()
}

/// All that a client sees of an answer, but for the date.
async fn seen(request: RequestBuilder) -> (u16, Vec<(String, String)>, String) {
    let response: Response = request.send().await.unwrap();
    let headers = response.headers().iter().filter(|(name, _)| *name != "date");
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (response.status().as_u16(), headers, response.text().await.unwrap())
}

#[tokio::test]
async fn fr_018_an_axum_handler_gets_the_identity_from_the_token() {
    let issuer = Issuer::start().await;
    let url = in_axum(&ready(issuer.checking_verifier()).await).await;
    for sub in ["alice", "0190f5a2-7c3e-7d2b-9a41-3f0d5b6c7e88"] {
        let token = Token::valid().claim("sub", sub).sign();
        let (status, _, body) = seen(client().get(&url).bearer_auth(token)).await;
        assert_eq!((status, body.as_str()), (200, sub));
    }
}

#[tokio::test]
async fn fr_019_axum_and_actix_web_refuse_with_the_same_bytes() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    let (axum, actix) = (in_axum(&verifier).await, in_actix(&verifier));
    let client = client();
    let expected = seen(client.get(&actix)).await;
    assert_eq!(expected.0, 401);
    assert_eq!(expected.2, r#"{"code":"UNAUTHORIZED","message":"A valid bearer token is required"}"#);
    assert!(expected.1.contains(&("www-authenticate".to_owned(), "Bearer".to_owned())), "{expected:?}");
    assert_eq!(seen(client.get(&axum)).await, expected, "no token");

    let good = format!("Bearer {}", Token::valid().sign());
    for (first, second) in [(good.as_str(), good.as_str()), (&good, "Basic YTpi"), ("", &good)] {
        for url in [&axum, &actix] {
            let twice = client.get(url).header("authorization", first).header("authorization", second);
            assert_eq!(seen(twice).await, expected, "{url} {first:.20} {second:.20}");
        }
    }
    for (what, token, _) in table(World { now: NOW, home: "http://home.test" }) {
        // No header can carry these, or they are the good token once HTTP has trimmed its value.
        if token.bytes().any(|byte| byte < b' ') || token.trim() != token || token.len() > 100_000 {
            continue;
        }
        for url in [&axum, &actix] {
            let request = client.get(url).header("authorization", format!("Bearer {token}"));
            assert_eq!(seen(request).await, expected, "{url} {what}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_decided_is_the_same_503_in_both() {
    let issuer = Issuer::start().await;
    issuer.lists.answer(0, ResponseTemplate::new(503));
    let verifier = issuer.checking_verifier().build().unwrap();
    let token = Token::valid().sign();
    eventually("the keys", || {
        verifier.verify(&token).err().is_some_and(|error| error.label() == "no_status_list")
    })
    .await;
    let (axum, actix) = (in_axum(&verifier).await, in_actix(&verifier));
    let expected = seen(client().get(&actix).bearer_auth(&token)).await;
    assert_eq!(expected.0, 503);
    assert_eq!(expected.2, r#"{"code":"KEYS_UNAVAILABLE","message":"Tokens cannot be verified right now"}"#);
    assert!(expected.1.contains(&("retry-after".to_owned(), "10".to_owned())), "{expected:?}");
    assert_eq!(seen(client().get(&axum).bearer_auth(&token)).await, expected);
}
