//! PgBouncer in front of tests' databases.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::{self, Pooler, PoolerOptions, TestDatabase};
use local_stack::workspace;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::Instant;
use tokio_postgres::Client;

use crate::scratch::Scratch;

const SOON: Duration = Duration::from_secs(20);

/// The first column of the first row. A simple query: nothing is prepared.
pub async fn ask(client: &Client, query: &str) -> String {
    let messages = client.simple_query(query).await.unwrap();
    let value = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    value.unwrap_or_else(|| panic!("no row: {query}")).to_owned()
}

/// Waits until the superuser's query returns the expected value.
async fn until(client: &Client, query: &str, wanted: &str) {
    let deadline = Instant::now() + SOON;
    while ask(client, query).await != wanted {
        assert!(Instant::now() < deadline, "never {wanted}: {query}");
    }
}

#[tokio::test]
async fn clients_share_a_server_connection_between_transactions() {
    let database = TestDatabase::empty_auth().await;
    let options = PoolerOptions { default_pool_size: 1, ..PoolerOptions::default() };
    let pooler = Pooler::in_front_of(&database, options).await;
    let url = pooler.url(&database.service_url());
    let (one, other) = (connect(&url).await.unwrap(), connect(&url).await.unwrap());
    let pid = "SELECT pg_backend_pid()";
    assert_eq!(ask(&one, pid).await, ask(&other, pid).await);

    one.batch_execute("BEGIN").await.unwrap();
    let waiting = ask(&other, pid);
    let waited = tokio::time::timeout(Duration::from_millis(200), waiting).await;
    assert!(waited.is_err(), "the only connection belongs to a transaction");
    one.batch_execute("COMMIT").await.unwrap();
    ask(&other, pid).await;
}

#[tokio::test]
async fn consecutive_transactions_of_a_client_take_turns_on_the_server_connections() {
    let database = TestDatabase::empty_auth().await;
    let pooler = Pooler::in_front_of(&database, PoolerOptions::default()).await;
    let url = pooler.url(&database.service_url());
    let (one, other) = (connect(&url).await.unwrap(), connect(&url).await.unwrap());
    // Two transactions at once take two server connections.
    one.batch_execute("BEGIN").await.unwrap();
    other.batch_execute("BEGIN; COMMIT").await.unwrap();
    one.batch_execute("COMMIT; SET statement_timeout = '7s'").await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4 {
        seen.insert(ask(&one, "SHOW statement_timeout").await);
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["10s", "7s"],
        "a setting of the session is lost at times"
    );
}

#[tokio::test]
async fn named_statements_do_not_survive_a_transaction() {
    let database = TestDatabase::empty_auth().await;
    let pooler = Pooler::in_front_of(&database, PoolerOptions::default()).await;
    let url = pooler.url(&database.service_url());
    let (one, other) = (connect(&url).await.unwrap(), connect(&url).await.unwrap());
    one.batch_execute("BEGIN").await.unwrap();
    other.batch_execute("BEGIN; COMMIT").await.unwrap();
    one.batch_execute("COMMIT").await.unwrap();
    let mut refused = false;
    for _ in 0..4 {
        let outcome = async {
            let statement = one.prepare("SELECT 1").await?;
            one.query(&statement, &[]).await.map(drop)
        };
        refused |= outcome.await.is_err();
    }
    assert!(refused, "a service that names its statements is found out");
}

#[tokio::test]
async fn all_four_roles_sign_in_with_their_passwords_and_nobody_else_does() {
    let (auth, tasks) = (TestDatabase::empty_auth().await, TestDatabase::empty_tasks().await);
    let pooler = Pooler::in_front_of(&auth, PoolerOptions::default()).await;
    for (database, prefix) in [(&auth, "auth"), (&tasks, "tasks")] {
        for (url, role) in [(database.service_url(), "service"), (database.owner_url(), "owner")] {
            let client = connect(&pooler.url(&url)).await.unwrap();
            assert_eq!(ask(&client, "SELECT current_user").await, format!("{prefix}_{role}"));
            assert_eq!(ask(&client, "SELECT current_database()").await, database.name());
        }
    }
    let url = pooler.url(&auth.service_url());
    let (role, place) = url.rsplit_once('@').unwrap();
    let (role, _) = role.rsplit_once(':').unwrap();
    assert!(connect(&format!("{role}:guess@{place}")).await.is_err());
    assert!(connect(&pooler.url(&auth.superuser_url())).await.is_err());
    assert!(connect(&url.replace(auth.name(), tasks.name())).await.is_err(), "the server has its say");
}

