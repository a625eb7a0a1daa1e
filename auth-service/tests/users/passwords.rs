//! Users that the operator creates, and passwords that the operator sets.

use std::process::Stdio;

use local_stack::record_secret;
use local_stack::testing::Database;
use local_stack::workspace::Binary;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{ban, json, users};
use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, PASSWORD, email};

const NEW: &str = "a brand new password";

/// The exit code and the output of a command that reads `input`.
async fn with_input(database: &Database, arguments: &[&str], input: &str) -> (i32, String) {
    record_secret(NEW);
    let mut command = Command::new(Binary::AuthService.path().unwrap());
    command.arg("users").args(arguments).env_clear().env("DATABASE_URL", database.service_url());
    command.env("BCRYPT_COST", "5").env("BASE_URL", "https://latchkey.example").env("RUST_LOG", "debug");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    // It may have refused the command line before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
    let output = child.wait_with_output().await.unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn a_created_user_signs_in_with_the_password_from_standard_input() {
    let auth = Auth::start().await;
    let create = ["create", "Alice@Example.com", "--name", "Alice", "--verified"];
    let (code, said) = with_input(&auth.database, &create, &format!("{NEW}\n")).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("alice@example.com (") && said.contains(") is created."), "{said}");
    assert!(!said.contains(NEW), "{said}");
    let body = json!({"email": email("alice"), "password": NEW});
    let answer = auth.post("/sign-in/email", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let user = &answer.body["user"];
    assert_eq!((&user["name"], &user["emailVerified"]), (&json!("Alice"), &json!(true)));
    // The service has another cost, and replaces the hash at the sign-in.
    let sql = "SELECT event, reason FROM audit_events WHERE user_id = $1 AND event = 'user.created'";
    let superuser = auth.superuser().await;
    let row = superuser.query_one(sql, &[&user["id"].as_str().unwrap()]).await.unwrap();
    assert_eq!(row.get::<_, String>(1), "operator");

    let (code, said) = with_input(&auth.database, &create, NEW).await;
    assert_eq!((code, said.contains("another user has this email")), (1, true), "{said}");
    assert_eq!(auth.count("users").await, 1);
}

#[tokio::test]
async fn the_hash_has_the_cost_that_is_set() {
    let auth = Auth::start().await;
    assert_eq!(with_input(&auth.database, &["create", "a@example.com", "--name", ""], NEW).await.0, 0);
    let row = auth.superuser().await.query_one("SELECT hash, scheme FROM passwords", &[]).await.unwrap();
    let (hash, scheme): (String, String) = (row.get(0), row.get(1));
    assert!(hash.starts_with("$2b$05$") && scheme == "bcrypt", "{scheme}");
}

#[tokio::test]
async fn a_user_without_a_password_sets_one_by_a_link() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let created =
        json(&auth.database, &["create", "alice@example.com", "--name", "Alice", "--no-password"]).await;
    assert_eq!((&created["action"], &created["email"]), (&json!("created"), &json!("alice@example.com")));
    let shown = json(&auth.database, &["show", created["id"].as_str().unwrap()]).await;
    let expected = (&json!(null), &json!(false), &json!("Alice"));
    assert_eq!((&shown["password_set_at"], &shown["email_verified"], &shown["name"]), expected);
    assert!(!auth.accepts("alice", NEW).await);
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let reset = auth.post("/reset-password", &json!({"newPassword": NEW, "token": token})).await;
    assert_eq!(reset.status, 200, "{reset:?}");
    assert!(auth.accepts("alice", NEW).await);
}

/// As a reset does: sessions and links end with the password.
#[tokio::test]
async fn a_set_password_ends_sessions_and_links() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let id = alice.user["id"].as_str().unwrap();
    let set = ["set-password", id, "--json"];
    let (code, said) = with_input(&auth.database, &set, &format!("{NEW}\r\nand more")).await;
    assert!(code == 0 && said.contains("\"password_set\""), "{said}");
    assert!(said.contains("\"sessions_ended\": 1") && !said.contains(NEW), "{said}");
    assert_eq!(alice.session().await, Value::Null);
    let bearer = auth.request(Method::GET, "/token").bearer_auth(&alice.token);
    assert_eq!(Answer::of(bearer).await.status, 401);
    assert!(auth.accepts("alice", NEW).await && !auth.accepts("alice", PASSWORD).await);
    let reset = auth.post("/reset-password", &json!({"newPassword": "of the link", "token": token})).await;
    assert_eq!(reset.code(), "INVALID_TOKEN", "{reset:?}");
    let sql = "SELECT array_agg(event || ' ' || coalesce(reason, '') ORDER BY event) FROM audit_events
               WHERE user_id = $1 AND event IN ('password.reset', 'sessions.revoked')";
    let events: Vec<String> = auth.superuser().await.query_one(sql, &[&id]).await.unwrap().get(0);
    assert_eq!(events, ["password.reset operator", "sessions.revoked password_reset"]);
    let row = auth.superuser().await.query_one("SELECT credential_epoch FROM users", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);

    ban(&auth.database, id).await;
    assert_eq!(with_input(&auth.database, &set, "yet another password").await.0, 0);
    let form = json!({"email": email("alice"), "password": "yet another password"});
    assert_eq!(auth.post("/sign-in/email", &form).await.code(), "BANNED_USER", "a ban stays");
}

#[tokio::test]
async fn a_password_that_sign_up_would_refuse_is_refused() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let long = "x".repeat(129);
    for (input, said) in [
        ("", "standard input has no password"),
        ("\n", "standard input has no password"),
        ("short\n", "must have 8 to 128 characters"),
        (&*long, "must have 8 to 128 characters"),
        ("password1\n", "most common passwords"),
        ("alice2026\n", "too similar to your name"),
        ("latchkey99\n", "too similar to your name"),
    ] {
        let create = ["create", "bob@example.com", "--name", "Alice"];
        for command in [&["set-password", "alice@example.com"][..], &create] {
            let (code, output) = with_input(&auth.database, command, input).await;
            assert_eq!(code, 1, "{command:?} {input:?}: {output}");
            assert!(output.contains(said), "{command:?} {input:?}: {output}");
        }
    }
    for (arguments, code) in [
        (&["set-password", "nobody@example.com"][..], 3),
        (&["create", "bob", "--name", "Bob"], 2),
        (&["create", "bob@example.com"], 2),
        (&["create", "bob@example.com", "--name", &long], 2),
        (&["create", "bob@example.com", "--name", "Bob", "--password", NEW], 2),
    ] {
        let (found, output) = with_input(&auth.database, arguments, NEW).await;
        assert_eq!(found, code, "{arguments:?}: {output}");
    }
    assert_eq!(auth.count("users").await, 1);
    assert_ne!(alice.session().await, Value::Null, "nothing was done");
    assert!(auth.accepts("alice", PASSWORD).await);
    let listed = users(&auth.database, &["list", "--search", "bob"]).await;
    assert_eq!(listed.stdout, ["No users."]);
}
