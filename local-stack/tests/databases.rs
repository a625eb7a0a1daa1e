//! The databases and roles, and the copies that tests get.

use std::process::Stdio;

use local_stack::cluster::Cluster;
use local_stack::databases::connect;
use local_stack::programs::Programs;
use local_stack::testing::{self, Database, TestDatabase};
use local_stack::workspace;
use local_stack::{Binary, run_to_end};
use tokio::process::Command;
use tokio_postgres::Client;

use crate::scratch::{DISPOSABLE, Scratch, client};

async fn superuser_of(database: &Database) -> Client {
    connect(&database.superuser_url()).await.unwrap()
}

async fn exists(client: &Client, name: &str) -> bool {
    let rows = client.query("SELECT FROM pg_database WHERE datname = $1", &[&name]).await.unwrap();
    !rows.is_empty()
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_until_its_end() {
    let (one, other) = (TestDatabase::empty_auth().await, TestDatabase::empty_auth().await);
    assert_ne!(one.name(), other.name());
    let client = superuser_of(&other).await;
    let owner = connect(&one.owner_url()).await.unwrap();
    owner.batch_execute("CREATE TABLE mine (id int)").await.unwrap();
    assert!(client.query("SELECT FROM mine", &[]).await.is_err());

    let name = one.name().to_owned();
    drop(one);
    assert!(!exists(&client, &name).await, "dropped although its owner is connected");
    assert!(owner.batch_execute("SELECT 1").await.is_err());
}

#[tokio::test]
async fn a_test_that_panics_leaves_no_database() {
    let witness = TestDatabase::empty_auth().await;
    let (send, receive) = tokio::sync::oneshot::channel();
    let failing = tokio::spawn(async {
        let database = TestDatabase::empty_tasks().await;
        send.send(database.name().to_owned()).unwrap();
        panic!("this test fails on purpose");
    });
    assert!(failing.await.unwrap_err().is_panic());
    assert!(!exists(&superuser_of(&witness).await, &receive.await.unwrap()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_databases_can_be_made_at_once() {
    let all = (0..24).map(|_| tokio::spawn(TestDatabase::empty_tasks())).collect::<Vec<_>>();
    let mut names = std::collections::BTreeSet::new();
    for database in all {
        let database = database.await.unwrap();
        connect(&database.service_url()).await.unwrap();
        names.insert(database.name().to_owned());
    }
    assert_eq!(names.len(), 24);
}

/// Another test process is this program again, with one test.
#[tokio::test]
async fn databases_of_ended_test_processes_are_swept_and_those_of_running_ones_stay() {
    let own = TestDatabase::empty_auth().await;
    let client = superuser_of(&own).await;
    let mut ended = Command::new("true").spawn().unwrap();
    let pid = ended.id().unwrap();
    ended.wait().await.unwrap();
    let stale = format!("test_empty_auth_{pid}_1_0");
    client.batch_execute(&format!("CREATE DATABASE {stale}")).await.unwrap();

    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args(["databases::each_test_has_a_database_of_its_own_until_its_end", "--exact"]);
    assert!(other.stdout(Stdio::null()).status().await.unwrap().success());
    assert!(!exists(&client, &stale).await);
    assert!(exists(&client, own.name()).await);
}

/// In a state directory where nothing is, several tests of another test process want everything at once.
#[tokio::test]
async fn the_first_tests_of_a_checkout_wait_for_each_other() {
    let scratch = Scratch::new();
    let mut others = Command::new(std::env::current_exe().unwrap());
    others.args(["--exact", "--test-threads=4", "databases::many_databases_can_be_made_at_once"]);
    others.args(["databases::a_test_that_panics_leaves_no_database"]);
    others.args(["databases::each_test_has_a_database_of_its_own_until_its_end"]);
    others.args(["databases::roles_may_sign_in_and_reach_their_own_database_and_nothing_else"]);
    let output = others.env("LATCHKEY_STATE_DIR", scratch.path()).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("4 passed"), "{text}");
}

#[tokio::test]
async fn roles_may_sign_in_and_reach_their_own_database_and_nothing_else() {
    let (auth, tasks) = (TestDatabase::empty_auth().await, TestDatabase::empty_tasks().await);
    for (database, foreign) in [(&auth, &tasks), (&tasks, &auth)] {
        for url in [database.service_url(), database.owner_url()] {
            let client = connect(&url).await.unwrap();
            let role = "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls \
                        FROM pg_roles WHERE rolname = current_user";
            let row = client.query_one(role, &[]).await.unwrap();
            assert!((0..5).all(|column| !row.get::<_, bool>(column)));
            assert!(connect(&url.replace(database.name(), foreign.name())).await.is_err());
            assert!(client.batch_execute("CREATE ROLE another").await.is_err());
        }
        let service = connect(&database.service_url()).await.unwrap();
        assert!(service.batch_execute("CREATE TABLE mine (id int)").await.is_err());
        assert!(service.batch_execute("CREATE TEMPORARY TABLE mine (id int)").await.is_err());
        let owner = connect(&database.owner_url()).await.unwrap();
        owner.batch_execute("CREATE TABLE mine (id int)").await.unwrap();
        assert!(service.batch_execute("SELECT FROM mine").await.is_err(), "tables are granted by migrations");
    }
}

#[tokio::test]
async fn a_copy_grants_what_the_script_grants() {
    for (database, original) in
        [(TestDatabase::empty_auth().await, "auth"), (TestDatabase::tasks().await, "tasks")]
    {
        let client = superuser_of(&database).await;
        let query = "SELECT datdba::regrole::text, datacl::text, encoding, datcollate FROM pg_database WHERE datname = $1";
        let copy = client.query_one(query, &[&database.name()]).await.unwrap();
        let original = client.query_one(query, &[&original]).await.unwrap();
        assert_eq!(copy.get::<_, String>(0), original.get::<_, String>(0));
        assert_eq!(copy.get::<_, String>(1), original.get::<_, String>(1));
        assert_eq!(copy.get::<_, i32>(2), original.get::<_, i32>(2));
        assert_eq!(copy.get::<_, String>(3), original.get::<_, String>(3));
    }
}

#[tokio::test]
async fn copies_are_migrated_and_hold_the_same_signing_key() {
    let mut key_ids = Vec::new();
    for _ in 0..2 {
        let database = TestDatabase::auth().await;
        let service = testing::auth_service(&database, &[]).await;
        let answer = client().get(format!("{}/.well-known/jwks.json", service.url())).send().await.unwrap();
        let jwks: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        key_ids.push(jwks["keys"][0]["kid"].as_str().unwrap().to_owned());
    }
    assert_eq!(key_ids[0], key_ids[1]);
}

/// Runs the script as an operator does.
async fn run_script(cluster: &Cluster, port: u16, without: &str) -> std::process::Output {
    run_script_as(("postgres", cluster.secrets().superuser_password()), port, without).await
}

async fn run_script_as((user, password): (&str, &str), port: u16, without: &str) -> std::process::Output {
    let mut command = Command::new(Programs::find().await.unwrap().path("psql"));
    command
        .args(["--no-psqlrc", "--no-password", "--file"])
        .arg(workspace::root().unwrap().join("migrations/databases.sql"));
    command.env("PGHOST", "127.0.0.1").env("PGPORT", port.to_string()).env("PGUSER", user);
    command.env("PGDATABASE", "postgres").env("PGPASSWORD", password);
    for role in ["auth_owner", "auth_service", "tasks_owner", "tasks_service"] {
        command.env(format!("{}_PASSWORD", role.to_uppercase()), format!("it's {role}'s \\ \"new\" one"));
    }
    command.env_remove(without).stdin(Stdio::null()).output().await.unwrap()
}

#[tokio::test]
async fn the_script_can_be_run_again_and_sets_passwords_and_rights_anew() {
    let scratch = Scratch::new();
    let cluster = Cluster::open(&scratch.path().join("cluster"), DISPOSABLE).await.unwrap();
    let port = cluster.start(&cluster.lock().await.unwrap()).await.unwrap();
    local_stack::databases::make(&cluster, port).await.unwrap();
    let superuser = connect(&cluster.superuser_url(port, "auth")).await.unwrap();
    superuser.batch_execute("ALTER ROLE auth_service SUPERUSER PASSWORD 'stolen'").await.unwrap();
    superuser
        .batch_execute("GRANT CONNECT ON DATABASE auth TO PUBLIC; CREATE TABLE kept (id int)")
        .await
        .unwrap();

    local_stack::databases::make(&cluster, port).await.unwrap();
    let service = connect(&cluster.role_url("auth_service", port, "auth")).await.unwrap();
    assert!(service.batch_execute("SELECT FROM kept").await.is_err(), "no superuser any more");
    assert!(connect(&cluster.role_url("tasks_service", port, "auth")).await.is_err());
    superuser.batch_execute("SELECT FROM kept").await.unwrap();

    let output = run_script(&cluster, port, "").await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(port).dbname("tasks").user("tasks_owner");
    drop(config.password("it's tasks_owner's \\ \"new\" one").connect(tokio_postgres::NoTls).await.unwrap());
}

#[tokio::test]
async fn the_script_refuses_a_missing_password_and_names_it() {
    let scratch = Scratch::new();
    let cluster = Cluster::open(&scratch.path().join("cluster"), DISPOSABLE).await.unwrap();
    let port = cluster.start(&cluster.lock().await.unwrap()).await.unwrap();
    let output = run_script(&cluster, port, "TASKS_OWNER_PASSWORD").await;
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("set TASKS_OWNER_PASSWORD in the environment"), "{text}");
    let superuser = connect(&cluster.superuser_url(port, "postgres")).await.unwrap();
    assert!(!exists(&superuser, "auth").await, "nothing is made before all is known");
}

/// As on a managed server, where nobody is a superuser.
#[tokio::test]
async fn an_administrator_who_is_no_superuser_runs_the_script_and_the_migrations_work() {
    let scratch = Scratch::new();
    let cluster = Cluster::open(&scratch.path().join("cluster"), DISPOSABLE).await.unwrap();
    let port = cluster.start(&cluster.lock().await.unwrap()).await.unwrap();
    let superuser = connect(&cluster.superuser_url(port, "postgres")).await.unwrap();
    superuser.batch_execute("CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD 'x'").await.unwrap();
    for _ in 0..2 {
        let output = run_script_as(("admin", "x"), port, "").await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let rights = "SELECT count(*) FROM pg_roles WHERE rolname ~ '_(owner|service)$' AND rolcanlogin \
                  AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)";
    assert_eq!(superuser.query_one(rights, &[]).await.unwrap().get::<_, i64>(0), 4);
    for (binary, role, database) in
        [(Binary::AuthService, "auth_owner", "auth"), (Binary::TaskService, "tasks_owner", "tasks")]
    {
        let password = "it%27s%20ROLE%27s%20%5C%20%22new%22%20one".replace("ROLE", role);
        let url = format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}");
        let migrated = run_to_end(binary, &["migrate"], [("MIGRATION_DATABASE_URL", url)]).await.unwrap();
        assert!(migrated.status.success(), "{migrated:?}");
    }
}
