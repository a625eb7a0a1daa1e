use serde_json::{Value, json};

use crate::support::Auth;
use crate::time::Clocked;

#[tokio::test]
async fn list_sessions_shows_each_device_by_its_handle() {
    let auth = Auth::start().await;
    let laptop = auth.user("alice").await;
    let phone = auth.another_device("alice").await;
    auth.user("bob").await;
    let answer = laptop.get("/list-sessions").await;
    assert_eq!(answer.status, 200);
    let ids: Vec<&Value> = answer.body.as_array().unwrap().iter().map(|session| &session["id"]).collect();
    let own = [laptop.session().await, phone.session().await];
    assert_eq!(ids, own.iter().map(|body| &body["session"]["id"]).collect::<Vec<_>>(), "oldest first");
    insta::assert_json_snapshot!(answer.body[0], {
        ".id" => "[id]", ".token" => "[id]", ".userId" => "[id]",
        ".expiresAt" => "[time]", ".createdAt" => "[time]", ".updatedAt" => "[time]",
    });
    for token in [&laptop.token, &phone.token] {
        assert!(!answer.text.contains(token.as_str()), "no token is shown again");
    }
    assert_eq!(auth.get("/list-sessions").await.status, 401);
}

#[tokio::test]
async fn one_device_is_signed_out_by_its_session_id_or_its_token() {
    let auth = Auth::start().await;
    let laptop = auth.user("alice").await;
    let (phone, tablet) = (auth.another_device("alice").await, auth.another_device("alice").await);
    let handle = phone.session().await["session"]["token"].clone();
    for token in [handle, json!(tablet.token)] {
        let answer = laptop.post("/revoke-session", &json!({"token": token})).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"status":true}"#));
        assert!(answer.cookies().is_empty(), "not one's own");
    }
    assert_eq!((phone.session().await, tablet.session().await), (Value::Null, Value::Null));
    assert_ne!(laptop.session().await, Value::Null);

    let own = laptop.post("/revoke-session", &json!({"token": laptop.token})).await;
    assert_eq!((own.status.as_u16(), own.cookies().len()), (200, 3), "one's own is cleared");
    assert_eq!(laptop.session().await, Value::Null);
}

#[tokio::test]
async fn nobody_signs_out_another_users_device() {
    let auth = Auth::start().await;
    let (alice, mallory) = (auth.user("alice").await, auth.user("mallory").await);
    let handle = alice.session().await["session"]["id"].clone();
    for token in [handle, json!(alice.token), json!("nonsense"), json!("")] {
        let answer = mallory.post("/revoke-session", &json!({"token": token})).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"status":true}"#), "{token}");
        assert!(answer.cookies().is_empty());
    }
    mallory.post("/revoke-sessions", &json!({})).await;
    assert_ne!(alice.session().await, Value::Null);
}

#[tokio::test]
async fn all_devices_or_all_others_are_signed_out_at_once() {
    let auth = Auth::start().await;
    let laptop = auth.user("alice").await;
    let (phone, bob) = (auth.another_device("alice").await, auth.user("bob").await);
    let others = laptop.post("/revoke-other-sessions", &json!({})).await;
    assert_eq!((others.status.as_u16(), others.text.as_str()), (200, r#"{"status":true}"#));
    assert_eq!(phone.session().await, Value::Null);
    assert_ne!(laptop.session().await, Value::Null);

    let phone = auth.another_device("alice").await;
    let all = phone.post("/revoke-sessions", &json!({})).await;
    assert_eq!((all.status.as_u16(), all.cookies().len()), (200, 3));
    assert_eq!((laptop.session().await, phone.session().await), (Value::Null, Value::Null));
    assert_ne!(bob.session().await, Value::Null);
}

#[tokio::test]
async fn a_bad_body_is_told_before_a_missing_session() {
    let auth = Auth::start().await;
    let bad = auth.post("/revoke-session", &json!({"token": 7})).await;
    assert_eq!((bad.status.as_u16(), bad.code()), (400, "VALIDATION_ERROR"));
    let good = auth.post("/revoke-session", &json!({"token": "x"})).await;
    assert_eq!((good.status.as_u16(), good.code()), (401, "UNAUTHORIZED"));
}

#[actix_web::test]
async fn only_a_fresh_session_may_list_the_others() {
    for (fresh_age, after_a_day) in [("24h", 403), ("0s", 200)] {
        let server = Clocked::start_with(&[("SESSION_FRESH_AGE", fresh_age)]).await;
        let token = server.sign_up(true).await;
        let list = || server.get("/list-sessions", &token);
        assert_eq!(list().await.status, 200);
        server.pass(24);
        let answer = list().await;
        assert_eq!(answer.status, after_a_day, "{fresh_age}");
        let code = if after_a_day == 403 { "SESSION_NOT_FRESH" } else { "" };
        assert_eq!(answer.code(), code);
    }
}

#[actix_web::test]
async fn an_extended_session_sets_its_cookie_on_every_endpoint() {
    let server = Clocked::start().await;
    let token = server.sign_up(true).await;
    server.pass(25);
    let minted = server.get("/token", &token).await;
    assert_eq!(minted.status, 200);
    assert!(minted.cookies()[0].contains("Max-Age=604800"), "{:?}", minted.cookies());
    assert!(minted.header("set-auth-token").is_some());
    assert!(server.get("/token", &token).await.cookies().is_empty(), "once a day");
    server.pass(25);
    let revoked = server.post("/revoke-sessions", &token, &json!({})).await;
    assert_eq!(revoked.cookies().len(), 3, "not set and cleared in one answer: {:?}", revoked.cookies());
    assert!(revoked.header("set-auth-token").is_none());
}
