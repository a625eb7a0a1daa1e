//! A network that goes dead between a client and its database.

use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::{SilentDatabase, TestDatabase};
use tokio::time::{Instant, timeout};
use tokio_postgres::Client;

use crate::pooler::ask;

/// Much longer than an answer takes over loopback.
const A_WHILE: Duration = Duration::from_millis(300);

const SOON: Duration = Duration::from_secs(20);

async fn is_silent(client: &Client) -> bool {
    timeout(A_WHILE, client.simple_query("SELECT 1")).await.is_err()
}

#[tokio::test]
async fn connections_fall_silent_on_both_sides_while_new_ones_are_served() {
    let database = TestDatabase::empty_auth().await;
    let silent = SilentDatabase::of(&database).await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let old = connect(silent.service_url()).await.unwrap();
    old.batch_execute("CREATE TEMPORARY TABLE mine (id int)").await.unwrap_err();
    let pid = ask(&old, "SELECT pg_backend_pid()").await;
    assert_eq!(silent.connections(), 1);

    silent.fall_silent();
    let new = connect(silent.service_url()).await.unwrap();
    assert_eq!(ask(&new, "SELECT 1").await, "1");
    assert_eq!(silent.connections(), 2);
    assert!(is_silent(&old).await);
    let state = format!("SELECT state || ' ' || query FROM pg_stat_activity WHERE pid = {pid}");
    assert_eq!(
        ask(&superuser, &state).await,
        "idle SELECT pg_backend_pid()",
        "nothing came, nothing was closed"
    );

    // Neither end learns that the other is gone.
    drop(old);
    assert!(is_silent_end(&superuser, &state).await);
    silent.recover();
    assert_eq!(ask(&new, "SELECT 1").await, "1");
}

/// The server's connection stays, whatever the client does.
async fn is_silent_end(superuser: &Client, state: &str) -> bool {
    let end = Instant::now() + A_WHILE;
    while Instant::now() < end {
        if !ask(superuser, state).await.starts_with("idle") {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

#[tokio::test]
async fn a_server_that_closes_a_silent_connection_is_not_heard() {
    let database = TestDatabase::empty_auth().await;
    let silent = SilentDatabase::of(&database).await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let client = connect(silent.service_url()).await.unwrap();
    let pid = ask(&client, "SELECT pg_backend_pid()").await;
    silent.fall_silent();
    ask(&superuser, &format!("SELECT pg_terminate_backend({pid}, 5000)")).await;
    assert!(is_silent(&client).await);
    assert!(!client.is_closed());
}

#[tokio::test]
async fn new_connections_get_no_answer_until_it_recovers() {
    let database = TestDatabase::empty_auth().await;
    let silent = SilentDatabase::of(&database).await;
    let old = connect(silent.service_url()).await.unwrap();
    silent.refuse_silently();
    let mut unanswered = Box::pin(connect(silent.service_url()));
    assert!(timeout(A_WHILE, &mut unanswered).await.is_err());
    assert_eq!(silent.connections(), 2, "it was opened all the same");
    assert_eq!(ask(&old, "SELECT 1").await, "1", "existing connections are served");

    silent.recover();
    assert_eq!(ask(&connect(silent.service_url()).await.unwrap(), "SELECT 1").await, "1");
    assert!(timeout(A_WHILE, &mut unanswered).await.is_err(), "what got no answer gets none later");
    assert_eq!(silent.connections(), 3);
}

#[tokio::test]
async fn a_served_connection_ends_at_both_ends() {
    let database = TestDatabase::empty_auth().await;
    let silent = SilentDatabase::of(&database).await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let client = connect(silent.service_url()).await.unwrap();
    let pid = ask(&client, "SELECT pg_backend_pid()").await;
    let there = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    drop(client);
    let deadline = Instant::now() + SOON;
    while ask(&superuser, &there).await != "0" {
        assert!(Instant::now() < deadline, "the server never heard of it");
    }

    let client = connect(silent.service_url()).await.unwrap();
    drop(silent);
    let query = timeout(SOON, client.simple_query("SELECT 1")).await.unwrap();
    assert!(query.is_err(), "closed with the proxy");
}
