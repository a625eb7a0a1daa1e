//! A primary that dies and a standby that takes over.

use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::{Database, replicated_cluster};
use tokio::time::Instant;
use tokio_postgres::Client;

use crate::pooler::ask;

/// A connection of the service's role to the server that accepts writes.
async fn writable(database: &Database) -> Result<Client, local_stack::Error> {
    connect(&format!("{}?target_session_attrs=read-write", database.service_url())).await
}

#[tokio::test]
async fn the_standby_takes_over_with_every_commit_that_was_acknowledged() {
    let mut cluster = replicated_cluster().await;
    let owner = connect(&cluster.tasks().owner_url()).await.unwrap();
    let table = "CREATE TABLE entries (id int); GRANT SELECT, INSERT ON entries TO tasks_service";
    owner.batch_execute(table).await.unwrap();
    let service = writable(cluster.tasks()).await.unwrap();
    let mut acknowledged = 0;
    for id in 0..50 {
        service.batch_execute(&format!("INSERT INTO entries VALUES ({id})")).await.unwrap();
        acknowledged += 1;
    }
    let first = cluster.tasks().service_url().replace(&format!(",{}", server(&cluster.standby_tasks())), "");
    assert_eq!(ask(&connect(&first).await.unwrap(), "SELECT pg_is_in_recovery()").await, "f", "{first}");

    cluster.kill_primary().await;
    assert!(service.simple_query("SELECT 1").await.is_err(), "cut off");
    let start = Instant::now();
    assert!(connect(&first).await.is_err());
    assert!(start.elapsed() < Duration::from_secs(1), "refused and not left waiting");
    assert!(writable(cluster.tasks()).await.is_err(), "nobody may write until the standby is promoted");

    cluster.promote().await;
    let service = writable(cluster.tasks()).await.unwrap();
    assert_eq!(ask(&service, "SELECT count(*) FROM entries").await, acknowledged.to_string());
    let insert = service.batch_execute("INSERT INTO entries VALUES (50)");
    tokio::time::timeout(Duration::from_secs(10), insert).await.expect("it waits for no standby").unwrap();
    let superuser = connect(&cluster.standby_tasks().superuser_url()).await.unwrap();
    assert_eq!(ask(&superuser, "SELECT max(id) FROM entries").await, "50");
    assert!(connect(&first).await.is_err(), "the old primary does not come back");
}

/// Commits wait for the standby: the reason why the test above can ask for every one of them.
#[tokio::test]
async fn a_commit_waits_while_the_standby_does_not_answer() {
    let cluster = replicated_cluster().await;
    let on_standby = connect(&cluster.standby_auth().superuser_url()).await.unwrap();
    let owner = connect(&cluster.auth().owner_url()).await.unwrap();
    let receiver: i32 = ask(&on_standby, "SELECT pid FROM pg_stat_wal_receiver").await.parse().unwrap();
    let signal = |signal| nix::sys::signal::kill(nix::unistd::Pid::from_raw(receiver), signal).unwrap();

    signal(nix::sys::signal::Signal::SIGSTOP);
    let mut commit = std::pin::pin!(owner.batch_execute("CREATE TABLE entries (id int)"));
    let waited = tokio::time::timeout(Duration::from_millis(300), &mut commit).await;
    assert!(waited.is_err(), "committed without the standby");
    signal(nix::sys::signal::Signal::SIGCONT);
    commit.await.unwrap();
}

#[tokio::test]
async fn both_databases_are_migrated_and_removed_in_the_end() {
    let mut cluster = replicated_cluster().await;
    let standby = connect(&cluster.standby_auth().service_url()).await.unwrap();
    assert_eq!(ask(&standby, "SELECT count(*) FROM users").await, "0");
    let standby = connect(&cluster.standby_tasks().superuser_url()).await.unwrap();
    assert_eq!(ask(&standby, "SELECT count(*) FROM tasks").await, "0");
    let directory = ask(&standby, "SHOW data_directory").await;
    let root = std::path::Path::new(&directory).ancestors().nth(2).unwrap().to_owned();
    assert!(root.join("data").exists());
    cluster.kill_primary().await;
    drop(cluster);
    assert!(standby.simple_query("SELECT 1").await.is_err());
    assert!(!root.exists(), "{}", root.display());
}

fn server(database: &Database) -> String {
    let url = database.service_url();
    url.split_once('@').unwrap().1.split_once('/').unwrap().0.to_owned()
}
