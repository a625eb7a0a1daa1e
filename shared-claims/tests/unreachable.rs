//! The issuer is away, slow, broken or lying.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::json;
use shared_claims::{Reason, SharedClock, SystemClock, Unavailable, Verifier, VerifyError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use crate::issuer::{
    AUDIENCE, CURRENT, ISSUER, Issuer, NEXT, NOW, STRANGER, Token, after_another_fetch, eventually,
    within_deadline,
};

const NO_KEYS: VerifyError = VerifyError::Unavailable(Unavailable::NoKeys);
const TOO_OLD: VerifyError = VerifyError::Unavailable(Unavailable::KeysTooOld);

/// Refreshes all the time, so that whatever the issuer does is noticed soon.
fn eager(issuer: &Issuer) -> Verifier {
    issuer
        .verifier()
        .refresh_interval(Duration::from_millis(20))
        .cooldown(Duration::from_millis(10))
        .build()
        .unwrap()
}

#[tokio::test]
async fn without_keys_a_token_that_could_be_good_is_not_decided() {
    let issuer = Issuer::start().await;
    issuer.answer(ResponseTemplate::new(503));
    let verifier = eager(&issuer);
    after_another_fetch(&verifier).await;
    assert!(!verifier.is_ready());
    for token in [
        Token::valid().sign(),
        Token::valid().header("kid", "unknown").sign(),
        // Its claims cannot be believed, not even to its disadvantage.
        Token::valid().claim("exp", NOW - 1_000).sign(),
        Token::valid().sign_by(|_| vec![0; 256]),
    ] {
        assert_eq!(verifier.verify(&token).unwrap_err(), NO_KEYS);
    }
}

#[tokio::test]
async fn without_keys_a_token_that_no_key_could_make_good_is_refused() {
    let issuer = Issuer::start().await;
    issuer.answer(ResponseTemplate::new(503));
    let verifier = eager(&issuer);
    for (token, reason) in [
        ("rubbish".to_owned(), Reason::Malformed),
        (Token::valid().header("alg", "none").sign(), Reason::Algorithm),
        (Token::valid().header("typ", "JWT").sign(), Reason::Type),
        (Token::valid().claim("name", "x".repeat(9_000)).sign(), Reason::TooLong),
    ] {
        assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::Invalid(reason));
    }
}

#[tokio::test]
async fn an_issuer_that_comes_up_later_is_found() {
    let issuer = Issuer::start().await;
    issuer.answer(ResponseTemplate::new(500));
    let verifier = eager(&issuer);
    after_another_fetch(&verifier).await;
    assert!(!verifier.is_ready());
    issuer.publish(&[&CURRENT]);
    within_deadline("the keys", verifier.wait_ready()).await;
    assert!(verifier.verify(&Token::valid().sign()).is_ok());
}

#[tokio::test]
async fn failures_are_retried_no_faster_than_the_cooldown_allows() {
    const COOLDOWN: Duration = Duration::from_millis(40);
    let issuer = Issuer::start().await;
    let verifier =
        issuer.verifier().cooldown(COOLDOWN).refresh_interval(Duration::from_millis(1)).build().unwrap();
    within_deadline("the keys", verifier.wait_ready()).await;
    issuer.answer(ResponseTemplate::new(500));
    let (seen, start) = (verifier.fetches(), Instant::now());
    eventually("six tries", || {
        let _ = verifier.verify(&Token::valid().header("kid", "unknown").sign());
        verifier.fetches() >= seen + 6
    })
    .await;
    assert!(start.elapsed() >= 4 * COOLDOWN, "six tries within {:?}", start.elapsed());
}

