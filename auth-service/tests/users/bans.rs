//! What a ban means, at every endpoint. `doors` and `links` hold the state too, and `in_flight` the race.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ban, json, users};
use crate::mailbox::{Mailbox, follow};
use crate::support::{Answer, Auth, Device, PAGE, PASSWORD, email, sign_up_cookie};
use crate::time::Clocked;

const NEW: &str = "a brand new password";
/// As Better Auth's plugin `admin` answers.
const MESSAGE: &str =
    "You have been banned from this application. Please contact support if you believe this is an error.";

async fn sign_in(auth: &Auth, name: &str, password: &str) -> Answer {
    auth.post("/sign-in/email", &json!({"email": email(name), "password": password})).await
}

fn assert_banned(answer: &Answer) {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.body, json!({"code": "BANNED_USER", "message": MESSAGE}));
    assert!(answer.cookies().is_empty() && answer.header("set-auth-token").is_none(), "{answer:?}");
}

#[tokio::test]
async fn a_ban_ends_every_session_and_no_other_begins_until_it_is_removed() {
    let auth = Auth::start().await;
    let (laptop, bob) = (auth.user("alice").await, auth.user("bob").await);
    let phone = auth.another_device("alice").await;
    // So that the token is in the cache.
    assert_eq!(laptop.get("/token").await.status, 200);
    let banned = ban(&auth.database, &email("alice")).await;
    let expected = json!({
        "id": laptop.user["id"], "email": email("alice"), "action": "banned", "changed": true,
        "sessions_ended": 2, "banned_until": null,
    });
    assert_eq!(banned, expected);
    for device in [&laptop, &phone] {
        assert_eq!(device.session().await, Value::Null);
        for path in ["/token", "/list-sessions", "/forward-auth", "/forward-auth?token=true"] {
            assert_eq!(device.get(path).await.status, 401, "{path}");
        }
        let bearer = auth.request(Method::GET, "/token").bearer_auth(&device.token);
        assert_eq!(Answer::of(bearer).await.status, 401);
    }
    assert_banned(&sign_in(&auth, "alice", PASSWORD).await);
    assert_ne!(bob.session().await, Value::Null, "nobody else is banned");
    assert_eq!(auth.count("sessions").await, 1);

    let unbanned = json(&auth.database, &["unban", laptop.user["id"].as_str().unwrap()]).await;
    assert_eq!((&unbanned["action"], &unbanned["changed"]), (&json!("unbanned"), &json!(true)));
    let again = Device::of(&auth, &sign_in(&auth, "alice", PASSWORD).await);
    assert_eq!(again.session().await["user"]["email"], email("alice"));
    assert_eq!(laptop.session().await, Value::Null, "what has ended stays ended");
    let unbanned = json(&auth.database, &["unban", &email("alice")]).await;
    assert_eq!(unbanned["changed"], false);
}

/// Only who knows the password learns of the ban.
#[tokio::test]
async fn a_wrong_password_is_answered_as_for_anybody() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    auth.user("bob").await;
    ban(&auth.database, &email("alice")).await;
    let [banned, other, unknown] = [
        sign_in(&auth, "alice", "a wrong password").await,
        sign_in(&auth, "bob", "a wrong password").await,
        sign_in(&auth, "nobody", "a wrong password").await,
    ];
    assert_eq!((banned.status.as_u16(), banned.code()), (401, "INVALID_EMAIL_OR_PASSWORD"));
    assert_eq!((&banned.text, &banned.text), (&other.text, &unknown.text));
    let form = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    assert_eq!(auth.post("/sign-up/email", &form).await.code(), "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
}

#[actix_web::test]
async fn a_ban_ends_by_the_clock_of_the_service() {
    let server = Clocked::start().await;
    server.sign_up(true).await;
    // The command has the real clock, which is ahead of that of the server.
    ban(&server.database, "a@example.com").await;
    let set = "UPDATE users SET banned_at = '2026-03-01T12:00:00Z', banned_until = '2026-03-01T14:00:00Z'";
    let superuser = crate::support::connect(&server.database.superuser_url()).await;
    superuser.batch_execute(set).await.unwrap();
    let form = json!({"email": "a@example.com", "password": PASSWORD});
    let sign_in = async || server.post("/sign-in/email", "", &form).await;
    assert_banned(&sign_in().await);
    server.pass(1);
    assert_banned(&sign_in().await);
    server.pass(1);
    let answer = sign_in().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = answer.body["token"].as_str().unwrap();
    assert_eq!(server.get("/get-session", token).await.body["user"]["email"], "a@example.com");
    // A release without bans starts sessions for banned users. They are worth nothing here.
    superuser.batch_execute("UPDATE users SET banned_until = NULL").await.unwrap();
    assert_eq!(server.get("/get-session", token).await.body, Value::Null);
    assert_eq!(server.get("/token", token).await.status, 401);
}

