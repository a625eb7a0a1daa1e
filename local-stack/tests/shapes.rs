//! The ways to the tests' databases that a whole run can choose.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::{self, Database, TestDatabase, private_cluster};
use tokio::process::Command;
use tokio::time::Instant;
use tokio_postgres::{Client, NoTls};

use crate::pooler::ask;
use crate::scratch::Scratch;

const SOON: Duration = Duration::from_secs(30);

/// What this run chose.
fn shape() -> String {
    std::env::var("LATCHKEY_TEST_DATABASE").unwrap_or_default()
}

/// A connection of the service's role to where it can write.
async fn service(database: &Database) -> Result<Client, local_stack::Error> {
    connect(&format!("{}?target_session_attrs=read-write", database.service_url())).await
}

/// The servers that a URL names.
fn ports(url: &str) -> Vec<u16> {
    let servers = url.split_once('@').unwrap().1.split_once('/').unwrap().0;
    servers.split(',').map(|server| server.strip_prefix("127.0.0.1:").unwrap().parse().unwrap()).collect()
}

/// The port of the server that answers, asked of itself.
async fn server_port(client: &Client) -> u16 {
    ask(client, "SELECT inet_server_port()").await.parse().unwrap()
}

#[tokio::test]
async fn the_service_writes_to_its_database_whatever_stands_in_between() {
    let database = TestDatabase::empty_tasks().await;
    let owner = connect(&database.owner_url()).await.unwrap();
    let table = "CREATE TABLE entries (id int); GRANT SELECT, INSERT ON entries TO tasks_service";
    owner.batch_execute(table).await.unwrap();
    let service = service(&database).await.unwrap();
    service.batch_execute("INSERT INTO entries VALUES (1)").await.unwrap();
    assert_eq!(ask(&owner, "SELECT count(*) FROM entries").await, "1");
    assert_eq!(ask(&service, "SELECT current_user").await, "tasks_service");
    let port = server_port(&owner).await;
    assert_eq!(server_port(&service).await, port, "of PostgreSQL itself");
    assert_eq!((ports(&database.owner_url()), ports(&database.superuser_url())), (vec![port], vec![port]));

    let named = ports(&database.service_url());
    let told = testing::task_env(&database, "http://auth").get("DATABASE_POOLER").cloned();
    match shape().as_str() {
        "pooler" => {
            assert!(named.len() == 1 && named[0] != port);
            assert_eq!(told.as_deref(), Some("transaction"));
        }
        "standby" => {
            assert!(named.len() == 2 && named[1] == port, "the standby comes first");
            assert_eq!(told, None);
        }
        _ => assert_eq!((named, told), (vec![port], None)),
    }
}

/// auth-service itself fills its template, and must have left it before copies are made.
#[tokio::test]
async fn the_database_of_auth_service_is_filled_whatever_stands_in_between() {
    let database = TestDatabase::auth().await;
    let service = service(&database).await.unwrap();
    assert_eq!(ask(&service, "SELECT count(*) > 0 FROM signing_keys").await, "t");
}

