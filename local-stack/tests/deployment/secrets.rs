//! The one-shot services that make secrets, databases and roles.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use local_stack::databases;

use super::services;
use super::stack::{Server, make_secrets};
use crate::scratch::Scratch;

const ADDRESS: &str = "postgres:5432";

/// Every file of the volume with what it holds.
fn volume(scratch: &Scratch) -> BTreeMap<String, String> {
    let root = scratch.path().join("secrets");
    let mut files = BTreeMap::new();
    for directory in std::fs::read_dir(&root).unwrap() {
        for file in std::fs::read_dir(directory.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read_to_string(&path).unwrap().trim_end().to_owned());
        }
    }
    files
}

fn made(given: &[(&str, &str)]) -> (Scratch, BTreeMap<String, String>) {
    let scratch = Scratch::new();
    let output = make_secrets(&scratch, ADDRESS, given);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = volume(&scratch);
    (scratch, files)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn every_secret_is_made_at_random_and_none_is_printed() {
    let scratch = Scratch::new();
    let output = make_secrets(&scratch, ADDRESS, &[]);
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    let (mut files, (_other, others)) = (volume(&scratch), made(&[]));
    assert_eq!(
        files.remove("auth-service/mail_url").as_deref(),
        Some(""),
        "there is no mail server at random"
    );
    assert_eq!(files.remove("auth-service/social_providers").as_deref(), Some(""), "nor a provider");
    let webhook_secret = files.remove("task-service/webhook_secret").unwrap();
    assert_eq!(files["auth-service/webhook_secret"], webhook_secret, "both services have the same");
    assert!(webhook_secret.starts_with("whsec_") && webhook_secret.len() == 50, "base64 of 32 bytes");
    assert_eq!(files.len(), 12, "{:?}", files.keys());
    assert_eq!(files.values().collect::<BTreeSet<_>>().len(), files.len(), "two are the same");
    assert!(files.iter().all(|(name, value)| others.get(name) != Some(value)), "a fixed value");
    for (name, value) in &files {
        if name.ends_with("_password") || name.ends_with("auth_secrets") {
            assert!(value.len() == 64 && value.chars().all(|digit| digit.is_ascii_hexdigit()), "{name}");
        }
    }
    let key = files.get("auth-service/key_encryption_keys").unwrap();
    assert!(key.len() == 44 && key.ends_with('='), "base64 of 32 bytes: {} characters", key.len());
}

#[test]
fn a_second_start_changes_nothing() {
    let (scratch, before) = made(&[]);
    assert!(make_secrets(&scratch, ADDRESS, &[]).status.success());
    assert_eq!(volume(&scratch), before);
}

#[test]
fn what_the_environment_gives_wins_and_is_kept() {
    let key = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    let (scratch, files) =
        made(&[("AUTH_SERVICE_PASSWORD", "given.by-hand_1~"), ("KEY_ENCRYPTION_KEYS", key)]);
    assert_eq!(files["auth-service/key_encryption_keys"], key);
    assert_eq!(
        files["auth-service/database_url"],
        "postgres://auth_service:given.by-hand_1~@postgres:5432/auth"
    );
    assert!(make_secrets(&scratch, ADDRESS, &[]).status.success());
    assert_eq!(volume(&scratch), files);
    assert!(make_secrets(&scratch, ADDRESS, &[("AUTH_SERVICE_PASSWORD", "another")]).status.success());
    assert_eq!(
        volume(&scratch)["auth-service/database_url"],
        "postgres://auth_service:another@postgres:5432/auth"
    );
}

#[test]
fn mail_is_sent_as_long_as_its_server_is_given() {
    let (scratch, files) =
        made(&[("MAIL_URL", "smtps://user:password@mail.example.com"), ("MAIL_FROM", "a@example.com")]);
    assert_eq!(files["auth-service/mail_url"], "smtps://user:password@mail.example.com");
    let providers = r#"{"google": {"clientId": "a", "clientSecret": "b"}}"#;
    let (_scratch, files) = made(&[("SOCIAL_PROVIDERS", providers)]);
    assert_eq!(files["auth-service/social_providers"], providers);
    assert!(make_secrets(&scratch, ADDRESS, &[]).status.success());
    assert_eq!(volume(&scratch)["auth-service/mail_url"], "");
}

#[test]
fn a_password_that_would_break_the_url_is_refused_by_name() {
    for password in ["p@ss", "a/b", "a b", "a:b", "ü", "a*", "%41"] {
        let scratch = Scratch::new();
        let output = make_secrets(&scratch, ADDRESS, &[("TASKS_OWNER_PASSWORD", password)]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("TASKS_OWNER_PASSWORD"), "{password:?}: {said}");
        assert!(!said.contains(password), "the password is printed");
    }
}

#[test]
fn an_invalid_value_changes_nothing_and_is_named() {
    let (scratch, before) = made(&[]);
    let other_key = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    let mistakes = [
        ("AUTH_SECRETS", "of 31 bytes, which is too short"),
        ("AUTH_SECRETS", " , "),
        ("AUTH_SECRETS", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("AUTH_SECRETS", "change-me-change-me-change-me-change"),
        ("KEY_ENCRYPTION_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("KEY_ENCRYPTION_KEYS", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
        // Not the names of the files here.
        ("AUTH_SECRETS", "*"),
        ("KEY_ENCRYPTION_KEYS", " , "),
        ("AUTH_SECRETS", "a first secret of 32 bytes or more,short"),
        ("KEY_ENCRYPTION_KEYS", "no base64!"),
        ("KEY_ENCRYPTION_KEYS", "bm90IDMyIGJ5dGVz"),
        ("KEY_ENCRYPTION_KEYS", other_key),
        ("WEBHOOK_SECRET", " , "),
        ("WEBHOOK_SECRET", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
        ("WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("MAIL_URL", "mail.example.com"),
        ("SOCIAL_PROVIDERS", "google"),
        ("MAIL_URL", "smtps://mail.example.com"),
    ];
    for (name, value) in mistakes {
        let output = make_secrets(&scratch, ADDRESS, &[("AUTH_OWNER_PASSWORD", "valid"), (name, value)]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(name), "{name}={value}: {said}");
        assert!(value.len() < 5 || !said.contains(value), "the value is printed");
        assert_eq!(volume(&scratch), before, "{name}={value}");
    }
    let output = make_secrets(&scratch, ADDRESS, &[("AUTH_OWNER_PASSWORD", "first\nsecond")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("line break") && !said.contains("second"), "{said}");
    assert_eq!(volume(&scratch), before, "the first line alone is kept");
    let kept = before["auth-service/key_encryption_keys"].clone();
    // A former one that repeats itself may stay until it is replaced.
    let (longer, secrets) =
        (format!("{other_key}, {kept}"), "a first secret of 32 bytes or more, sixteen-sixteen-sixteen-");
    let output =
        make_secrets(&scratch, ADDRESS, &[("KEY_ENCRYPTION_KEYS", &longer), ("AUTH_SECRETS", secrets)]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "secrets: AUTH_SECRETS has changed\nsecrets: KEY_ENCRYPTION_KEYS has changed\n"
    );
    assert_eq!(volume(&scratch)["auth-service/key_encryption_keys"], longer);
}

/// Compose 2.26 writes given values into the container when it creates it, and starts the same container at each `up`.
#[test]
fn a_start_without_given_values_keeps_all_of_them() {
    let mail = [("MAIL_URL", "smtps://mail.example.com"), ("MAIL_FROM", "a@example.com")];
    let (scratch, before) = made(&mail);
    assert!(!scratch.path().join("given").exists(), "the given values stay in the container");
    let mut command = super::stack::script("secrets");
    let programs = super::stack::pretended_chown(&scratch).0;
    command.env("SECRETS_DIRECTORY", scratch.path().join("secrets")).env("DATABASE_ADDRESS", ADDRESS);
    command.env("GIVEN_PATH", scratch.path().join("given")).env("PATH", super::stack::path_with(&[programs]));
    assert!(command.output().unwrap().status.success());
    assert_eq!(volume(&scratch), before);
}

#[test]
fn each_reader_gets_a_directory_that_nobody_else_can_enter() {
    let (scratch, files) = made(&[]);
    let asked = std::fs::read_to_string(scratch.path().join("chown-asked")).unwrap();
    let mut owners = BTreeSet::new();
    let root = scratch.path().join("secrets");
    for directory in std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()) {
        let reader = directory.file_name().unwrap().to_str().unwrap();
        let user = services()[reader]["user"].as_str().unwrap().to_owned();
        assert!(
            asked.lines().any(|line| line == format!("-R {user} {reader}")),
            "{reader} as {user}: {asked}"
        );
        assert_eq!(mode(&directory), 0o700, "{reader}");
        assert!(owners.insert(user), "{reader} shares its user");
    }
    assert_eq!(owners.len(), 5);
    for name in files.keys() {
        assert_eq!(mode(&root.join(name)), 0o600, "{name}");
    }
    assert_eq!(services()["databases"]["user"], services()["postgres"]["user"], "both read `postgres`");
}

#[tokio::test]
async fn databases_and_roles_are_made_and_made_again_with_new_passwords() {
    let server = Server::start().await;
    server.prepare(&[]).await;
    let readers = ["auth-migrate", "auth-service", "task-migrate", "task-service"];
    for reader in readers {
        databases::connect(&server.url_of(reader)).await.unwrap();
    }
    let old = server.url_of("auth-service");
    server.prepare(&[("AUTH_SERVICE_PASSWORD", "changed")]).await;
    for reader in readers {
        databases::connect(&server.url_of(reader)).await.unwrap();
    }
    assert!(server.url_of("auth-service").contains(":changed@"));
    assert!(databases::connect(&old).await.is_err(), "the old password is still good");
}
