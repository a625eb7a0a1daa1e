//! The command, for those who read its output and its exit code.

use local_stack::{Binary, Finished, run_to_end};
use serde_json::json;

use super::{ban, json, users};
use crate::support::{Auth, PASSWORD, email};

fn code(finished: &Finished) -> i32 {
    finished.status.code().unwrap()
}

#[tokio::test]
async fn users_are_listed_by_email_in_pages_and_found_by_a_part_of_email_or_name() {
    let auth = Auth::start().await;
    for name in ["carol", "alice", "bob"] {
        auth.user(name).await;
    }
    let superuser = auth.superuser().await;
    superuser.batch_execute("UPDATE users SET name = 'Ali_ce 100%' WHERE name = 'carol'").await.unwrap();
    ban(&auth.database, &email("bob")).await;
    let found = async |arguments: &[&str]| {
        let list = json(&auth.database, &[&["list"], arguments].concat()).await;
        let emails = list["users"].as_array().unwrap().iter();
        let emails: Vec<String> =
            emails.map(|user| user["email"].as_str().unwrap().replace("@example.com", "")).collect();
        (emails.join(" "), list["next_after"].as_str().map(str::to_owned))
    };
    let all = |names: &str| (names.to_owned(), None);
    assert_eq!(found(&[]).await, all("alice bob carol"));
    assert_eq!(found(&["--limit", "2"]).await, ("alice bob".to_owned(), Some(email("bob"))));
    assert_eq!(found(&["--limit", "2", "--after", &email("bob")]).await, all("carol"));
    assert_eq!(found(&["--limit", "3"]).await, all("alice bob carol"));
    assert_eq!(found(&["--search", "ALI"]).await, all("alice carol"));
    assert_eq!(found(&["--search", "i_c"]).await, all("carol"), "no pattern");
    assert_eq!(found(&["--search", "0%"]).await, all("carol"));
    assert_eq!(found(&["--search", "dave"]).await, all(""));
    assert_eq!(found(&["--banned"]).await, all("bob"));
    superuser
        .batch_execute("UPDATE users SET banned_until = now() - interval '1 s' WHERE banned_at IS NOT NULL")
        .await
        .unwrap();
    assert_eq!(found(&["--banned"]).await, all(""), "it has ended");

    let text = users(&auth.database, &["list", "--limit", "2"]).await.stdout;
    assert!(text[0].starts_with("ID") && text[1].contains("alice@example.com"), "{text:?}");
    assert_eq!(text[3], "There are more: --after bob@example.com");
    let none = users(&auth.database, &["list", "--search", "dave"]).await;
    assert_eq!((code(&none), none.stdout), (0, vec!["No users.".to_owned()]));
}

#[tokio::test]
async fn a_user_is_shown_with_password_sessions_and_ban() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    auth.another_device("alice").await;
    let id = alice.user["id"].as_str().unwrap();
    let shown = json(&auth.database, &["show", &email("alice").to_uppercase()]).await;
    assert_eq!((&shown["id"], &shown["live_sessions"]), (&alice.user["id"], &json!(2)));
    assert_eq!((&shown["banned"], &shown["ban"]), (&json!(false), &json!(null)));
    assert!(shown["password_set_at"].is_string(), "{shown}");
    let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
    let expected = [
        "ban",
        "banned",
        "created_at",
        "display_username",
        "email",
        "email_verified",
        "fields",
        "id",
        "image",
        "live_sessions",
        "name",
        "password_set_at",
        "two_factor",
        "updated_at",
        "username",
    ];
    assert_eq!(names, expected, "the fields are stable");

    let sessions = json(&auth.database, &["sessions", id]).await;
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!((sessions.len(), &sessions[0]["ip_address"]), (2, &json!("127.0.0.1")));
    assert_eq!(sessions[0]["id"], alice.session().await["session"]["id"]);
    let table = users(&auth.database, &["sessions", id]).await.stdout;
    assert!(table.len() == 3 && table[0].starts_with("SESSION"), "{table:?}");

    let until = ["ban", id, "--yes", "--until", "2999-01-02", "--reason", "sent \"spam\""];
    let said = users(&auth.database, &until).await.stdout;
    assert_eq!(
        said,
        [format!("alice@example.com ({id}) is banned until 2999-01-02T00:00:00Z. 2 sessions ended.")]
    );
    let shown = json(&auth.database, &["show", id]).await;
    assert_eq!((&shown["banned"], &shown["live_sessions"]), (&json!(true), &json!(0)));
    assert_eq!(shown["ban"]["until"], "2999-01-02T00:00:00Z");
    assert_eq!(shown["ban"]["reason"], "sent \"spam\"");
    let text = users(&auth.database, &["show", id]).await.stdout.join("\n");
    assert!(
        text.contains("banned      until 2999-01-02T00:00:00Z") && text.contains("sent \"spam\""),
        "{text}"
    );
    // The last one counts.
    ban(&auth.database, id).await;
    let shown = json(&auth.database, &["show", id]).await;
    assert_eq!((&shown["ban"]["until"], &shown["ban"]["reason"]), (&json!(null), &json!(null)));
    let none = users(&auth.database, &["sessions", id]).await.stdout;
    assert_eq!(none, ["No live sessions."]);
}