#[tokio::test]
async fn a_standby_has_each_database_and_each_commit() {
    if shape() != "standby" {
        return;
    }
    let database = TestDatabase::empty_tasks().await;
    let (standby, connection) = tokio_postgres::connect(&database.service_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(ask(&standby, "SELECT pg_is_in_recovery()").await, "t", "the first server of the URL");
    assert!(standby.batch_execute("BEGIN READ WRITE").await.is_err());

    let service = service(&database).await.unwrap();
    assert_eq!(ask(&service, "SELECT pg_is_in_recovery()").await, "f");
    assert_eq!(ask(&service, "SHOW synchronous_commit").await, "on");
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let streaming = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'";
    assert_eq!(ask(&superuser, streaming).await, "sync");

    let owner = connect(&database.owner_url()).await.unwrap();
    let table = "SET synchronous_commit = remote_apply; CREATE TABLE entries AS SELECT 7 AS id; \
                 GRANT SELECT ON entries TO tasks_service";
    owner.batch_execute(table).await.unwrap();
    assert_eq!(ask(&standby, "SELECT id FROM entries").await, "7");
}

#[tokio::test]
async fn a_private_cluster_is_reached_again_after_a_kill() {
    let cluster = private_cluster().await;
    let client = service(cluster.tasks()).await.unwrap();
    let port = server_port(&client).await;
    let behind_pooler = ports(&cluster.tasks().service_url()) != [port];
    assert_eq!(behind_pooler, shape() == "pooler");
    cluster.kill().await;
    cluster.start().await;
    let deadline = Instant::now() + SOON;
    loop {
        if let Ok(client) = service(cluster.tasks()).await
            && client.simple_query("SELECT 1").await.is_ok()
        {
            break;
        }
        assert!(Instant::now() < deadline, "never reached again");
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_test_for_direct_connections_is_skipped_elsewhere() {
    let direct = matches!(shape().as_str(), "" | "direct");
    assert_eq!(testing::only_direct("it is an example"), direct);
}

/// Does nothing but in the run of the next test.
#[tokio::test]
async fn tasks_on_a_coordinator_are_distributed_and_reached() {
    if std::env::var_os("LATCHKEY_CITUS_URL").is_none() {
        return;
    }
    let database = TestDatabase::tasks().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let triggers = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'tasks'::regclass AND NOT tgisinternal";
    assert_eq!(ask(&superuser, triggers).await, "0");
    let forced = "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'tasks'::regclass";
    assert_eq!(ask(&superuser, forced).await, "t");
    assert_eq!(ask(&superuser, "SELECT language FROM act_as_language").await, "plpgsql");
    let mut service = service(&database).await.unwrap();
    assert_eq!(ask(&service, "SHOW citus.propagate_set_commands").await, "local");
    let transaction = service.transaction().await.unwrap();
    transaction.execute("SELECT act_as($1)", &[&"alice"]).await.unwrap();
    let insert = "INSERT INTO tasks (user_id, id, title, is_completed, priority, created_at, updated_at) \
                  VALUES ('alice', gen_random_uuid(), 'a', false, 'low', now(), now())";
    assert_eq!(transaction.execute(insert, &[]).await.unwrap(), 1);
    transaction.commit().await.unwrap();
    assert_eq!(ask(&superuser, "SELECT count(*) FROM tasks").await, "1", "an earlier run's are gone");
}

/// Citus itself is not in Debian. Its one function stands in for it here.
#[tokio::test]
async fn a_coordinator_in_the_environment_serves_the_tests_of_task_service() {
    let cluster = private_cluster().await;
    let superuser = connect(&cluster.tasks().superuser_url()).await.unwrap();
    let stand_in = "
        CREATE TABLE distributed (name text);
        GRANT INSERT ON distributed TO tasks_owner;
        CREATE FUNCTION create_distributed_table(name regclass, key text) RETURNS void LANGUAGE sql
        AS $$ INSERT INTO distributed VALUES (name::text || ' by ' || key) $$;
        CREATE VIEW act_as_language AS
        SELECT l.lanname AS language FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        WHERE p.proname = 'act_as'";
    superuser.batch_execute(stand_in).await.unwrap();
    let state = Scratch::new();
    for _ in 0..2 {
        let mut command = command(
            "citus",
            state.path(),
            &[
                "shapes::tasks_on_a_coordinator_are_distributed_and_reached",
                "shapes::the_service_writes_to_its_database_whatever_stands_in_between",
            ],
        );
        command.env("LATCHKEY_CITUS_URL", cluster.tasks().superuser_url());
        let output = command.output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("2 passed"), "{text}");
    }
    let distributed = "SELECT string_agg(name, ', ') FROM distributed";
    assert_eq!(ask(&superuser, distributed).await, "tasks by user_id, tasks by user_id");
}

/// Runs tests of this program in another process, in a run of this shape with a state directory of its own.
async fn run(shape: &str, state: &Path, tests: &[&str]) -> Output {
    command(shape, state, tests).output().await.unwrap()
}

fn command(shape: &str, state: &Path, tests: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--test-threads=4"]).args(tests);
    command.env("LATCHKEY_TEST_DATABASE", shape).env("LATCHKEY_STATE_DIR", state);
    command.env("LATCHKEY_SKIPPED", state.join("skipped")).env_remove("LATCHKEY_CITUS_URL");
    command
}

const INNER: [&str; 8] = [
    "shapes::the_service_writes_to_its_database_whatever_stands_in_between",
    "shapes::a_standby_has_each_database_and_each_commit",
    "shapes::a_private_cluster_is_reached_again_after_a_kill",
    "shapes::a_test_for_direct_connections_is_skipped_elsewhere",
    "shapes::the_database_of_auth_service_is_filled_whatever_stands_in_between",
    "databases::a_copy_grants_what_the_script_grants",
    "databases::many_databases_can_be_made_at_once",
    "databases::roles_may_sign_in_and_reach_their_own_database_and_nothing_else",
];

/// The process ids of all servers and poolers below this directory.
fn processes(state: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for cluster in ["test-postgres", "test-postgres-replicated"] {
        for file in ["data/postmaster.pid", "standby/data/postmaster.pid", "pooler/pid"] {
            let path = state.join(cluster).join(file);
            if let Ok(text) = std::fs::read_to_string(&path) {
                found.insert(path, text.lines().next().unwrap_or_default().to_owned());
            }
        }
    }
    found
}

fn runs(pid: &str) -> bool {
    // A process that nobody has reaped has no command line any more.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

/// Two runs, each with several tests that want everything at once; the second finds what the first has started.
async fn a_run_starts_what_it_needs(shape: &str, kinds: &[&str]) {
    let state = Scratch::new();
    let output = run(shape, state.path(), &INNER).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("8 passed"), "{text}");
    let skipped =
        format!("SKIPPED: it is an example, so a test does not run with LATCHKEY_TEST_DATABASE={shape}.\n");
    assert_eq!(std::fs::read_to_string(state.path().join("skipped")).unwrap(), skipped);
    assert!(String::from_utf8_lossy(&output.stderr).contains(&skipped));
    let started = processes(state.path());
    assert_eq!(started.len(), kinds.len(), "{started:?}");
    assert!(kinds.iter().all(|kind| started.keys().any(|path| path.ends_with(kind))), "{started:?}");

    assert!(run(shape, state.path(), &INNER[..1]).await.status.success());
    assert_eq!(processes(state.path()), started, "they are found again");

    let mut stop = Command::new(env!("CARGO_BIN_EXE_local-stack"));
    assert!(stop.arg("stop-tests").env("LATCHKEY_STATE_DIR", state.path()).status().await.unwrap().success());
    // A server removes its pid file, which `pg_ctl` waits for, a moment before it ends.
    let deadline = Instant::now() + SOON;
    while started.values().any(|pid| runs(pid)) {
        assert!(Instant::now() < deadline, "{started:?}");
        tokio::task::yield_now().await;
    }

    assert!(
        run(shape, state.path(), &INNER[..1]).await.status.success(),
        "it starts again from what is there"
    );
}

#[tokio::test]
async fn a_run_through_a_pooler_starts_one_for_all_its_tests() {
    a_run_starts_what_it_needs("pooler", &["data/postmaster.pid", "pooler/pid"]).await;
}

#[tokio::test]
async fn a_run_against_a_standby_starts_one_for_all_its_tests() {
    a_run_starts_what_it_needs(
        "standby",
        &["test-postgres-replicated/data/postmaster.pid", "standby/data/postmaster.pid"],
    )
    .await;
}

#[tokio::test]
async fn a_pooler_that_died_is_started_again_by_the_next_test() {
    let state = Scratch::new();
    assert!(run("pooler", state.path(), &INNER[..1]).await.status.success());
    let pid_file = state.path().join("test-postgres/pooler/pid");
    let pid = std::fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    assert!(run("pooler", state.path(), &INNER[..1]).await.status.success());
    assert_ne!(std::fs::read_to_string(&pid_file).unwrap().trim(), pid.to_string());
}

#[tokio::test]
async fn an_unknown_shape_fails_a_run_and_is_named() {
    let state = Scratch::new();
    let output = run("poolr", state.path(), &INNER[..1]).await;
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("LATCHKEY_TEST_DATABASE is \"poolr\""), "{text}");
}
