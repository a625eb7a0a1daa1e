//! An issuer and an audience that are URLs, spelled in the ways that mean the same URL.

use std::time::Duration;

use serde_json::json;
use shared_claims::{Reason, SharedClock, Verifier, VerifierBuilder, VerifyError};

use crate::issuer::{AUDIENCE, ISSUER, Issuer, NOW, Token, eventually, ready};
use crate::support::lists::{LISTED, List, PREFIX, REVOKED};

/// A setting, its canonical spelling, and spellings that neither equals.
const SPELLINGS: [(&str, &str, &[&str]); 8] = [
    (
        "https://Auth.Example.com:443/",
        "https://auth.example.com",
        &[
            "https://auth.example.com/",
            "https://auth.example.com:443",
            "https://Auth.Example.com",
            "https://AUTH.EXAMPLE.COM",
            "http://auth.example.com",
            "https://auth.example.com:8443",
            "https://auth.example.com/realm",
            "https://auth.example.com.evil.test",
            "https://auth.example.com?",
        ],
    ),
    ("https://auth.example.com/", "https://auth.example.com", &["https://auth.example.com//"]),
    ("https://auth.example.com", "https://auth.example.com", &["https://auth.example.com/"]),
    ("HTTP://LOCALHOST:80", "http://localhost", &["http://localhost:80", "http://localhost/"]),
    ("http://localhost:443/", "http://localhost:443", &["http://localhost", "https://localhost"]),
    (
        "https://Auth.Example.com/Realm/",
        "https://auth.example.com/Realm",
        &["https://auth.example.com/realm", "https://auth.example.com", "https://auth.example.com/Realm/"],
    ),
    ("https://Bücher.example/", "https://xn--bcher-kva.example", &["https://bücher.example"]),
    ("http://[0:0::1]:8080/", "http://[::1]:8080", &["http://[::1]", "http://localhost:8080"]),
];

fn builder(issuer: &Issuer, iss: &str, aud: &str) -> VerifierBuilder {
    let clock: SharedClock = issuer.clock.clone();
    Verifier::builder(iss, aud)
        .jwks_url(issuer.jwks_url())
        .status_list_url(issuer.status_list_url())
        .status_interval(Duration::from_millis(10))
        .cooldown(Duration::from_millis(20))
        .clock(clock)
}

#[tokio::test]
async fn an_issuer_is_accepted_as_written_and_canonical() {
    let server = Issuer::start().await;
    for (setting, canonical, others) in SPELLINGS {
        let verifier = ready(builder(&server, setting, AUDIENCE).without_status_lists()).await;
        for iss in [setting, canonical] {
            let claims = verifier.verify(&Token::valid().claim("iss", iss).sign());
            assert_eq!(
                claims.map(|claims| claims.issuer().to_owned()),
                Ok(iss.to_owned()),
                "{setting}: {iss}"
            );
        }
        for iss in others {
            let verdict = verifier.verify(&Token::valid().claim("iss", *iss).sign());
            assert_eq!(verdict.unwrap_err(), VerifyError::Invalid(Reason::Issuer), "{setting}: {iss}");
        }
    }
}

#[tokio::test]
async fn an_audience_is_accepted_as_written_and_canonical() {
    let server = Issuer::start().await;
    for (setting, canonical, others) in SPELLINGS {
        let verifier = ready(builder(&server, ISSUER, setting).without_status_lists()).await;
        for aud in [json!(setting), json!(canonical), json!(["x", canonical])] {
            assert!(
                verifier.verify(&Token::valid().claim("aud", aud.clone()).sign()).is_ok(),
                "{setting}: {aud}"
            );
        }
        for aud in others {
            let verdict = verifier.verify(&Token::valid().claim("aud", *aud).sign());
            assert_eq!(verdict.unwrap_err(), VerifyError::Invalid(Reason::Audience), "{setting}: {aud}");
        }
    }
}

#[tokio::test]
async fn text_that_is_no_http_url_is_compared_as_it_is() {
    let server = Issuer::start().await;
    for setting in ["Latchkey/", "urn:Latchkey:Auth", "ftp://Auth.Example.com/", "https://"] {
        let verifier = ready(builder(&server, setting, setting).without_status_lists()).await;
        let token = |iss: &str, aud: &str| Token::valid().claim("iss", iss).claim("aud", aud).sign();
        assert!(verifier.verify(&token(setting, setting)).is_ok(), "{setting}");
        for other in [setting.to_lowercase(), setting.trim_end_matches('/').to_owned()] {
            if other != setting {
                assert!(verifier.verify(&token(&other, setting)).is_err(), "{setting}: {other}");
                assert!(verifier.verify(&token(setting, &other)).is_err(), "{setting}: {other}");
            }
        }
    }
}

/// A token and the list it names, both under this prefix.
fn token_and_list(prefix: &str, revoked: &[u64]) -> (String, String) {
    let status = json!({"status_list": {"idx": LISTED, "uri": format!("{prefix}/0")}});
    let list = List::new(0, NOW, revoked).claim("sub", format!("{prefix}/0"));
    (Token::valid().claim("status", status).sign(), list.sign())
}

/// An issuer that spelled its prefix as its setting was written goes over to the canonical spelling: tokens, lists and
/// the list of lists of before and after are valid in any combination.
#[tokio::test]
async fn status_lists_are_known_as_written_and_canonical() {
    let server = Issuer::start().await;
    let written = "https://Issuer.TEST:443/.well-known/status-lists";
    let (old_token, old_list) = token_and_list(written, &[REVOKED]);
    let (new_token, new_list) = token_and_list(PREFIX, &[REVOKED]);
    let builders = [
        builder(&server, "https://Issuer.TEST:443", AUDIENCE),
        builder(&server, ISSUER, AUDIENCE).status_list_prefix(written),
    ];
    for builder in builders {
        for (announced, list) in [(written, &old_list), (PREFIX, &new_list), (PREFIX, &old_list)] {
            server.lists.announce_uris(&[format!("{announced}/0")]);
            server.lists.publish(0, list.clone());
            let verifier = ready(builder.clone()).await;
            for token in [&old_token, &new_token] {
                assert!(verifier.verify(token).is_ok(), "announced as {announced}");
            }
            let (_, revoking) = token_and_list(PREFIX, &[LISTED]);
            server.lists.publish(0, revoking);
            for token in [&old_token, &new_token] {
                eventually("the revocation", || verifier.verify(token).is_err()).await;
                assert_eq!(verifier.verify(token).unwrap_err(), VerifyError::Invalid(Reason::Revoked));
            }
        }
    }
}

#[tokio::test]
async fn a_list_under_another_spelling_or_number_is_refused() {
    let server = Issuer::start().await;
    let verifier = ready(builder(&server, "https://Issuer.TEST", AUDIENCE)).await;
    let good = Token::valid().sign();
    for sub in
        ["https://ISSUER.test/.well-known/status-lists/0", &format!("{PREFIX}/1"), &format!("{PREFIX}/00")]
    {
        let status = json!({"status_list": {"idx": LISTED, "uri": sub}});
        server.lists.publish(0, List::new(0, NOW, &[LISTED]).claim("sub", sub).sign());
        let seen = verifier.status_fetches();
        eventually("two more fetches", || verifier.status_fetches() >= seen + 2).await;
        assert!(verifier.verify(&good).is_ok(), "the last good list stays: {sub}");
        assert!(verifier.verify(&Token::valid().claim("status", status).sign()).is_err(), "{sub}");
    }
}
