//! What can block a migration: another one, a table in use, and rows that a policy hides.

use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::{TestDatabase, migrate_with_rows, task_env};
use local_stack::{Binary, Service, run_to_end};
use refinery::{Migration, Runner, Target};
use service_kit::database::{DatabaseError, DatabaseUrl, MIGRATION_LOCK_TIMEOUT, MigrateOptions};
use tokio_postgres::error::SqlState;

/// The lock that `migrate` takes ("latchkey" in ASCII).
const LOCK: &str = "BEGIN; SELECT pg_advisory_xact_lock(x'6c617463686b6579'::bigint)";

fn address(url: &str) -> DatabaseUrl {
    DatabaseUrl::parse("MIGRATION_DATABASE_URL", &url.to_owned().into(), "test").unwrap()
}

fn one_more(sql: &str) -> Runner {
    let mut migrations = task_service::migrations::runner().get_migrations().clone();
    migrations.push(Migration::unapplied("V99__one_more", sql).unwrap());
    Runner::new(&migrations)
}

#[tokio::test]
async fn another_run_is_waited_for_and_told_of() {
    let database = TestDatabase::empty_tasks().await;
    let other = connect(&format!("{}?application_name=hanging", database.owner_url())).await.unwrap();
    other.batch_execute(LOCK).await.unwrap();
    let address = address(&database.owner_url());
    let refused = address
        .migrate(task_service::migrations::runner(), Duration::from_millis(300), MigrateOptions::default())
        .await
        .unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, DatabaseError::MigrationRuns { .. }), "{text}");
    assert!(text.contains("(hanging), whose transaction began at 2"), "{text}");

    other.batch_execute("ROLLBACK").await.unwrap();
    let run = || {
        address.migrate(task_service::migrations::runner(), MIGRATION_LOCK_TIMEOUT, MigrateOptions::default())
    };
    let (one, two, three) = tokio::join!(run(), run(), run());
    let mut applied = [one.unwrap(), two.unwrap(), three.unwrap()];
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, task_service::migrations::runner().get_migrations().len()]);
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(superuser.query_one(held, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_migrate_unless_that_is_allowed_and_accepted_by_serve() {
    let database = TestDatabase::tasks().await;
    let run = |arguments| {
        run_to_end(Binary::TaskService, arguments, [("MIGRATION_DATABASE_URL", database.owner_url())])
    };
    address(&database.owner_url())
        .migrate(one_more("CREATE TABLE later ()"), MIGRATION_LOCK_TIMEOUT, MigrateOptions::default())
        .await
        .unwrap();
    let refused = run(&["migrate"]).await.unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let known = task_service::migrations::runner().get_migrations().len();
    let text = format!("at schema version 99, and this binary knows versions up to {known}");
    assert!(refused.stderr.iter().any(|line| line.contains(&text)), "{refused:?}");
    let allowed = run(&["migrate", "--allow-newer-schema"]).await.unwrap();
    assert!(allowed.status.success(), "{allowed:?}");
    // It listens when it has looked at the schema.
    Service::spawn(Binary::TaskService, task_env(&database, "http://127.0.0.1:1")).await.unwrap();
}

#[tokio::test]
async fn a_table_in_use_is_not_waited_for_in_everybodys_way() {
    let database = TestDatabase::tasks().await;
    let reader = connect(&database.superuser_url()).await.unwrap();
    reader.batch_execute("BEGIN; SELECT FROM tasks").await.unwrap();
    let limit = "SELECT setting FROM pg_db_role_setting, unnest(setconfig) AS setting \
                 WHERE setrole = 'tasks_owner'::regrole ORDER BY setting";
    let settings: Vec<String> =
        reader.query(limit, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(settings, ["lock_timeout=30s", "row_security=off"], "migrations/databases.sql");
    // The same limit, shorter.
    let url = format!("{}?options=-c%20lock_timeout%3D300ms", database.owner_url());
    let migration = one_more("ALTER TABLE tasks ADD COLUMN more text");
    let refused = address(&url)
        .migrate(migration, MIGRATION_LOCK_TIMEOUT, MigrateOptions::default())
        .await
        .unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, DatabaseError::TableInUse(_)), "{text}");
    assert!(text.contains("The migration was rolled back"), "{text}");
}

#[tokio::test]
async fn a_migration_that_forgets_that_policies_hide_the_rows_is_an_error() {
    let database = TestDatabase::tasks().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let insert = "INSERT INTO tasks (user_id, id, title, is_completed, priority, created_at, updated_at) \
                  VALUES ('alice', gen_random_uuid(), 'hers', false, 'low', now(), now())";
    superuser.batch_execute(insert).await.unwrap();
    let forgets = "UPDATE tasks SET title = upper(title)";
    let owner = address(&database.owner_url());
    let DatabaseError::Migration(refused) = owner
        .migrate(one_more(forgets), MIGRATION_LOCK_TIMEOUT, MigrateOptions::default())
        .await
        .unwrap_err()
    else {
        panic!("another error")
    };
    let cause =
        std::error::Error::source(&refused).and_then(|cause| cause.downcast_ref::<tokio_postgres::Error>());
    assert_eq!(cause.unwrap().code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{refused}");
    let titles =
        async || superuser.query_one("SELECT title FROM tasks", &[]).await.unwrap().get::<_, String>(0);
    assert_eq!(titles().await, "hers");

    let minds = format!(
        "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY; {forgets}; ALTER TABLE tasks FORCE ROW LEVEL SECURITY"
    );
    assert_eq!(
        owner.migrate(one_more(&minds), MIGRATION_LOCK_TIMEOUT, MigrateOptions::default()).await.unwrap(),
        1
    );
    assert_eq!(titles().await, "HERS");
}

#[tokio::test]
async fn connections_are_named_after_their_service() {
    let database = TestDatabase::tasks().await;
    let issuer = crate::issuer::Issuer::start().await;
    let _service = local_stack::testing::task_service(&database, issuer.url(), &[]).await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let names = "SELECT DISTINCT application_name FROM pg_stat_activity \
                 WHERE datname = current_database() AND usename = 'tasks_service'";
    let names: Vec<String> =
        superuser.query(names, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["task-service"]);
    let unknown = run_to_end(
        Binary::TaskService,
        &["migrate"],
        [("MIGRATION_DATABASE_URL", format!("{}?connection_limit=3", database.owner_url()))],
    );
    let text = unknown.await.unwrap().stderr.join("\n");
    assert!(text.contains("MIGRATION_DATABASE_URL: the parameter connection_limit"), "{text}");
}

#[tokio::test]
async fn each_migration_keeps_the_rows_of_the_versions_before() {
    let database = TestDatabase::empty_tasks().await;
    let owner = address(&database.owner_url());
    let migrate_to = async |version: u32| {
        let runner =
            task_service::migrations::runner().set_target(Target::Version(version.try_into().unwrap()));
        owner.migrate(runner, MIGRATION_LOCK_TIMEOUT, MigrateOptions::default()).await.unwrap();
    };
    let newest = task_service::migrations::runner().get_migrations().len().try_into().unwrap();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrations");
    migrate_with_rows(&database, fixtures.as_ref(), newest, migrate_to, |_, _, _| false).await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let counts =
        superuser.query("SELECT user_id, tasks FROM task_counts ORDER BY user_id", &[]).await.unwrap();
    let counts: Vec<(&str, i64)> = counts.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(counts, [("alice", 4), ("bob", 4), ("carol", 1)]);
}