#[tokio::test]
async fn startup_parameters_that_a_pooler_cannot_keep_are_refused() {
    let database = TestDatabase::empty_auth().await;
    let pooler = Pooler::in_front_of(&database, PoolerOptions::default()).await;
    let url = format!("{}?options=-c%20statement_timeout%3D7s", pooler.url(&database.service_url()));
    let error = connect(&url).await.unwrap_err().to_string();
    assert!(error.contains("unsupported startup parameter: options"), "{error}");
}

#[tokio::test]
async fn idle_server_connections_are_closed_while_their_clients_stay() {
    let database = TestDatabase::empty_auth().await;
    let options = PoolerOptions { server_idle_timeout: Duration::from_secs(1), ..PoolerOptions::default() };
    let pooler = Pooler::in_front_of(&database, options).await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let client = connect(&pooler.url(&database.service_url())).await.unwrap();
    let count = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND usename = 'auth_service'",
        database.name()
    );
    ask(&client, "SELECT 1").await;
    until(&superuser, &count, "1").await;
    until(&superuser, &count, "0").await;
    assert_eq!(ask(&client, "SELECT 1").await, "1");
}

#[tokio::test]
async fn it_is_gone_when_its_test_is_over() {
    let database = TestDatabase::empty_auth().await;
    let pooler = Pooler::in_front_of(&database, PoolerOptions::default()).await;
    let url = pooler.url(&database.service_url());
    let client = connect(&url).await.unwrap();
    drop(pooler);
    assert!(client.simple_query("SELECT 1").await.is_err());
    assert!(connect(&url).await.is_err());
}

/// What another process of this program does until it is killed. Does nothing in a run of its own.
#[tokio::test]
async fn a_process_that_ends_without_cleaning_up() {
    if std::env::var_os(ABORT).is_none() {
        return;
    }
    let cluster = testing::private_cluster().await;
    let _pooler = Pooler::in_front_of(cluster.auth(), PoolerOptions::default()).await;
    std::process::abort();
}

const ABORT: &str = "LATCHKEY_TEST_ABORT";

#[tokio::test]
async fn what_a_killed_test_process_left_is_removed_when_tests_are_stopped() {
    workspace::build_binaries().await.unwrap();
    let scratch = Scratch::new();
    // Anybody may put temporary files there, as in a real one.
    std::fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o1777)).unwrap();
    let left = || std::fs::read_dir(scratch.path()).unwrap().flatten().map(|entry| entry.path());
    let mut killed = Command::new(std::env::current_exe().unwrap());
    killed.args(["--exact", "pooler::a_process_that_ends_without_cleaning_up"]).env(ABORT, "1");
    killed.env("TMPDIR", scratch.path()).env("LATCHKEY_STATE_DIR", scratch.path());
    assert!(!killed.output().await.unwrap().status.success());
    assert_eq!(left().count(), 2);
    let port = left().find_map(|path| std::fs::read_to_string(path.join("pgbouncer.ini")).ok()).unwrap();
    let port: u16 = port.lines().find_map(|line| line.strip_prefix("listen_port = ")?.parse().ok()).unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok(), "it outlives its test");

    let mut stop = Command::new(env!("CARGO_BIN_EXE_local-stack"));
    stop.arg("stop-tests").env("TMPDIR", scratch.path()).env("LATCHKEY_STATE_DIR", scratch.path());
    assert!(stop.status().await.unwrap().success());
    assert_eq!(left().collect::<Vec<_>>(), Vec::<PathBuf>::new());
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn services_behind_it_are_told_so() {
    let (auth, tasks) = (TestDatabase::empty_auth().await, TestDatabase::empty_tasks().await);
    let pooler = Pooler::in_front_of(&auth, PoolerOptions::default()).await;
    for (direct, pooled) in [
        (testing::auth_env(&auth), testing::auth_env(&pooler.database(&auth))),
        (testing::task_env(&tasks, "http://a"), testing::task_env(&pooler.database(&tasks), "http://a")),
    ] {
        assert_eq!(pooled["DATABASE_POOLER"], "transaction");
        assert!(pooled["DATABASE_URL"].contains(&format!("@127.0.0.1:{}/", pooler.port())));
        assert_ne!(direct["DATABASE_URL"], pooled["DATABASE_URL"]);
    }
    let (behind, plain) = (pooler.database(&auth), &*auth);
    assert_eq!((behind.owner_url(), behind.superuser_url()), (plain.owner_url(), plain.superuser_url()));
}
