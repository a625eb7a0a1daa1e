//! The verifier in front of an actix-web handler.

use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{StatusCode, header};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpServer, web};
use jiff::SignedDuration;
use shared_claims::{Authenticated, Verifier};
use wiremock::ResponseTemplate;

use crate::issuer::{Issuer, NOW, STRANGER, Token, within_deadline};
use crate::support::hostile::{self, World};

async fn who_am_i(Authenticated(claims): Authenticated) -> String {
    claims.subject().to_string()
}

/// What a client sees of an answer.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: String,
}

impl Seen {
    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name.as_str()).map(|(_, value)| value.as_str())
    }
}

async fn seen(response: ServiceResponse) -> Seen {
    let status = response.status();
    let text = |headers: &HeaderMap| {
        let mut all: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8(value.as_bytes().to_vec()).unwrap()))
            .collect();
        all.sort();
        all
    };
    let headers = text(response.headers());
    let body = to_bytes(response.into_body()).await.unwrap();
    Seen { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

/// Sends `request` to a service that is protected by `verifier`.
async fn ask(verifier: &Verifier, request: TestRequest) -> Seen {
    let app = App::new().app_data(web::Data::new(verifier.clone())).route("/", web::get().to(who_am_i));
    let service = init_service(app).await;
    seen(actix_web::test::call_service(&service, request.to_request()).await).await
}

fn bearer(token: &str) -> TestRequest {
    TestRequest::get().insert_header((AUTHORIZATION, format!("Bearer {token}")))
}

fn assert_unauthorized(answer: &Seen, what: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
    assert_eq!(answer.header(WWW_AUTHENTICATE), Some("Bearer"), "{what}");
    assert_eq!(answer.header(CONTENT_TYPE), Some("application/json"), "{what}");
    assert_eq!(
        answer.body, r#"{"code":"UNAUTHORIZED","message":"A valid bearer token is required"}"#,
        "{what}"
    );
}

#[actix_web::test]
async fn fr_018_the_handler_gets_the_identity_from_the_token() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    for sub in ["alice", "0190f5a2-7c3e-7d2b-9a41-3f0d5b6c7e88"] {
        let answer = ask(&verifier, bearer(&Token::valid().claim("sub", sub).sign())).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, sub));
    }
}

#[actix_web::test]
async fn only_the_issuers_operator_learns_why_a_token_is_refused() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let diagnosis = || Token::valid().claim("latchkey_diagnosis", true);
    for (token, reason) in [
        (diagnosis().claim("iss", "https://other.test"), "issuer"),
        (diagnosis().claim("aud", "https://other.test"), "audience"),
        (diagnosis().header("typ", "JWT"), "type"),
        (diagnosis().claim("exp", NOW - 3600), "expired"),
        (diagnosis().claim("iat", NOW + 300), "issued_in_future"),
    ] {
        let answer = ask(&verifier, bearer(&token.sign())).await;
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{reason}\"");
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header(WWW_AUTHENTICATE), Some(&*challenge));
        assert!(answer.body.contains("UNAUTHORIZED"), "{}", answer.body);
    }
    assert_eq!(ask(&verifier, bearer(&diagnosis().sign())).await.status, StatusCode::OK);
    let wrong = diagnosis().claim("iss", "https://other.test");
    for (token, what) in [
        (wrong.sign_by(|message| STRANGER.sign(message)), "not signed by the issuer"),
        (wrong.clone().header("kid", "unknown").sign(), "signed with an unknown key"),
        (wrong.clone().claim("latchkey_diagnosis", false).sign(), "false"),
        (wrong.clone().claim("latchkey_diagnosis", "true").sign(), "not a boolean"),
        (wrong.without_claim("latchkey_diagnosis").sign(), "a token of a user"),
    ] {
        assert_unauthorized(&ask(&verifier, bearer(&token)).await, what);
    }
}

#[actix_web::test]
async fn the_scheme_ignores_case_and_takes_more_than_one_space() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    for scheme in ["Bearer ", "bearer ", "BEARER ", "Bearer   "] {
        let request = TestRequest::get().insert_header((AUTHORIZATION, format!("{scheme}{token}")));
        assert_eq!(ask(&verifier, request).await.status, StatusCode::OK, "{scheme:?}");
    }
}

#[actix_web::test]
async fn fr_016_us3_2_a_request_without_a_token_is_refused() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    assert_unauthorized(&ask(&verifier, TestRequest::get()).await, "no header");
}

#[actix_web::test]
async fn fr_019_a_header_that_is_not_one_bearer_token_is_refused() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        token.clone(),
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("Bearer{token}"),
        format!("Bearer\t{token}"),
        format!("Bearer: {token}"),
        format!("Bearer Bearer {token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},{token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token} "),
        format!("Bearer \"{token}\""),
        format!("Bearer token={token}"),
        format!("Bearer {token}\u{e4}"),
    ] {
        let request = TestRequest::get().insert_header((AUTHORIZATION, value.as_bytes()));
        assert_unauthorized(&ask(&verifier, request).await, &value);
    }
}

