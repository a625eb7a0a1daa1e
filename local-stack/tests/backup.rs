//! docs/BACKUP.md: its commands bring both databases back on another server, and put right what a restore brings back.

mod deployment;
mod document;

use std::path::Path;

use local_stack::Service;
use local_stack::databases::connect;
use local_stack::testing::{self, Database, PrivateCluster, free_port, private_cluster};
use reqwest::Client;

pub(crate) use self::deployment::{Deployment, kid};
use self::deployment::{Person, SECRET};
pub(crate) use self::document::Server;
use crate::scratch::{Scratch, client};

/// A cluster without databases and roles, as a new server is.
async fn new_server() -> PrivateCluster {
    let cluster = private_cluster().await;
    let url = cluster.auth().superuser_url().replace("/auth", "/postgres");
    let superuser = connect(&url).await.unwrap();
    for name in ["auth", "tasks"] {
        superuser.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        superuser.batch_execute(&format!("DROP ROLE {name}_owner, {name}_service")).await.unwrap();
    }
    cluster
}

/// Backs up one server and restores on the other.
async fn copy(old: &PrivateCluster, new: &PrivateCluster, backup: &Path) {
    Server::of(old, backup).run("back-up", 0, &[]).await;
    Server::of(new, backup).run("restore", 0, &[]).await;
}

