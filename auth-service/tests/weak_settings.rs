//! Settings that work and protect less than they should: named at start and by `config check`, and never refused.

use local_stack::testing::{self, TestDatabase};
use local_stack::{Binary, Finished, run_to_end};
use serde_json::Value;

/// Names of the settings that a log warns of, in order.
fn warned_of(lines: &[String]) -> Vec<String> {
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let warnings = lines.filter(|line| line["level"] == "WARN");
    warnings.filter_map(|line| line["fields"]["setting"].as_str().map(str::to_owned)).collect()
}

async fn run(database: &TestDatabase, arguments: &[&str], changes: &[(&str, &str)]) -> Finished {
    testing::build_binaries().await.unwrap();
    let mut env = testing::auth_env(database);
    env.insert("LOG_FORMAT".to_owned(), "json".to_owned());
    env.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    run_to_end(Binary::AuthService, arguments, env).await.unwrap()
}

/// What `config check` warns of: each line names a setting and gives a reason.
fn warnings_of_check(checked: &Finished) -> Vec<&str> {
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(checked.stdout, ["auth-service: settings ok"]);
    checked
        .stderr
        .iter()
        .map(|line| line.strip_prefix("auth-service: warning: ").unwrap().split_once(": ").unwrap().0)
        .collect()
}

#[tokio::test]
async fn each_weak_setting_is_named_once_at_start_and_by_the_check() {
    let database = TestDatabase::auth().await;
    let weak =
        [("BCRYPT_COST", "9"), ("RATE_LIMIT_ENABLED", "false"), ("BASE_URL", "http://auth.example.com")];
    let names = ["BCRYPT_COST", "RATE_LIMIT_ENABLED", "BASE_URL"];
    let service = testing::auth_service(&database, &weak).await;
    assert_eq!(warned_of(&service.output()), names);
    assert_eq!(warnings_of_check(&run(&database, &["config", "check"], &weak).await), names);
}

#[tokio::test]
async fn what_is_right_for_its_place_is_not_mentioned() {
    let database = TestDatabase::auth().await;
    for settings in [
        [("BCRYPT_COST", "10"), ("RATE_LIMIT_ENABLED", "false"), ("BASE_URL", "http://localhost:8081")],
        [("BCRYPT_COST", "12"), ("RATE_LIMIT_ENABLED", "true"), ("BASE_URL", "https://auth.example.com")],
        [("BCRYPT_COST", "12"), ("RATE_LIMIT_ENABLED", "true"), ("BASE_URL", "http://[::1]:8081")],
    ] {
        let service = testing::auth_service(&database, &settings).await;
        assert!(warned_of(&service.output()).is_empty(), "{settings:?}");
        assert!(warnings_of_check(&run(&database, &["config", "check"], &settings).await).is_empty());
    }
}

#[tokio::test]
async fn a_secret_among_the_arguments_is_named_and_not_shown() {
    let database = TestDatabase::auth().await;
    let secret = "0b8f5c0e4d3a29171f6e2d4c8b7a9053";
    let url = database.service_url();
    let without_password = "postgres://auth_service@127.0.0.1:9/auth";
    let quiet = [("BCRYPT_COST", "12")];
    for (arguments, names) in [
        (vec!["--auth-secrets", secret], vec!["AUTH_SECRETS"]),
        (vec!["--database-url", &url, "--auth-secrets", secret], vec!["DATABASE_URL", "AUTH_SECRETS"]),
        (vec!["--database-url", without_password, "--jwt-ttl", "10m"], vec![]),
    ] {
        let checked = run(&database, &[&["config", "check"], &arguments[..]].concat(), &quiet).await;
        assert_eq!(warnings_of_check(&checked), names);
        assert!(!checked.stderr.join("").contains(secret));
        // A start that ends at once, because a secret is missing.
        let broken = [quiet[0], ("KEY_ENCRYPTION_KEYS", "")];
        let started = run(&database, &[&["serve"], &arguments[..]].concat(), &broken).await;
        assert_eq!(warned_of(&started.stdout), names);
        assert!(!started.stdout.join("").contains(secret));
    }
    let listed = run(&database, &["keys", "--database-url", &url, "list"], &[]).await;
    assert!(listed.status.success(), "{listed:?}");
    assert!(listed.stderr[0].starts_with("auth-service: warning: DATABASE_URL: "), "{listed:?}");
}