#[actix_web::test]
async fn fr_019_two_authorization_headers_are_refused_even_if_both_are_good() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let good = format!("Bearer {}", Token::valid().sign());
    for other in [good.as_str(), "Bearer rubbish", "Basic YTpi", ""] {
        for (first, second) in [(good.as_str(), other), (other, good.as_str())] {
            let request = TestRequest::get()
                .append_header((AUTHORIZATION, first))
                .append_header((AUTHORIZATION, second));
            assert_unauthorized(&ask(&verifier, request).await, other);
        }
    }
}

#[actix_web::test]
async fn fr_018_a_token_anywhere_else_than_in_its_header_does_not_count() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    let in_query = TestRequest::get().uri(&format!("/?access_token={token}"));
    assert_unauthorized(&ask(&verifier, in_query).await, "query");
    let in_cookie = TestRequest::get().insert_header((header::COOKIE, format!("access_token={token}")));
    assert_unauthorized(&ask(&verifier, in_cookie).await, "cookie");
}

#[actix_web::test]
async fn fr_019_us3_3_every_hostile_token_gets_the_same_401() {
    let issuer = Issuer::start().await;
    let verifier = crate::issuer::ready(issuer.checking_verifier()).await;
    let app = App::new().app_data(web::Data::new(verifier)).route("/", web::get().to(who_am_i));
    let service = init_service(app).await;
    let nothing = actix_web::test::call_service(&service, TestRequest::get().to_request()).await;
    let expected = seen(nothing).await;
    assert_unauthorized(&expected, "no token");
    for (what, token, _) in hostile::table(World { now: NOW, home: "http://home.test" }) {
        // No HTTP header can carry these, or they are the good token once HTTP has trimmed its value.
        if token.bytes().any(|byte| byte < b' ') || token.trim() != token {
            continue;
        }
        let response = actix_web::test::call_service(&service, bearer(&token).to_request()).await;
        assert_eq!(seen(response).await, expected, "{what}");
    }
}

#[actix_web::test]
async fn fr_017_the_token_is_verified_on_every_request() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    assert_eq!(ask(&verifier, bearer(&token)).await.status, StatusCode::OK);
    issuer.clock.advance(SignedDuration::from_secs(1_000));
    assert_unauthorized(&ask(&verifier, bearer(&token)).await, "expired meanwhile");
}

#[actix_web::test]
async fn what_cannot_be_decided_is_503_and_no_sign_out() {
    let issuer = Issuer::start().await;
    issuer.answer(ResponseTemplate::new(500));
    let verifier = issuer.verifier().max_age(Duration::from_secs(3600)).build().unwrap();
    let token = Token::valid().claim("exp", NOW + 100_000).sign();
    let answer = ask(&verifier, bearer(&token)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header(RETRY_AFTER), Some("10"));
    assert_eq!(answer.header(WWW_AUTHENTICATE), None);
    assert_eq!(answer.header(CONTENT_TYPE), Some("application/json"));
    let unavailable = r#"{"code":"KEYS_UNAVAILABLE","message":"Tokens cannot be verified right now"}"#;
    assert_eq!(answer.body, unavailable);
    assert_unauthorized(&ask(&verifier, TestRequest::get()).await, "no token, no keys");

    issuer.publish(&[&crate::issuer::CURRENT]);
    within_deadline("the keys", verifier.wait_ready()).await;
    assert_eq!(ask(&verifier, bearer(&token)).await.status, StatusCode::OK);
    issuer.clock.advance(SignedDuration::from_secs(3601));
    assert_eq!(ask(&verifier, bearer(&token)).await, answer, "keys too old");
}

#[actix_web::test]
async fn sc_008_a_service_without_a_verifier_lets_nobody_in_and_says_nothing_of_why() {
    let service = init_service(App::new().route("/", web::get().to(who_am_i))).await;
    let request = bearer(&Token::valid().sign()).to_request();
    let answer = seen(actix_web::test::call_service(&service, request).await).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.body, r#"{"code":"INTERNAL_SERVER_ERROR","message":"Something went wrong"}"#);
}

#[actix_web::test]
async fn fr_016_a_real_server_is_protected() {
    let issuer = Issuer::start().await;
    let verifier = web::Data::new(issuer.ready_verifier().await);
    let server =
        HttpServer::new(move || App::new().app_data(verifier.clone()).route("/", web::get().to(who_am_i)))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
    let url = format!("http://{}/", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);

    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let good = format!("Bearer {}", Token::valid().sign());
    let answer = client.get(&url).header("authorization", &good).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "alice");
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    let twice = client.get(&url).header("authorization", &good).header("authorization", &good);
    assert_eq!(twice.send().await.unwrap().status(), 401);
    handle.stop(false).await;
}