#[tokio::test]
async fn sessions_end_and_users_are_deleted() {
    let auth = Auth::start().await;
    let (alice, bob) = (auth.user("alice").await, auth.user("bob").await);
    let ended = json(&auth.database, &["end-sessions", &email("alice"), "--yes"]).await;
    assert_eq!((&ended["action"], &ended["sessions_ended"]), (&json!("sessions_ended"), &json!(1)));
    assert!(alice.session().await.is_null() && !bob.session().await.is_null());
    assert!(auth.accepts("alice", PASSWORD).await, "she can sign in again");

    let id = alice.user["id"].as_str().unwrap();
    let deleted = users(&auth.database, &["delete", id, "--yes"]).await;
    assert_eq!(deleted.stdout, [format!("alice@example.com ({id}) is deleted. 1 session ended.")]);
    assert!(!auth.accepts("alice", PASSWORD).await);
    assert_eq!((auth.count("users").await, auth.count("sessions").await), (1, 1));
    let sql = "SELECT array_agg(event || ' ' || reason) FROM audit_events WHERE user_id = $1 AND reason = 'operator'";
    let events: Vec<String> = auth.superuser().await.query_one(sql, &[&id]).await.unwrap().get(0);
    assert_eq!(events, ["sessions.revoked operator", "user.deleted operator"]);
}

#[tokio::test]
async fn scripts_can_tell_why_a_command_failed() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    for (arguments, expected, said) in [
        (&["show", "nobody@example.com"][..], 3, "no user has the email nobody@example.com"),
        (&["show", "nobody"], 3, "no user has the id nobody"),
        (&["sessions", "-nobody"], 3, "no user has the id -nobody"),
        (&["unban", "no body"], 3, "no user has the id, email or username \"no body\""),
        (&["ban", "nobody", "--yes"], 3, "nobody"),
        (&["end-sessions", "nobody", "--yes"], 3, "nobody"),
        (&["delete", "nobody", "--yes"], 3, "nobody"),
        (&["ban", "alice@example.com"], 2, "--yes"),
        (&["end-sessions", "alice@example.com"], 2, "--yes"),
        (&["delete", "alice@example.com"], 2, "--yes"),
        (&["ban", "alice@example.com", "--yes", "--until", "2020-01-01"], 2, "in the past"),
        (&["ban", "alice@example.com", "--yes", "--until", "tomorrow"], 2, "2026-11-30T08:00:00Z"),
        (&["ban", "alice@example.com", "--yes", "--reason", "a\nb"], 2, "one line"),
        (&["list", "--limit", "0"], 2, "--limit"),
        (&["list", "--after", "alice"], 2, "is not an email"),
        (&["show"], 2, "USER"),
        (&["forget", "alice@example.com"], 2, "forget"),
    ] {
        let finished = users(&auth.database, arguments).await;
        assert_eq!(code(&finished), expected, "{arguments:?}: {finished:?}");
        assert!(finished.stderr.join("\n").contains(said), "{arguments:?}: {finished:?}");
        assert!(finished.stdout.is_empty(), "{finished:?}");
    }
    assert!(!alice.session().await.is_null(), "nothing was done");
    let unknown_role = auth.database.service_url().replacen("auth_service", "nobody", 1);
    let env = [("DATABASE_URL", unknown_role)];
    let failed = run_to_end(Binary::AuthService, &["users", "list"], env).await.unwrap();
    assert_eq!(code(&failed), 1);
}
