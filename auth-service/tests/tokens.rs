use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use local_stack::testing::{AUDIENCE, ISSUER};
use serde_json::{Value, json};
use shared_claims::Verifier;

use crate::support::{Answer, Auth};

fn part(jwt: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// The claims of a token, unverified.
pub fn claims(jwt: &str) -> Value {
    part(jwt, 1)
}

#[tokio::test]
async fn fr_011_fr_013_the_jwt_says_who_and_is_verified_with_the_jwks_alone() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let answer = alice.get("/token").await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control").as_deref()), (200, Some("no-store")));
    let jwt = answer.body["token"].as_str().unwrap();

    let header = part(jwt, 0);
    assert_eq!((&header["alg"], &header["typ"]), (&"RS256".into(), &"at+jwt".into()));
    let claims = part(jwt, 1);
    insta::assert_json_snapshot!(claims, {
        ".sub" => "[user id]", ".sid" => "[session id]", ".jti" => "[id]", ".iat" => "[time]", ".exp" => "[time]",
        ".auth_time" => "[time]",
        ".status.status_list.idx" => "[place]",
    });
    assert_eq!(claims["sub"], alice.user["id"]);
    assert_eq!(claims["sid"], alice.session().await["session"]["id"]);

    let verifier = Verifier::builder(ISSUER, AUDIENCE)
        .jwks_url(auth.url("/.well-known/jwks.json"))
        .status_list_url(auth.url("/.well-known/status-lists"))
        .build()
        .unwrap();
    verifier.wait_ready().await;
    let verified = verifier.verify(jwt).unwrap();
    assert_eq!(verified.subject().as_str(), alice.user["id"]);
    assert_eq!(verified.email(), Some("alice@example.com"));
    for other in [&alice.jwt, &alice.get("/get-session").await.header("set-auth-jwt").unwrap()] {
        assert_eq!(verifier.verify(other).unwrap().subject(), verified.subject());
    }
}

/// `auth_time` stays that of the sign-in, whenever a token is issued.
#[tokio::test]
async fn the_jwt_says_when_and_how_the_user_authenticated() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let about = |jwt: &str| {
        let claims = part(jwt, 1);
        (claims["auth_time"].clone(), claims["acr"].clone(), claims["amr"].clone())
    };
    let began: Timestamp = alice.session().await["session"]["createdAt"].as_str().unwrap().parse().unwrap();
    let by_password = |time: i64| (json!(time), json!("urn:latchkey:1fa"), json!(["pwd"]));
    assert_eq!(about(&alice.jwt), by_password(began.as_second()));

    let age = "UPDATE sessions SET created_at = created_at - interval '2 hours'";
    auth.superuser().await.execute(age, &[]).await.unwrap();
    assert_eq!(alice.post("/update-user", &json!({"name": "Alicia"})).await.status, 200);
    let token = async || alice.get("/token").await.body["token"].as_str().unwrap().to_owned();
    assert_eq!(about(&token().await), by_password(began.as_second() - 7200));

    // A session of an earlier release, or of another system.
    let forget = "UPDATE sessions SET authenticated_by = NULL";
    auth.superuser().await.execute(forget, &[]).await.unwrap();
    assert_eq!(alice.post("/update-user", &json!({"name": "Alice"})).await.status, 200);
    assert_eq!(about(&token().await), (json!(began.as_second() - 7200), Value::Null, Value::Null));
}

#[tokio::test]
async fn fr_012_the_jwt_is_short_lived() {
    let auth = Auth::start().await;
    let claims = part(&auth.user("alice").await.jwt, 1);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 15 * 60);
    let shorter = Auth::start_with(&[("JWT_TTL", "90s"), ("JWT_TYP", "JWT")]).await;
    let jwt = shorter.user("alice").await.jwt;
    let claims = part(&jwt, 1);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 90);
    assert_eq!(part(&jwt, 0)["typ"], "JWT");
}

#[tokio::test]
async fn a_session_keeps_its_token_while_it_is_young_and_its_user_is_the_same() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let token = async || alice.get("/token").await.body["token"].as_str().unwrap().to_owned();
    assert_eq!(token().await, alice.jwt, "no need for another signature");
    assert_eq!(alice.get("/get-session").await.header("set-auth-jwt").unwrap(), alice.jwt);

    let elsewhere = auth.another_device("alice").await;
    assert_ne!(part(&elsewhere.jwt, 1)["jti"], part(&alice.jwt, 1)["jti"], "another session, another token");

    assert_eq!(alice.post("/update-user", &json!({"name": "Alicia"})).await.status, 200);
    let renamed = token().await;
    assert_eq!(part(&renamed, 1)["name"], "Alicia", "a token tells what is true now");
    assert_eq!(part(&renamed, 1)["status"], part(&alice.jwt, 1)["status"]);

    assert_eq!(alice.post("/sign-out", &json!({})).await.status, 200);
    assert_eq!(alice.get("/token").await.status, 401, "no token of a dead session, however young");
}

#[tokio::test]
async fn without_a_session_there_is_no_token() {
    let auth = Auth::start().await;
    let answer = auth.get("/token").await;
    assert_eq!(
        (answer.status.as_u16(), answer.text.as_str()),
        (401, r#"{"message":"Unauthorized","code":"UNAUTHORIZED"}"#)
    );
    assert!(answer.cookies().is_empty());
}

#[tokio::test]
async fn the_jwks_is_public_and_holds_no_private_half() {
    let auth = Auth::start().await;
    let protocol = auth.get("/jwks").await;
    let well_known = Answer::of(reqwest::Client::new().get(auth.url("/.well-known/jwks.json"))).await;
    assert_eq!(protocol.text, well_known.text);
    assert_eq!(protocol.header("content-type").unwrap(), "application/json");
    assert_eq!(
        protocol.header("cache-control").unwrap(),
        "public, max-age=300, stale-while-revalidate=60, stale-if-error=600"
    );
    let keys = protocol.body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    for key in keys {
        let mut members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    }
    assert_eq!(part(&auth.user("alice").await.jwt, 0)["kid"], keys[0]["kid"]);
}
