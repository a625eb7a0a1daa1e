//! Which events there are, and what they say.

use local_stack::testing::TestDatabase;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{Receiver, Registered, eventually, header, waiting};
use crate::mailbox::Mailbox;
use crate::support::{Auth, PASSWORD, connect, email};
use crate::users::{ban, users};

const ALL: &str =
    "user.created,user.verified,user.changed,user.banned,user.unbanned,user.deleted,session.ended";

/// An additional field, whose value no event contains.
const TEAM: &str = r#"{"team": {"type": "string"}}"#;

#[tokio::test]
async fn everything_that_happens_to_a_user_arrives_in_order_and_signed() {
    let receiver = Receiver::start(ResponseTemplate::new(200)).await;
    let database = TestDatabase::auth().await;
    let registered = Registered::add(&database, &receiver.url(), ALL).await;
    let mailbox = Mailbox::new();
    let mail = mailbox.url();
    let env = [
        ("MAIL_URL", mail.as_str()),
        ("MAIL_FROM", "Latchkey <accounts@example.com>"),
        ("USER_FIELDS", TEAM),
        ("USERNAME_ENABLED", "true"),
    ];
    let auth = Auth::on(database, &env).await;

    let alice = auth.user("alice").await;
    let id = alice.user["id"].as_str().unwrap();
    let session = alice.session().await["session"]["id"].clone();
    let image = "https://example.com/alice.png";
    let changes = json!({"name": "Alice Liddell", "image": image, "team": "chess", "username": "alice"});
    assert_eq!(alice.post("/update-user", &changes).await.status, 200);
    let asked = alice.post("/send-verification-email", &json!({"email": email("alice")})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    assert_eq!(alice.post("/verify-email", &json!({"token": token})).await.status, 200);
    let other = auth.another_device("alice").await;
    let second = other.session().await["session"]["id"].clone();
    assert_eq!(other.post("/sign-out", &json!({})).await.status, 200);
    ban(&auth.database, &email("alice")).await;
    for arguments in [["unban", id].as_slice(), &["delete", id, "--yes"]] {
        assert!(users(&auth.database, arguments).await.status.success());
    }

    let requests = receiver.received(8).await;
    let bodies: Vec<Value> = requests.iter().map(|request| registered.verified(request)).collect();
    let user = |verified: bool, name: &str, image: Option<&str>| json!({"user_id": id, "email": email("alice"), "email_verified": verified, "name": name, "image": image});
    let mut changed = user(false, "Alice Liddell", Some(image));
    changed["changed"] = json!(["name", "image", "fields", "username"]);
    let expected = [
        ("user.created", user(false, "alice", None)),
        ("user.changed", changed),
        ("user.verified", json!({"user_id": id, "email": email("alice")})),
        ("session.ended", json!({"user_id": id, "session_id": second})),
        ("user.banned", json!({"user_id": id, "banned_until": null})),
        ("session.ended", json!({"user_id": id, "session_id": session})),
        ("user.unbanned", json!({"user_id": id})),
    ];
    for (body, (event, data)) in bodies.iter().zip(&expected) {
        assert_eq!((&body["type"], &body["data"]), (&json!(event), data));
    }
    let last = &bodies[7];
    assert_eq!((&last["type"], &last["data"]["user_id"]), (&json!("user.deleted"), &json!(id)));
    assert!(last["data"]["tokens_expire_at"].is_string());
    let ids: std::collections::HashSet<_> =
        requests.iter().map(|request| header(request, "webhook-id")).collect();
    assert_eq!(ids.len(), 8, "each event has an id of its own");
    let deletion = [("environment".to_owned(), "user.deleted".to_owned())];
    eventually("nothing but the event for WEBHOOK_URL", async || waiting(&auth).await == deletion).await;

    let secrets = [PASSWORD, &alice.token, &alice.jwt, &other.token, &other.jwt, &registered.secret];
    for request in receiver.0.received_requests().await.unwrap() {
        let text = format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
        assert!(secrets.iter().all(|secret| !text.contains(*secret)), "{text}");
    }
}

#[tokio::test]
async fn a_session_that_is_replaced_or_ended_with_a_password_is_announced_and_one_that_expired_is_not() {
    let auth = Auth::start().await;
    // Nobody listens there, so that events stay.
    let registered = Registered::add(&auth.database, "http://127.0.0.1:1/", "session.ended").await;
    let ended = || (registered.id.clone(), "session.ended".to_owned());
    let alice = auth.user("alice").await;
    auth.another_device("alice").await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another horse battery", "revokeOtherSessions": true});
    assert_eq!(alice.post("/change-password", &body).await.status, 200);
    let after_password = waiting(&auth).await;
    assert!(
        !after_password.is_empty() && after_password.iter().all(|event| *event == ended()),
        "{after_password:?}"
    );

    let superuser = auth.superuser().await;
    superuser
        .batch_execute(
            "DELETE FROM webhook_deliveries; UPDATE sessions SET expires_at = now() - interval '1 s'",
        )
        .await
        .unwrap();
    let deleted = superuser.execute("DELETE FROM sessions", &[]).await.unwrap();
    assert!(deleted > 0);
    assert_eq!(waiting(&auth).await, [], "they had expired");

    auth.user("bob").await;
    superuser.batch_execute("DELETE FROM users WHERE name = 'bob'").await.unwrap();
    assert_eq!(
        waiting(&auth).await,
        [("environment".to_owned(), "user.deleted".to_owned())],
        "with its user"
    );
}

#[tokio::test]
async fn each_receiver_gets_what_it_subscribed_to_and_the_environment_deletions_only() {
    let auth = Auth::start().await;
    let away = "http://127.0.0.1:1/";
    let changes = Registered::add(&auth.database, away, "user.changed,user.verified").await;
    let ends = Registered::add(&auth.database, away, "user.deleted").await;
    for name in ["alice", "bob"] {
        auth.user(name).await;
    }
    assert_eq!(waiting(&auth).await, []);
    let superuser = auth.superuser().await;
    // One statement, several users, and two events of each.
    let sql = "UPDATE users SET email = 'new-' || email, email_verified = true, credential_epoch = credential_epoch + 1";
    superuser.batch_execute(sql).await.unwrap();
    superuser
        .batch_execute("UPDATE users SET updated_at = now(), credential_epoch = credential_epoch + 1")
        .await
        .unwrap();
    superuser.batch_execute("DELETE FROM users").await.unwrap();
    let rows = "SELECT receiver, event, data ->> 'changed' FROM webhook_deliveries ORDER BY user_id, receiver = $1 DESC, sequence";
    let rows = superuser.query(rows, &[&changes.id]).await.unwrap();
    let rows: Vec<(String, String, Option<String>)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    for user in rows.chunks(4) {
        let of_changes: Vec<_> = user[..2]
            .iter()
            .map(|(receiver, event, changed)| (receiver, event.as_str(), changed.as_deref()))
            .collect();
        assert_eq!(
            of_changes,
            [(&changes.id, "user.changed", Some(r#"["email"]"#)), (&changes.id, "user.verified", None)]
        );
        let mut deletions: Vec<_> =
            user[2..].iter().map(|(receiver, event, _)| (receiver.as_str(), event.as_str())).collect();
        deletions.sort_unstable();
        let mut expected = [("environment", "user.deleted"), (ends.id.as_str(), "user.deleted")];
        expected.sort_unstable();
        assert_eq!(deletions, expected);
    }
    assert_eq!(rows.len(), 8);
}

#[tokio::test]
async fn a_ban_with_an_end_and_another_one_in_its_place_are_announced() {
    let database = TestDatabase::auth().await;
    Registered::add(&database, "http://127.0.0.1:1/", "user.banned,user.unbanned").await;
    let superuser = connect(&database.superuser_url()).await;
    superuser
        .batch_execute(
            "INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
             VALUES ('mallory', 'Mallory', 'mallory@example.com', true, now(), now());
             UPDATE users SET banned_at = '2026-11-30', banned_until = '2026-12-24T01:00:00+01';
             UPDATE users SET ban_reason = 'only for operators';
             UPDATE users SET banned_until = NULL;
             UPDATE users SET banned_at = NULL, ban_reason = NULL",
        )
        .await
        .unwrap();
    let rows =
        superuser.query("SELECT event, data FROM webhook_deliveries ORDER BY sequence", &[]).await.unwrap();
    let events: Vec<(String, Value)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let banned =
        |until: Value| ("user.banned".to_owned(), json!({"user_id": "mallory", "banned_until": until}));
    let unbanned = ("user.unbanned".to_owned(), json!({"user_id": "mallory"}));
    assert_eq!(events, [banned(json!("2026-12-24T00:00:00Z")), banned(json!(null)), unbanned]);
}