/// The ids of the published keys.
async fn published(http: &Client, auth: &Service) -> Vec<String> {
    let url = format!("{}/.well-known/jwks.json", auth.url());
    let jwks: serde_json::Value = http.get(url).send().await.unwrap().json().await.unwrap();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn count(database: &Database, sql: &str) -> i64 {
    connect(&database.superuser_url()).await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_backup_restores_accounts_sessions_keys_and_tasks_on_a_new_server() {
    if !testing::only_direct("pg_dump needs the server itself") {
        return;
    }
    let (old, new, scratch, http) = (private_cluster().await, new_server().await, Scratch::new(), client());
    let before = Deployment::start(&old, old.auth().secrets()).await;
    let alice = before.sign_up(&http, "alice").await;
    let bob = before.sign_up(&http, "bob").await;
    before.add_task(&http, &alice, "Water the plants").await;
    before.add_task(&http, &bob, "Feed the cat").await;
    let keys = published(&http, &before.auth).await;
    copy(&old, &new, scratch.path()).await;
    before.sign_out(&http, &bob).await;
    drop(before);

    let after = Deployment::start(&new, old.auth().secrets()).await;
    assert_eq!(published(&http, &after.auth).await, keys);
    assert_eq!(after.titles(&http, &alice).await.unwrap(), ["Water the plants"], "her token of before");
    assert!(after.has_session(&http, &bob).await, "the restore forgot the sign-out");
    row_level_security_holds(new.tasks(), &alice).await;

    Server::of(&new, scratch.path()).run("end-all-sessions", 0, &[]).await;
    assert!(!after.has_session(&http, &alice).await && !after.has_session(&http, &bob).await);
    after.wait_until_refused(&http, &alice).await;
    let alice = after.sign_in(&http, "alice").await;
    assert_eq!(after.titles(&http, &alice).await.unwrap(), ["Water the plants"]);
    after.add_task(&http, &alice, "Buy milk").await;
    let bob = after.sign_in(&http, "bob").await;
    assert_eq!(after.titles(&http, &bob).await.unwrap(), ["Feed the cat"]);
    let carol = after.sign_up(&http, "carol").await;
    assert_eq!(after.titles(&http, &carol).await.unwrap(), [""; 0]);
}

/// The service's role sees the rows of the user it acts as, and otherwise none, and the owner is bound too.
async fn row_level_security_holds(tasks: &Database, person: &Person) {
    let service = connect(&tasks.service_url()).await.unwrap();
    let seen = async |sql: &str| service.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(seen("SELECT count(*) FROM tasks").await, 0);
    service.batch_execute("BEGIN").await.unwrap();
    service.query("SELECT act_as($1)", &[&person.id]).await.unwrap();
    assert_eq!(seen("SELECT count(*) FROM tasks").await, 1);
    service.batch_execute("COMMIT").await.unwrap();
    let forced =
        "SELECT count(*) FROM pg_class WHERE relforcerowsecurity AND relname IN ('tasks', 'task_counts')";
    assert_eq!(count(tasks, forced).await, 2);
    assert_eq!(count(tasks, "SELECT count(*) FROM tasks").await, 2, "both users' are there");
}

#[tokio::test]
async fn a_key_that_was_revoked_since_is_revoked_again() {
    if !testing::only_direct("pg_dump needs the server itself") {
        return;
    }
    let (old, new, scratch, http) = (private_cluster().await, new_server().await, Scratch::new(), client());
    let before = Deployment::start(&old, old.auth().secrets()).await;
    let alice = before.sign_up(&http, "alice").await;
    let stolen = kid(&alice.token);
    let backup = scratch.path();
    copy(&old, &new, backup).await;
    drop(before);

    let secrets = old.auth().secrets();
    let keys = [("KID", stolen.as_str()), ("KEY_ENCRYPTION_KEYS", &secrets.key_encryption_keys)];
    let list = Server::of(&new, backup).run("revoke-keys-again", 0, &keys).await;
    assert!(list.contains(&format!("{stolen}  active")), "{list}");
    let after = Deployment::start(&new, secrets).await;
    assert!(!published(&http, &after.auth).await.contains(&stolen));
    assert_eq!(after.titles(&http, &alice).await.unwrap_err(), 401);
    let alice = after.sign_in(&http, "alice").await;
    assert_eq!(after.titles(&http, &alice).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn without_the_encryption_keys_a_revoked_signing_key_makes_the_service_start() {
    if !testing::only_direct("pg_dump needs the server itself") {
        return;
    }
    let (old, new, scratch, http) = (private_cluster().await, new_server().await, Scratch::new(), client());
    let before = Deployment::start(&old, old.auth().secrets()).await;
    let alice = before.sign_up(&http, "alice").await;
    let lost = kid(&alice.token);
    copy(&old, &new, scratch.path()).await;
    drop(before);

    let mut secrets = old.auth().secrets().clone();
    secrets.key_encryption_keys = new.auth().secrets().key_encryption_keys.clone();
    let problem = deployment::refused(new.auth(), &secrets).await;
    assert!(problem.contains(&lost) && problem.contains("KEY_ENCRYPTION_KEYS"), "{problem}");
    let server = Server::of(&new, scratch.path());
    let said = server.run_then("without-key_encryption_keys", "echo \"$KEY_ENCRYPTION_KEYS\"", &lost).await;
    said.lines().last().unwrap().clone_into(&mut secrets.key_encryption_keys);
    let after = Deployment::start(&new, &secrets).await;
    assert!(after.has_session(&http, &alice).await, "sessions stay");
    let alice = after.sign_in(&http, "alice").await;
    assert_eq!(after.titles(&http, &alice).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn users_who_were_deleted_since_are_deleted_again() {
    if !testing::only_direct("pg_dump needs the server itself") {
        return;
    }
    let (old, new, scratch, http) = (private_cluster().await, new_server().await, Scratch::new(), client());
    let secrets = old.auth().secrets();
    let before = Deployment::start(&old, secrets).await;
    let (alice, bob) = (before.sign_up(&http, "alice").await, before.sign_up(&http, "bob").await);
    let backup = scratch.path();
    copy(&old, &new, backup).await;
    drop(before);

    let bind = format!("127.0.0.1:{}", free_port());
    let webhook = format!("http://{bind}/webhooks/auth-service");
    let settings = [("WEBHOOK_URL", webhook.as_str()), ("WEBHOOK_SECRET", SECRET)];
    let receiver = [("BIND", bind.as_str()), ("WEBHOOK_SECRET", SECRET)];
    let after = Deployment::start_with(&new, secrets, &settings, &receiver).await;
    after.add_task(&http, &alice, "Water the plants").await;
    after.add_task(&http, &bob, "Feed the cat").await;
    let server = Server::of(&new, backup);
    server.run("delete-users-again", 0, &[("USER_ID", &alice.id)]).await;
    after.wait_until_refused(&http, &alice).await;
    deployment::eventually(async || count(new.tasks(), "SELECT count(*) FROM tasks").await == 1).await;
    assert_eq!(server.run("delete-users-again", 1, &[]).await.trim(), alice.id);

    // As if `tasks` were of an earlier time than `auth`.
    let superuser = connect(&new.auth().superuser_url()).await.unwrap();
    superuser.execute("DELETE FROM users WHERE id = $1", &[&bob.id]).await.unwrap();
    superuser.execute("DELETE FROM webhook_deliveries", &[]).await.unwrap();
    let carol = after.sign_up(&http, "carol").await;
    after.add_task(&http, &carol, "Buy milk").await;
    let listed = server.run("delete-users-again", 2, &[]).await;
    assert!(listed.contains(&bob.id) && !listed.contains(&carol.id), "{listed}");
    server.run("delete-users-again", 3, &[]).await;
    assert_eq!(count(new.tasks(), "SELECT count(*) FROM tasks").await, 1);
    assert_eq!(after.titles(&http, &carol).await.unwrap(), ["Buy milk"]);
}
