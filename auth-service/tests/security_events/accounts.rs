//! Sign-ups, sign-ins, passwords and sessions.

use reqwest::Method;
use serde_json::json;

use super::{assert_unlogged, event, events, secrets_of, session_id};
use crate::support::{Answer, Auth, Device, PAGE, PASSWORD, email};

const NEW: &str = "battery horse correct";
const WRONG: &str = "a wrong password";

#[tokio::test]
async fn signing_up_in_and_out() {
    let auth = Auth::start().await;
    let form = json!({"name": "alice", "email": email("alice"), "password": PASSWORD});
    let answer = auth.post("/sign-up/email", &form).await;
    let laptop = Device::of(&auth, &answer);
    let user = &laptop.user["id"];
    let [created, started] = events(&auth, &answer, ["user.created", "session.started"]).await;
    assert_eq!((&created["user_id"], &started["user_id"]), (user, user));
    assert_eq!((&started["session_id"], &started["reason"]), (&session_id(&laptop).await, &json!("sign_up")));
    let refused = event(&auth, &auth.post("/sign-up/email", &form).await, "sign_up.refused").await;
    assert_eq!(refused["reason"], "email_taken");

    let sign_in = async |name: &str, password: &str| {
        auth.post("/sign-in/email", &json!({"email": email(name), "password": password})).await
    };
    let answer = sign_in("alice", PASSWORD).await;
    let phone = Device::of(&auth, &answer);
    let started = event(&auth, &answer, "session.started").await;
    assert_eq!((&started["user_id"], &started["reason"]), (user, &json!("sign_in")));
    assert_eq!(started["session_id"], session_id(&phone).await);
    let refused = event(&auth, &sign_in("alice", WRONG).await, "sign_in.refused").await;
    assert_eq!((&refused["user_id"], &refused["reason"]), (user, &json!("wrong_password")));
    let refused = event(&auth, &sign_in("nobody", WRONG).await, "sign_in.refused").await;
    assert_eq!((refused.get("user_id"), &refused["reason"]), (None, &json!("unknown_email")));

    let (looked, session) = (phone.get("/get-session").await, session_id(&phone).await);
    let ended = event(&auth, &phone.post("/sign-out", &json!({})).await, "session.ended").await;
    assert_eq!((&ended["user_id"], &ended["session_id"]), (user, &session));
    events(&auth, &phone.post("/sign-out", &json!({})).await, []).await;
    events(&auth, &looked, []).await;

    auth.superuser().await.batch_execute("DELETE FROM passwords").await.unwrap();
    let refused = event(&auth, &sign_in("alice", PASSWORD).await, "sign_in.refused").await;
    assert_eq!((&refused["user_id"], &refused["reason"]), (user, &json!("no_password")));
    let body = json!({"password": PASSWORD});
    let refused = event(&auth, &laptop.post("/verify-password", &body).await, "password.refused").await;
    assert_eq!((&refused["user_id"], &refused["reason"]), (user, &json!("no_password")));

    let secrets = [secrets_of(&laptop), secrets_of(&phone)].concat();
    assert_unlogged(&auth, &secrets);
    assert_unlogged(&auth, &[PASSWORD, WRONG, "@example.com", "alice", "nobody"]);
}

#[tokio::test]
async fn a_browser_that_signs_in_again_and_one_with_sessions_of_two_users() {
    let auth = Auth::start().await;
    let (alice, bob) = (auth.user("alice").await, auth.user("bob").await);
    let (hers, his) = (session_id(&alice).await, session_id(&bob).await);
    let both = format!("{}; {}", alice.cookie, bob.cookie);
    let look = auth.request(Method::GET, "/get-session").header("cookie", &both);
    let conflicting = event(&auth, &Answer::of(look).await, "sessions.conflicting").await;
    assert_eq!((&conflicting["user_id"], &conflicting["session_id"]), (&alice.user["id"], &hers));

    let form = json!({"email": email("alice"), "password": PASSWORD});
    let request = auth.request(Method::POST, "/sign-in/email").header("cookie", &both).header("origin", PAGE);
    let answer = Answer::of(request.json(&form)).await;
    let [one, other, _] = events(&auth, &answer, ["session.ended", "session.ended", "session.started"]).await;
    assert_eq!((&one["reason"], &other["reason"]), (&json!("replaced"), &json!("replaced")));
    let ended = [&one, &other].map(|event| (event["user_id"].clone(), event["session_id"].clone()));
    for expected in [(alice.user["id"].clone(), hers), (bob.user["id"].clone(), his)] {
        assert!(ended.contains(&expected), "{ended:?}");
    }
    assert_unlogged(&auth, &[secrets_of(&alice), secrets_of(&bob)].concat());
}

