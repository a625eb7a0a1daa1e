//! The life of a private cluster.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use local_stack::cluster::{Cluster, ClusterOptions};
use local_stack::databases::connect;
use tokio_postgres::Client;

use crate::scratch::{DISPOSABLE, Scratch};

async fn start(cluster: &Cluster) -> u16 {
    cluster.start(&cluster.lock().await.unwrap()).await.unwrap()
}

async fn stop(cluster: &Cluster) {
    cluster.stop(&cluster.lock().await.unwrap()).await.unwrap();
}

async fn superuser(cluster: &Cluster, port: u16) -> Client {
    connect(&cluster.superuser_url(port, "postgres")).await.unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_cluster_is_made_once_found_again_and_keeps_its_data() {
    let scratch = Scratch::new();
    let root = scratch.path().join("cluster");
    // As left by an initdb that was interrupted.
    std::fs::create_dir_all(root.join("data.unfinished/base")).unwrap();
    let cluster = Cluster::open(&root, DISPOSABLE).await.unwrap();
    assert_eq!(cluster.running_port(), None);

    let port = start(&cluster).await;
    assert_eq!(cluster.running_port(), Some(port));
    let client = superuser(&cluster, port).await;
    client.batch_execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)").await.unwrap();
    let encoding = client.query_one("SELECT current_setting('server_encoding')", &[]).await.unwrap();
    assert_eq!(encoding.get::<_, &str>(0), "UTF8");

    let again = Cluster::open(&root, DISPOSABLE).await.unwrap();
    assert_eq!(start(&again).await, port, "a running server is used");

    stop(&again).await;
    assert_eq!(cluster.running_port(), None);
    stop(&cluster).await;
    let port = start(&cluster).await;
    let rows = superuser(&cluster, port).await.query("SELECT id FROM kept", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn secrets_and_data_are_for_their_owners_alone() {
    let scratch = Scratch::new();
    let cluster = Cluster::open(&scratch.path().join("cluster"), DISPOSABLE).await.unwrap();
    let port = start(&cluster).await;
    assert_eq!(mode(&cluster.root().join("secrets.env")), 0o600);
    assert_eq!(mode(&cluster.root().join("log")), 0o600);
    assert_eq!(mode(&cluster.root().join("data")), 0o700);
    assert_eq!(mode(&cluster.root().join("socket")), 0o700);
    assert!(!cluster.root().join("initdb-password").exists());
    assert_eq!(format!("{:?}", cluster.secrets()), "Secrets([REDACTED])");

    let wrong =
        cluster.superuser_url(port, "postgres").replace(cluster.secrets().superuser_password(), "guess");
    assert!(connect(&wrong).await.is_err(), "loopback asks for the password");
}

#[tokio::test]
async fn after_a_kill_it_starts_on_the_same_port_with_what_was_committed() {
    let scratch = Scratch::new();
    let cluster = Cluster::open(&scratch.path().join("cluster"), DISPOSABLE).await.unwrap();
    let port = start(&cluster).await;
    let client = superuser(&cluster, port).await;
    client.batch_execute("CREATE TABLE kept (id int)").await.unwrap();
    client.batch_execute("INSERT INTO kept SELECT generate_series(1, 1000)").await.unwrap();

    cluster.kill().await;
    assert_eq!(cluster.running_port(), None);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while client.batch_execute("SELECT 1").await.is_ok() {
        assert!(tokio::time::Instant::now() < deadline, "server processes end with their server");
    }

    let lock = cluster.lock().await.unwrap();
    assert_eq!(cluster.start_on(&lock, Some(port)).await.unwrap(), port);
    let row = superuser(&cluster, port).await.query_one("SELECT count(*) FROM kept", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1000);
}

#[tokio::test]
async fn a_pid_file_that_names_another_program_is_not_believed() {
    let scratch = Scratch::new();
    let cluster = Cluster::open(&scratch.path().join("cluster"), DISPOSABLE).await.unwrap();
    start(&cluster).await;
    let pid_file = cluster.root().join("data/postmaster.pid");
    let old = std::fs::read_to_string(&pid_file).unwrap();
    cluster.kill().await;
    // As after a crash of the machine: the number belongs to somebody else now, here to a program of the account that
    // runs the server, which PostgreSQL itself would take for another server.
    let mut somebody = tokio::process::Command::new("sleep");
    local_stack::account::Account::for_postgres().unwrap().apply(&mut somebody);
    let somebody = somebody.arg("60").kill_on_drop(true).spawn().unwrap();
    let (_, rest) = old.split_once('\n').unwrap();
    std::fs::write(&pid_file, format!("{}\n{rest}", somebody.id().unwrap())).unwrap();

    assert_eq!(cluster.running_port(), None);
    let port = start(&cluster).await;
    superuser(&cluster, port).await.batch_execute("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn many_starts_at_once_make_one_server() {
    let scratch = Scratch::new();
    let root = scratch.path().join("cluster");
    let starts = (0..8).map(|_| {
        let root = root.clone();
        tokio::spawn(async move { start(&Cluster::open(&root, DISPOSABLE).await.unwrap()).await })
    });
    let mut ports = Vec::new();
    for port in starts.collect::<Vec<_>>() {
        ports.push(port.await.unwrap());
    }
    assert!(ports.iter().all(|port| *port == ports[0]), "{ports:?}");
}

#[tokio::test]
async fn a_long_path_and_one_with_spaces_and_quotes_will_do() {
    let scratch = Scratch::new();
    let root = scratch.path().join(format!("it's a {} place", "very ".repeat(20)));
    let cluster = Cluster::open(&root, DISPOSABLE).await.unwrap();
    let port = start(&cluster).await;
    superuser(&cluster, port).await.batch_execute("SELECT 1").await.unwrap();
    cluster.remove().await.unwrap();
    assert!(!root.exists());
    assert_eq!(cluster.running_port(), None);
}

/// A clone in root's home directory, where the account that runs PostgreSQL cannot go.
#[tokio::test]
async fn a_directory_out_of_reach_is_replaced_by_one_within_reach() {
    let scratch = Scratch::new();
    let closed = scratch.path().join("home");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o700)).unwrap();
    let cluster = Cluster::open(&closed.join("cluster"), DISPOSABLE).await.unwrap();
    let as_root = nix::unistd::Uid::effective().is_root();
    assert_eq!(cluster.root().starts_with("/var/tmp"), as_root, "{}", cluster.root().display());
    let port = start(&cluster).await;
    let again = Cluster::open(&closed.join("cluster"), DISPOSABLE).await.unwrap();
    assert_eq!(start(&again).await, port, "it is found again");
    cluster.remove().await.unwrap();
    assert!(!cluster.root().exists());
}

#[tokio::test]
async fn data_of_another_version_are_made_anew_if_nobody_misses_them_and_kept_otherwise() {
    let scratch = Scratch::new();
    let root = scratch.path().join("cluster");
    let cluster = Cluster::open(&root, DISPOSABLE).await.unwrap();
    start(&cluster).await;
    stop(&cluster).await;
    let version = root.join("data/PG_VERSION");
    std::fs::write(&version, "9").unwrap();

    let kept = Cluster::open(&root, ClusterOptions { disposable: false, ..DISPOSABLE }).await.unwrap();
    let error = kept.start(&kept.lock().await.unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("PostgreSQL 9") && error.contains(&*root.to_string_lossy()), "{error}");
    assert_eq!(std::fs::read_to_string(&version).unwrap(), "9");

    start(&cluster).await;
    assert_ne!(std::fs::read_to_string(&version).unwrap(), "9");
}