#[tokio::test]
async fn the_last_good_set_serves_until_its_maximum_age_and_then_comes_back() {
    let issuer = Issuer::start().await;
    let verifier = issuer
        .verifier()
        .refresh_interval(Duration::from_millis(20))
        .cooldown(Duration::from_millis(10))
        .max_age(Duration::from_secs(3600))
        .build()
        .unwrap();
    within_deadline("the keys", verifier.wait_ready()).await;
    issuer.answer(ResponseTemplate::new(500));
    after_another_fetch(&verifier).await;

    let token = Token::valid().claim("exp", NOW + 100_000).sign();
    issuer.clock.advance(SignedDuration::from_secs(3600));
    assert!(verifier.verify(&token).is_ok(), "the set is as old as it may be");
    assert!(verifier.is_ready());

    issuer.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(verifier.verify(&token).unwrap_err(), TOO_OLD);
    assert!(!verifier.is_ready());
    assert_eq!(verifier.verify("rubbish").unwrap_err(), VerifyError::Invalid(Reason::Malformed));

    issuer.publish(&[&CURRENT]);
    within_deadline("recovery", verifier.wait_ready()).await;
    assert!(verifier.verify(&token).is_ok());
}

#[tokio::test]
async fn a_bad_answer_never_replaces_a_good_set() {
    let issuer = Issuer::start().await;
    let verifier = eager(&issuer);
    within_deadline("the keys", verifier.wait_ready()).await;
    let token = Token::valid().sign();
    let ok = |body: &str| ResponseTemplate::new(200).set_body_string(body);
    let good = json!({"keys": [NEXT.jwk()]});
    for answer in [
        ok(""),
        ok("null"),
        ok("<html>502</html>"),
        ok("{}"),
        ok(r#"{"keys":[]}"#),
        ok(r#"{"keys":[{"kty":"EC","kid":"current","crv":"P-256","x":"AA","y":"AA"}]}"#),
        ok(r#"{"keys":[{"kty":"RSA","kid":"current","n":"qrs","e":"AQAB"}]}"#),
        ok(&format!("{good}{good}")),
        ResponseTemplate::new(200).set_body_bytes(vec![0xff; 100]),
        ResponseTemplate::new(203).set_body_json(&good),
        ResponseTemplate::new(204),
        ResponseTemplate::new(304),
        ResponseTemplate::new(404).set_body_json(&good),
        ResponseTemplate::new(500).set_body_json(&good),
        ok(&format!("{}{good}", " ".repeat(256 * 1024))),
    ] {
        issuer.answer(answer.clone());
        after_another_fetch(&verifier).await;
        assert!(verifier.verify(&token).is_ok(), "{answer:?}");
        assert!(verifier.is_ready());
    }
}

#[tokio::test]
async fn one_bad_key_does_not_poison_the_set() {
    let issuer = Issuer::start().await;
    let mut encryption = NEXT.jwk();
    encryption["use"] = json!("enc");
    let mut published_private = STRANGER.jwk();
    published_private["d"] = json!("AQAB");
    let set = json!({"keys": [null, {"kty": "EC"}, encryption, published_private, CURRENT.jwk()]});
    issuer.answer(ResponseTemplate::new(200).set_body_json(set));
    let verifier = eager(&issuer);
    within_deadline("the keys", verifier.wait_ready()).await;
    assert!(verifier.verify(&Token::valid().sign()).is_ok());
    for key in [&*NEXT, &*STRANGER] {
        let token = Token::valid().header("kid", key.kid).sign_by(|message| key.sign(message));
        assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::Invalid(Reason::UnknownKey));
    }
}

#[tokio::test]
async fn the_body_may_be_as_large_as_allowed_and_no_larger() {
    let issuer = Issuer::start().await;
    let set = json!({"keys": [CURRENT.jwk()]}).to_string();
    issuer.answer(ResponseTemplate::new(200).set_body_string(set.clone()));
    let verifier = issuer.verifier().max_body(set.len()).build().unwrap();
    within_deadline("the keys", verifier.wait_ready()).await;

    let verifier = issuer.verifier().max_body(set.len() - 1).build().unwrap();
    after_another_fetch(&verifier).await;
    assert!(!verifier.is_ready());
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let issuer = Issuer::start().await;
    let good = ResponseTemplate::new(200).set_body_json(json!({"keys": [CURRENT.jwk()]}));
    Mock::given(path("/elsewhere")).respond_with(good).expect(0).mount(&issuer.server).await;
    let elsewhere = format!("{}/elsewhere", issuer.server.uri());
    for status in [301, 302, 303, 307, 308] {
        issuer.answer(ResponseTemplate::new(status).insert_header("location", elsewhere.as_str()));
        let verifier = eager(&issuer);
        after_another_fetch(&verifier).await;
        assert!(!verifier.is_ready(), "{status}");
    }
    issuer.server.verify().await;
}

#[tokio::test]
async fn nobody_listening_is_a_failure_like_any_other() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    drop(listener);
    let verifier = impatient(url);
    after_another_fetch(&verifier).await;
    assert_eq!(verifier.verify(&Token::valid().sign()).unwrap_err(), NO_KEYS);
}

#[tokio::test]
async fn a_silent_issuer_is_given_up_after_the_time_out() {
    let verifier = impatient(raw_server("").await);
    after_another_fetch(&verifier).await;
    assert_eq!(verifier.verify(&Token::valid().sign()).unwrap_err(), NO_KEYS);
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_after_the_time_out() {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{\"keys\":[";
    let verifier = impatient(raw_server(head).await);
    after_another_fetch(&verifier).await;
    assert!(!verifier.is_ready());
}

#[tokio::test]
async fn a_body_of_unknown_length_is_cut_at_the_cap_long_before_the_time_out() {
    // A chunk of 1 MB is promised, and all of it sent; then nothing more.
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n100000\r\n";
    let url = raw_server(&format!("{head}{}", " ".repeat(1 << 20))).await;
    let verifier = Verifier::builder(ISSUER, AUDIENCE)
        .jwks_url(url)
        .without_status_lists()
        .cooldown(Duration::from_millis(10))
        .fetch_timeout(Duration::from_secs(3600))
        .build()
        .unwrap();
    after_another_fetch(&verifier).await;
    assert!(!verifier.is_ready());
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_a_failure_like_any_other() {
    let verifier = impatient(raw_server("220 smtp.example.com ready\r\n").await);
    after_another_fetch(&verifier).await;
    assert!(!verifier.is_ready());
}

#[tokio::test]
async fn verification_does_not_wait_for_a_fetch_under_way() {
    let issuer = Issuer::start().await;
    let verifier = issuer.verifier().fetch_timeout(Duration::from_secs(3600)).build().unwrap();
    within_deadline("the keys", verifier.wait_ready()).await;
    let stuck = ResponseTemplate::new(200).set_delay(Duration::from_secs(3600));
    issuer.answer(stuck);
    assert!(verifier.verify(&Token::valid().header("kid", "unknown").sign()).is_err());
    eventually("the fetch", || verifier.fetches() == 2).await;
    for _ in 0..100 {
        assert!(verifier.verify(&Token::valid().sign()).is_ok());
        assert!(verifier.verify(&Token::valid().header("kid", "unknown").sign()).is_err());
    }
    assert_eq!(verifier.fetches(), 2);
}

#[tokio::test]
async fn the_last_clone_ends_even_a_fetch_under_way() {
    let url = raw_server("").await;
    let clock: SharedClock = Arc::new(SystemClock);
    let verifier = Verifier::builder(ISSUER, AUDIENCE)
        .jwks_url(url)
        .without_status_lists()
        .fetch_timeout(Duration::from_secs(3600))
        .clock(Arc::clone(&clock))
        .build()
        .unwrap();
    eventually("the fetch", || verifier.fetches() == 1).await;
    assert!(Arc::strong_count(&clock) > 2, "the verifier's, its tasks' and ours");
    drop(verifier);
    eventually("the task to end", || Arc::strong_count(&clock) == 1).await;
}

/// Gives up early and tries again at once.
fn impatient(url: String) -> Verifier {
    Verifier::builder(ISSUER, AUDIENCE)
        .jwks_url(url)
        .without_status_lists()
        .cooldown(Duration::from_millis(10))
        .fetch_timeout(Duration::from_millis(50))
        .build()
        .unwrap()
}

/// A server that sends `answer` to whoever connects and then keeps the connection open.
async fn raw_server(answer: &str) -> String {
    async fn serve(mut connection: TcpStream, answer: String) {
        let _ = connection.write_all(answer.as_bytes()).await;
        let mut ignored = [0; 1024];
        while connection.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, answer.clone()));
        }
    });
    url
}
