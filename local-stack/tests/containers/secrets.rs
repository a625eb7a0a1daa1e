//! Secrets that are given, changed, and mistaken.

use std::time::Duration;

use crate::engine::{docker, inspect};
use crate::stack::{STAYING, Stack};
use crate::user::{User, client, until};

/// Base64 of 32 bytes.
const KEY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";

const PROVIDERS: &str = r#"{"google": {"clientId": "heron", "clientSecret": "heron-client-secret"}}"#;
const WEBHOOK_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// The commands that the head of docker-compose.yml names for a changed secret.
async fn apply(stack: &Stack, user: &User) {
    stack.run(&["run", "--rm", "secrets"]).await;
    stack.start(&[]).await;
    stack.run(&["restart", "auth-service", "task-service"]).await;
    until("both services respond", Duration::from_secs(20), async || user.works().await).await;
}

/// When each container that stays was started, so that one that was restarted shows.
async fn starts(stack: &Stack) -> Vec<String> {
    let mut starts = Vec::new();
    for service in STAYING {
        let state = inspect(&stack.container(service, 1)).await["State"].clone();
        assert_eq!(state["Health"]["Status"], "healthy", "{service}");
        starts.push(state["StartedAt"].as_str().unwrap().to_owned());
    }
    starts
}

#[tokio::test]
async fn secrets_are_checked_then_kept_then_taken_up() {
    let Some(mut stack) = Stack::up(&[("POSTGRES_PASSWORD", "first")]).await else { return };
    let user = User::sign_up(&stack.url(), "secret").await;
    an_invalid_secret_changes_nothing(&mut stack).await;
    every_changed_secret_is_taken_up(&mut stack, &user).await;
    only_a_password_that_the_server_accepts_is_kept(&mut stack).await;
    assert_eq!(user.signs_in().await, 200);
}

