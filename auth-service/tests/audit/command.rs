//! `auth-service audit`.

use local_stack::testing::Database;
use local_stack::workspace::Binary;
use local_stack::{Finished, run_to_end};
use serde_json::Value;

use crate::support::{Auth, email};

async fn audit(database: &Database, arguments: &[&str]) -> Finished {
    let env = [("DATABASE_URL", database.service_url()), ("MIGRATION_DATABASE_URL", database.owner_url())];
    run_to_end(Binary::AuthService, &[&["audit"], arguments].concat(), env).await.unwrap()
}

/// A service whose keys were created before the audit log begins.
async fn started() -> Auth {
    let auth = Auth::start().await;
    auth.superuser().await.batch_execute("TRUNCATE audit_events").await.unwrap();
    auth
}

/// The events of a list as JSON.
async fn list(database: &Database, arguments: &[&str]) -> Vec<Value> {
    let finished = audit(database, &[&["list", "--format", "json"], arguments].concat()).await;
    assert!(finished.status.success(), "{finished:?}");
    finished.stdout.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn an_operator_finds_every_sign_in_of_a_user_on_a_day() {
    let auth = started().await;
    let alice = auth.user("alice").await;
    auth.user("bob").await;
    auth.another_device("alice").await;
    let database = &auth.database;
    let set = "UPDATE audit_events SET occurred_at = $2::text::timestamptz WHERE reason = $1";
    let superuser = auth.superuser().await;
    for (reason, time) in [("sign_up", "2026-03-01 23:59:59Z"), ("sign_in", "2026-03-02 00:00:00Z")] {
        superuser.execute(set, &[&reason, &time]).await.unwrap();
    }
    let of_day = ["--user", &email("alice"), "--event", "session.started", "--day", "2026-03-02"];
    let found = list(database, &of_day).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["reason"], "sign_in");
    assert_eq!((&found[0]["user_id"], &found[0]["client_address"]), (&alice.user["id"], &"127.0.0.1".into()));
    let id = alice.user["id"].as_str().unwrap();
    assert_eq!(
        list(database, &["--user", id, "--event", "session.started", "--event", "user.created"]).await.len(),
        3
    );
    assert_eq!(list(database, &["--since", "2026-03-02", "--until", "2026-03-03T00:00:00Z"]).await, found);
    assert_eq!(list(database, &[]).await.len(), 5);

    let text = audit(database, &["list"]).await.stdout;
    assert_eq!((text.len(), text[0].starts_with("TIME")), (6, true), "{text:?}");
    let csv = audit(database, &["list", "--format", "csv", "--user", id]).await.stdout;
    assert_eq!((csv.len(), csv[0].starts_with("occurred_at,")), (4, true), "{csv:?}");
}

#[tokio::test]
async fn what_an_operator_mistypes_is_named() {
    let auth = Auth::start().await;
    for (arguments, said) in [
        (&["list", "--user", "nobody@example.com"][..], "nobody@example.com"),
        (&["list", "--event", "session.begun"], "session.started"),
        (&["list", "--day", "yesterday"], "--day"),
        (&["list", "--since", "yesterday"], "2026-11-30T08:00:00Z"),
        (&["list", "--day", "2026-11-30", "--since", "2026-11-30"], "cannot be used with"),
        (&["prune"], "--older-than"),
    ] {
        let finished = audit(&auth.database, arguments).await;
        assert!(!finished.status.success(), "{arguments:?}");
        assert!(finished.stderr.join("\n").contains(said), "{arguments:?}: {finished:?}");
    }
}

#[tokio::test]
async fn the_owner_prunes_what_is_older_and_the_service_cannot() {
    let auth = started().await;
    auth.user("alice").await;
    let superuser = auth.superuser().await;
    // More than one statement deletes.
    let old = "INSERT INTO audit_events (event, outcome, occurred_at)
               SELECT 'user.created', 'success', now() - interval '100 days' FROM generate_series(1, 12000)";
    superuser.batch_execute(old).await.unwrap();
    let pruned = audit(&auth.database, &["prune", "--older-than", "2160h"]).await;
    assert_eq!(pruned.stdout, ["12000 events deleted."], "{pruned:?}");
    assert_eq!(auth.count("audit_events").await, 2);
    let env = [("MIGRATION_DATABASE_URL", auth.database.service_url())];
    let refused =
        run_to_end(Binary::AuthService, &["audit", "prune", "--older-than", "0s"], env).await.unwrap();
    assert!(!refused.status.success() && refused.stderr.join("").contains("permission"), "{refused:?}");
    assert_eq!(auth.count("audit_events").await, 2);
}
