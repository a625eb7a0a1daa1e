//! `--json`: one value on standard output, and nothing else there.

use local_stack::testing::{TestDatabase, auth_env, report_skipped};
use local_stack::{Binary, Finished, run_to_end};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};

use crate::import::{Scratch, run};
use crate::support::{Auth, connect};

/// The one JSON value that a command prints.
async fn value(database: &TestDatabase, arguments: &[&str], env: &[(&str, &str)]) -> Value {
    let finished = run(database, arguments, env).await;
    assert!(finished.status.success(), "{finished:?}");
    parsed(&finished)
}

fn parsed(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout.join("\n")).unwrap()
}

fn fields(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

async fn keys(database: &TestDatabase) -> [String; 2] {
    let list = value(database, &["keys", "--json", "list"], &[]).await;
    [0, 1].map(|index| list["keys"][index]["kid"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn changes_of_keys_are_reported() {
    let database = TestDatabase::auth().await;
    let [active, pending] = keys(&database).await;
    let published = "UPDATE signing_keys SET published_at = now() - interval '1 day'";
    connect(&database.superuser_url()).await.batch_execute(published).await.unwrap();
    let rotated = value(&database, &["keys", "rotate", "--json"], &[]).await;
    assert_eq!(rotated, json!({"action": "rotated", "kid": pending}));

    let [_, next] = keys(&database).await;
    let revoked = value(&database, &["keys", "revoke", &pending, "--json"], &[]).await;
    let known_from = revoked["successor_known_from"].clone();
    assert!(known_from.is_string(), "the next key was published just now: {revoked}");
    let expected = json!({
        "action": "revoked", "kid": pending, "was": "active", "successor": next, "successor_known_from": known_from,
        "published_for_seconds": null,
    });
    assert_eq!(revoked, expected);
    let rarely = [("KEY_REFRESH_INTERVAL", "1m")];
    let revoked = value(&database, &["keys", "revoke", &active, "--json"], &rarely).await;
    assert_eq!((&revoked["was"], &revoked["published_for_seconds"]), (&json!("retired"), &json!(60)));
    assert_eq!(revoked["successor"], Value::Null);

    let again = value(&database, &["keys", "re-encrypt", "--json"], &[]).await;
    assert_eq!(
        again,
        json!({
            "action": "re_encrypted", "count": 2, "webhook_secrets": 0, "linked_accounts": 0,
            "lost_linked_accounts": 0, "second_factors": 0, "lost_second_factors": 0,
        })
    );
    let scratch = Scratch::new();
    let file = scratch.path("key.pem");
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    std::fs::write(&file, key.to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes()).unwrap();
    let [_, pending] = keys(&database).await;
    let imported = value(&database, &["keys", "import", &file, "--kid", "own", "--json"], &[]).await;
    let expected = json!({"action": "imported", "kid": "own", "published_until": null, "replaced": pending});
    assert_eq!(imported, expected);
    let set = value(&database, &["keys", "export-public", "--json"], &[]).await;
    assert!(set["keys"].as_array().unwrap().len() > 1, "{set}");
    let unknown = run(&database, &["keys", "revoke", "nobody", "--json"], &[]).await;
    assert_eq!((unknown.status.code(), unknown.stdout.len()), (Some(1), 0), "{unknown:?}");
}

#[tokio::test]
async fn the_check_of_settings_is_reported_whatever_it_finds() {
    let database = TestDatabase::empty_auth().await;
    let check = ["config", "check", "--json"];
    let valid = value(&database, &check, &[("RATE_LIMIT_ENABLED", "true")]).await;
    assert_eq!(fields(&valid), ["error", "valid", "warnings"]);
    assert_eq!((&valid["valid"], &valid["error"]), (&json!(true), &Value::Null));
    let settings: Vec<&Value> =
        valid["warnings"].as_array().unwrap().iter().map(|warning| &warning["setting"]).collect();
    assert_eq!(settings, ["BCRYPT_COST"]);
    let invalid = run(&database, &check, &[("AUTH_SECRETS", "short")]).await;
    assert_eq!(invalid.status.code(), Some(1));
    let invalid = parsed(&invalid);
    assert_eq!(invalid["valid"], false);
    assert!(invalid["error"].as_str().unwrap().contains("AUTH_SECRETS"), "{invalid}");
}

#[tokio::test]
async fn migrations_and_deleted_events_are_counted() {
    let database = TestDatabase::empty_auth().await;
    let owner = database.owner_url();
    let command = async |arguments: &[&str]| {
        let finished =
            run_to_end(Binary::AuthService, arguments, [("MIGRATION_DATABASE_URL", &owner)]).await.unwrap();
        assert!(finished.status.success(), "{finished:?}");
        parsed(&finished)
    };
    let first = command(&["migrate", "--json"]).await;
    assert!(first["applied"].as_u64().is_some_and(|applied| applied >= 12), "{first}");
    assert_eq!(command(&["migrate", "--json"]).await, json!({"applied": 0}));
    let old = "INSERT INTO audit_events (occurred_at, event, outcome)
               VALUES (now() - interval '3 h', 'user.created', 'success'), (now(), 'user.created', 'success')";
    connect(&database.superuser_url()).await.batch_execute(old).await.unwrap();
    let pruned = command(&["audit", "prune", "--older-than", "1h", "--json"]).await;
    assert_eq!(pruned, json!({"deleted": 1}));
}

/// Enough accounts for a line of progress, which is shown without `--json`.
#[tokio::test]
async fn imports_and_exports_are_reported_without_progress() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let scratch = Scratch::new();
    let (to, again) = (scratch.path("out"), scratch.path("again"));
    let shown = run(&auth.database, &["export", "--to", &to], &[]).await;
    assert_eq!(shown.stderr, ["users: 1 of 1 (100 %)"]);
    let quiet = run(&auth.database, &["export", "--to", &again, "--json"], &[]).await;
    assert_eq!(quiet.stderr, Vec::<String>::new());
    let expected = json!({
        "to": again, "users": 1, "passwords": 1, "bans": 0, "own_scheme": 0, "linked_accounts": 0,
        "second_factors": 0, "totp_secrets": 0, "with_fields": 0, "keys": 2, "private_keys": 0,
        "skipped_sessions": 1,
    });
    assert_eq!(parsed(&quiet), expected);

    let file = format!("{to}/users.csv");
    let import = ["import", "csv", "--file", &file, "--json"];
    let imported = run(&auth.database, &import, &[]).await;
    assert_eq!(imported.stderr, Vec::<String>::new());
    assert_eq!(parsed(&imported)["users"]["already_there"], 1);
    let missing = run(&auth.database, &["import", "csv", "--file", "/no/such/file", "--json"], &[]).await;
    assert_eq!((missing.status.code(), missing.stdout.len()), (Some(1), 0));
}

/// On a terminal an export shows a bar on standard error and its result on standard output.
#[tokio::test]
async fn a_bar_is_shown_on_a_terminal_alone() {
    if !cfg!(target_os = "linux") {
        return report_skipped("`script`, which gives a command a terminal, has other options here.");
    }
    let auth = Auth::start().await;
    auth.user("alice").await;
    let scratch = Scratch::new();
    let program = Binary::AuthService.path().unwrap();
    let on_terminal = async |name: &str, option: &str| {
        let (to, result) = (scratch.path(name), scratch.path(&format!("{name}.txt")));
        let command = format!("{} export --to {to} {option} >{result}", program.display());
        let mut script = tokio::process::Command::new("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        script.envs(auth_env(&auth.database)).env("TERM", "xterm").stdin(std::process::Stdio::null());
        let output = script.output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        (String::from_utf8(output.stdout).unwrap(), std::fs::read_to_string(result).unwrap())
    };
    let (terminal, result) = on_terminal("shown", "").await;
    assert!(terminal.contains("users ") && terminal.contains("\u{1b}["), "{terminal:?}");
    assert!(result.contains("users      1, 1 with a password"), "{result}");
    let (terminal, result) = on_terminal("hidden", "--json").await;
    assert_eq!(terminal, "");
    assert!(result.starts_with('{'), "{result}");
}