#[tokio::test]
async fn what_a_session_does_to_its_account() {
    let auth = Auth::start_with(&[("DELETE_USER_ENABLED", "true")]).await;
    let laptop = auth.user("alice").await;
    let (user, session) = (&laptop.user["id"], session_id(&laptop).await);
    let by_laptop = |event: &serde_json::Value| (event["user_id"].clone(), event["session_id"].clone());
    let laptop_did = (user.clone(), session);

    let answer = laptop.post("/update-user", &json!({"name": "Liddell"})).await;
    assert_eq!(by_laptop(&event(&auth, &answer, "user.updated").await), laptop_did);

    let change = |current: &str| json!({"newPassword": NEW, "currentPassword": current, "revokeOtherSessions": current == PASSWORD});
    let answer = laptop.post("/change-password", &change(WRONG)).await;
    let refused = event(&auth, &answer, "password.refused").await;
    assert_eq!((&refused["user_id"], &refused["reason"]), (user, &json!("wrong_password")));
    let answer = laptop.post("/change-password", &change(PASSWORD)).await;
    let expected = ["password.changed", "sessions.revoked", "session.started"];
    let [changed, revoked, started] = events(&auth, &answer, expected).await;
    assert_eq!((by_laptop(&changed), by_laptop(&revoked)), (laptop_did.clone(), laptop_did.clone()));
    assert_eq!((&revoked["reason"], &revoked["count"]), (&json!("password_changed"), &json!(1)));
    let renewed = Device::of(&auth, &answer);
    assert_eq!(by_laptop(&started), (user.clone(), session_id(&renewed).await));
    assert_eq!(started["reason"], "password_changed");
    let answer = renewed.post("/change-password", &change(NEW)).await;
    event(&auth, &answer, "password.changed").await;

    let answer = renewed.post("/delete-user", &json!({"password": NEW})).await;
    let deleted = event(&auth, &answer, "user.deleted").await;
    assert_eq!(by_laptop(&deleted), (user.clone(), session_id_of(&started)));
    assert_unlogged(&auth, &[secrets_of(&laptop), secrets_of(&renewed)].concat());
    assert_unlogged(&auth, &[PASSWORD, NEW, WRONG, "@example.com", "Liddell"]);
}

fn session_id_of(event: &serde_json::Value) -> serde_json::Value {
    event["session_id"].clone()
}

#[tokio::test]
async fn revoking_sessions() {
    let auth = Auth::start().await;
    let laptop = auth.user("alice").await;
    let phone = auth.another_device("alice").await;
    let (user, session, lost) = (&laptop.user["id"], session_id(&laptop).await, session_id(&phone).await);
    let answer = laptop.post("/revoke-session", &json!({"token": lost})).await;
    let revoked = event(&auth, &answer, "session.revoked").await;
    assert_eq!((&revoked["user_id"], &revoked["session_id"]), (user, &lost));
    events(&auth, &laptop.post("/revoke-session", &json!({"token": lost})).await, []).await;

    let others = [auth.another_device("alice").await, auth.another_device("alice").await];
    for (path, reason, count) in [("/revoke-other-sessions", "others", 2), ("/revoke-sessions", "all", 1)] {
        let revoked = event(&auth, &laptop.post(path, &json!({})).await, "sessions.revoked").await;
        assert_eq!((&revoked["user_id"], &revoked["session_id"]), (user, &session));
        assert_eq!((&revoked["reason"], &revoked["count"]), (&json!(reason), &json!(count)));
    }
    let devices = [&laptop, &phone, &others[0], &others[1]];
    assert_unlogged(&auth, &devices.map(secrets_of).concat());
}