/// Links from before the ban are void (see `links`). Those that are requested during it start no session either.
#[tokio::test]
async fn a_link_that_is_requested_during_a_ban_signs_nobody_in() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("AUTO_SIGN_IN_AFTER_VERIFICATION", "true")]).await;
    auth.user("alice").await;
    ban(&auth.database, &email("alice")).await;

    auth.post("/send-verification-email", &json!({"email": email("alice")})).await;
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    let body = json!({"token": mail.token(), "password": PASSWORD});
    assert_banned(&auth.post("/verify-email", &body).await);
    let page = auth.request(Method::POST, "/verify-email").header("origin", PAGE);
    let page = page.header("sec-fetch-mode", "navigate").header("accept", "text/html").json(&body);
    let page = Answer::of(page).await;
    assert!(page.status == 403 && page.text.contains(MESSAGE), "{page:?}");
    assert_eq!(verified(&auth).await, 0, "nothing is half done");

    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 2).await.token();
    let reset = auth.post("/reset-password", &json!({"newPassword": NEW, "token": token})).await;
    assert_eq!(reset.status, 200, "it starts no session: {reset:?}");
    assert_banned(&sign_in(&auth, "alice", NEW).await);
    assert_eq!(auth.count("sessions").await, 0);
}

/// A sign-up that takes over a banned account whose email was never verified.
#[tokio::test]
async fn a_sign_up_does_not_get_around_a_ban() {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let mail = [("MAIL_URL", &*url), ("MAIL_FROM", "a@example.com")];
    let open = Auth::start_with(&mail).await;
    open.user("alice").await;
    ban(&open.database, &email("alice")).await;
    let Auth { database, .. } = open;
    let strict = [("REQUIRE_EMAIL_VERIFICATION", "true"), ("AUTO_SIGN_IN_AFTER_VERIFICATION", "true")];
    let auth = Auth::on(database, &[&mail[..], &strict].concat()).await;
    let form = json!({"name": "Alice", "email": email("alice"), "password": NEW});
    let cookie = sign_up_cookie(&auth.post("/sign-up/email", &form).await);
    let link = mailbox.mail_to(&email("alice"), 1).await.link();
    assert_banned(&follow(&auth, &link, Some(&cookie)).await);
    assert_eq!((auth.count("sessions").await, verified(&auth).await), (0, 0));
    assert_banned(&sign_in_verified(&auth).await);
}

async fn verified(auth: &Auth) -> i64 {
    let sql = "SELECT count(*) FROM users WHERE email_verified";
    auth.superuser().await.query_one(sql, &[]).await.unwrap().get(0)
}

async fn sign_in_verified(auth: &Auth) -> Answer {
    auth.superuser().await.batch_execute("UPDATE users SET email_verified = true").await.unwrap();
    sign_in(auth, "alice", PASSWORD).await
}

#[tokio::test]
async fn a_ban_and_its_refusals_are_recorded() {
    let mut auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let id = alice.user["id"].as_str().unwrap().to_owned();
    let superuser = auth.superuser().await;
    superuser.batch_execute("TRUNCATE audit_events").await.unwrap();
    let banned = users(&auth.database, &["ban", &id, "--yes", "--reason", "spam"]).await;
    assert!(banned.status.success(), "{banned:?}");
    let log = banned.stderr.join("\n");
    assert!(log.contains("user.banned") && log.contains("sessions.revoked"), "{log}");
    assert!(!log.contains("spam") && !log.contains("alice"), "{log}");
    assert_banned(&sign_in(&auth, "alice", PASSWORD).await);
    assert!(users(&auth.database, &["unban", &id]).await.status.success());
    assert!(auth.service.terminate().await.unwrap().success(), "it stores the refusals");
    let sql = "SELECT event || ' ' || outcome || coalesce(' ' || reason, '') || coalesce(' ' || count, '')
               FROM audit_events WHERE user_id = $1 ORDER BY occurred_at, event";
    let rows = superuser.query(sql, &[&id]).await.unwrap();
    let mut events: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    events.sort();
    let expected = [
        "sessions.revoked success banned 1",
        "sign_in.refused refusal banned 1",
        "user.banned success",
        "user.unbanned success",
    ];
    assert_eq!(events, expected);
}

/// An act without its event does not happen.
#[tokio::test]
async fn a_ban_that_cannot_be_recorded_is_not_done() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let superuser = auth.superuser().await;
    superuser.batch_execute("REVOKE INSERT ON audit_events FROM auth_service").await.unwrap();
    for command in [&["ban", "--yes"][..], &["end-sessions", "--yes"], &["delete", "--yes"]] {
        let finished = users(&auth.database, &[command, &[&email("alice")]].concat()).await;
        assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    }
    assert_eq!(alice.session().await["user"]["email"], email("alice"));
    superuser.batch_execute("GRANT INSERT ON audit_events TO auth_service").await.unwrap();
    assert!(auth.accepts("alice", PASSWORD).await);
}
