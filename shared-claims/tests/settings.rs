//! Settings that cannot work are refused when the verifier is built.

use std::time::Duration;

use shared_claims::{BuildError, Verifier, VerifierBuilder};
use url::Url;

use crate::issuer::{AUDIENCE, ISSUER};

fn builder() -> VerifierBuilder {
    Verifier::builder(ISSUER, AUDIENCE)
}

/// Not every issuer is a URL; then every place has to be said.
fn builder_of_no_url() -> VerifierBuilder {
    Verifier::builder("an issuer", "us").without_status_lists()
}

fn refused(builder: VerifierBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

#[tokio::test]
async fn the_key_set_is_looked_for_under_the_issuer() {
    for issuer in ["http://issuer.test/auth", "http://issuer.test/auth/"] {
        let verifier = Verifier::builder(issuer, AUDIENCE).build().unwrap();
        assert_eq!(verifier.jwks_url().as_str(), "http://issuer.test/auth/.well-known/jwks.json");
    }
}

#[tokio::test]
async fn or_wherever_it_is_said_to_be() {
    let url = "http://auth:8081/jwks.json?a=b";
    assert_eq!(builder().jwks_url(url).build().unwrap().jwks_url().as_str(), url);
    assert_eq!(builder().jwks_url(Url::parse(url).unwrap()).build().unwrap().jwks_url().as_str(), url);
    assert_eq!(builder_of_no_url().jwks_url(url).build().unwrap().jwks_url().as_str(), url);
}

#[tokio::test]
async fn a_setting_that_cannot_work_is_named() {
    let nothing = Duration::ZERO;
    for (builder, name) in [
        (Verifier::builder("", AUDIENCE), "issuer"),
        (Verifier::builder(ISSUER, ""), "audience"),
        (builder().token_type(""), "token_type"),
        (builder().token_type("application/"), "token_type"),
        (builder().clock_skew(Duration::from_secs(301)), "clock_skew"),
        (builder().refresh_interval(nothing), "refresh_interval"),
        (builder().cooldown(nothing), "cooldown"),
        (builder().fetch_timeout(nothing), "fetch_timeout"),
        (builder().max_age(Duration::from_secs(1)), "max_age"),
        (builder().max_age(Duration::MAX), "max_age"),
        (builder().max_body(0), "max_body"),
        (builder().jwks_url("ftp://issuer.test/jwks"), "jwks_url"),
        (builder().jwks_url("file:///etc/passwd"), "jwks_url"),
        (builder().jwks_url("https://user:secret@issuer.test/jwks"), "jwks_url"),
        (builder().jwks_url("/jwks"), "jwks_url"),
        (builder().jwks_url(""), "jwks_url"),
        (Verifier::builder("issuer", AUDIENCE), "jwks_url"),
        (Verifier::builder("issuer", AUDIENCE).jwks_url("http://a.test/jwks"), "status_list_url"),
        (builder().status_list_url("ftp://issuer.test/lists"), "status_list_url"),
        (builder().status_list_url("https://user:secret@issuer.test/lists"), "status_list_url"),
        (builder().status_list_url("https://issuer.test/lists?page=1"), "status_list_url"),
        (builder().status_list_url("https://issuer.test/lists#1"), "status_list_url"),
        (builder().status_list_prefix("/"), "status_list_prefix"),
        (builder().status_interval(nothing), "status_interval"),
        (builder().max_stale(nothing), "max_stale"),
        (builder().max_stale(Duration::MAX), "max_stale"),
    ] {
        let error = refused(builder);
        assert!(error.starts_with(&format!("{name}: ")), "{name}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn outside_a_runtime_none_can_be_built() {
    assert!(matches!(builder().build(), Err(BuildError::NoRuntime)));
}