async fn an_invalid_secret_changes_nothing(stack: &mut Stack) {
    let before = starts(stack).await;
    let stored = stack.in_secrets("0:0", "cat /run/secrets/*/*").await;
    let mistakes = [
        ("AUTH_SERVICE_PASSWORD", "a/b"),
        ("AUTH_SECRETS", "short"),
        ("KEY_ENCRYPTION_KEYS", "bm90IDMyIGJ5dGVz"),
        ("KEY_ENCRYPTION_KEYS", KEY),
        ("MAIL_URL", "mail.example.com"),
        ("SOCIAL_PROVIDERS", "google"),
        ("MAIL_URL", "smtps://user:password@mail.example.com"),
    ];
    for (name, value) in mistakes {
        stack.set("AUTH_OWNER_PASSWORD", "valid-and-beside-it");
        stack.set(name, value);
        let output = stack.compose(&["run", "--rm", "secrets"]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{name}={value}");
        let named = said
            .lines()
            .any(|line| line.starts_with("secrets: ") && (line.contains(name) || line.contains("MAIL_FROM")));
        assert!(named && !said.contains(value), "{said}");
        stack.set(name, "");
    }
    // Some versions of Compose pass on new values at `up` too, and then it fails; others do not. None restarts anything.
    stack.set("AUTH_OWNER_PASSWORD", "a/b");
    let _ = stack.compose(&["up", "--detach"]).await;
    stack.set("AUTH_OWNER_PASSWORD", "");
    assert_eq!(starts(stack).await, before, "a container was restarted");
    assert_eq!(stack.in_secrets("0:0", "cat /run/secrets/*/*").await, stored);
}

async fn every_changed_secret_is_taken_up(stack: &mut Stack, user: &User) {
    assert!(stack.logs("auth-service").await.contains("mail is off"));
    let cookie_before = session_cookie(stack, "cookie").await;
    let stored = stack.in_secrets("0:0", "cat /run/secrets/auth-service/key_encryption_keys").await;
    let keys = format!("{KEY},{stored}");
    let changed = [
        ("POSTGRES_PASSWORD", "second !%"),
        ("KEY_ENCRYPTION_KEYS", &keys),
        ("AUTH_SECRETS", "another secret of more than 32 bytes"),
        ("WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("MAIL_URL", "smtps://user:password@mail.example.com"),
        ("MAIL_FROM", "accounts@example.com"),
        ("SOCIAL_PROVIDERS", PROVIDERS),
        ("AUTH_OWNER_PASSWORD", "quarry-lantern"),
        ("AUTH_SERVICE_PASSWORD", "quarry-lantern"),
        ("TASKS_OWNER_PASSWORD", "quarry-lantern"),
        ("TASKS_SERVICE_PASSWORD", "quarry-lantern"),
    ];
    for (name, value) in changed {
        stack.set(name, value);
    }
    apply(stack, user).await;
    let containers = stack.run(&["ps", "--all", "--quiet"]).await;
    let reported = docker(["inspect"].into_iter().chain(containers.lines())).await;
    assert!(
        ["quarry-lantern", "second !%", "mail.example.com", WEBHOOK_SECRET, "heron-client-secret"]
            .iter()
            .all(|given| !reported.contains(given))
    );
    let request =
        client().get(format!("{}/api/auth/get-session", stack.url())).header("cookie", cookie_before);
    assert_eq!(
        request.send().await.unwrap().text().await.unwrap(),
        "null",
        "the cookie of a secret that is gone"
    );
    assert!(!stack.logs("auth-service").await.contains("mail is off"));
    let capabilities = client().get(format!("{}/api/auth/capabilities", stack.url())).send().await.unwrap();
    assert!(capabilities.text().await.unwrap().contains(r#"{"id":"google","name":"Google"}"#));
    assert_eq!(user.create_task("with new passwords").await, 201);
    let stored = stack.in_secrets("0:0", "cat /run/secrets/*/webhook_secret").await;
    assert_eq!(stored.lines().collect::<Vec<_>>(), [WEBHOOK_SECRET; 2], "of both services");

    // Secrets that are no longer given stay, but mail is off again.
    for (name, _) in changed {
        stack.set(name, "");
    }
    apply(stack, user).await;
    assert_eq!(stack.in_secrets("0:0", "cat /run/secrets/postgres/superuser_password").await, "second !%");
    assert_eq!(stack.in_secrets("0:0", "cat /run/secrets/auth-service/mail_url").await, "");
    assert_eq!(stack.in_secrets("0:0", "cat /run/secrets/auth-service/social_providers").await, "");
    assert_eq!(stack.in_secrets("0:0", "cat /run/secrets/auth-service/key_encryption_keys").await, keys);
    assert!(
        stack
            .in_secrets("0:0", "cat /run/secrets/auth-service/database_url")
            .await
            .contains(":quarry-lantern@")
    );
    assert!(stack.logs("auth-service").await.contains("mail is off"));
}

/// The server's password and the stored one have come apart, as after an ALTER ROLE by hand.
async fn only_a_password_that_the_server_accepts_is_kept(stack: &mut Stack) {
    let alter = [
        "exec",
        "--no-TTY",
        "postgres",
        "psql",
        "--username=postgres",
        "--command",
        "ALTER ROLE postgres PASSWORD 'by hand'",
    ];
    stack.run(&alter).await;
    for (given, fits) in [("wrong", false), ("by hand", true)] {
        stack.set("POSTGRES_PASSWORD", given);
        stack.run(&["run", "--rm", "secrets"]).await;
        assert_eq!(stack.compose(&["up", "--detach", "--wait"]).await.status.success(), fits, "{given}");
        let stored = stack.in_secrets("999:999", "cat /run/secrets/postgres/*").await;
        assert_eq!(stored.contains("by hand"), fits);
        assert!(!stored.contains("wrong"), "a password that was never right is kept");
        starts(stack).await;
    }
}

/// The cookie of a new account.
async fn session_cookie(stack: &Stack, name: &str) -> String {
    let body = serde_json::json!({"name": name, "email": format!("{name}@example.com"), "password": "correct horse battery"});
    let answer =
        client().post(format!("{}/api/auth/sign-up/email", stack.url())).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}
