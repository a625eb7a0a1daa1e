//! What can block a migration: another one, a table in use, and rows that a policy hides.

use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::TestDatabase;
use local_stack::{Binary, run_to_end};
use refinery::{Migration, Runner};
use service_kit::database::{DatabaseError, DatabaseUrl, MIGRATION_LOCK_TIMEOUT};
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
    let refused =
        address.migrate(task_service::migrations::runner(), Duration::from_millis(300)).await.unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, DatabaseError::MigrationRuns { .. }), "{text}");
    assert!(text.contains("(hanging), whose transaction began at 2"), "{text}");

    other.batch_execute("ROLLBACK").await.unwrap();
    let run = || address.migrate(task_service::migrations::runner(), MIGRATION_LOCK_TIMEOUT);
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
    let refused = address(&url).migrate(migration, MIGRATION_LOCK_TIMEOUT).await.unwrap_err();
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
    let DatabaseError::Migration(refused) =
        owner.migrate(one_more(forgets), MIGRATION_LOCK_TIMEOUT).await.unwrap_err()
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
    assert_eq!(owner.migrate(one_more(&minds), MIGRATION_LOCK_TIMEOUT).await.unwrap(), 1);
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
