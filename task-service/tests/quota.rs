//! The task quota of a user, and the counts behind it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use local_stack::databases::connect;
use local_stack::testing::{self, TestDatabase};
use refinery::Target;
use secrecy::SecretString;
use serde_json::json;
use service_kit::database::{DatabaseUrl, MIGRATION_LOCK_TIMEOUT, MigrateOptions};
use tokio_postgres::Client;

use crate::client::Client as User;
use crate::issuer;
use crate::stack::Stack;

const QUOTA: usize = 10;

#[tokio::test]
async fn the_quota_is_exact_however_many_create_at_once_on_however_many_replicas() {
    let settings = [("TASK_QUOTA", "10")];
    let stack = Stack::with(&settings).await;
    let second = testing::task_service(&stack.database, stack.issuer.url(), &settings).await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    let alice_there = User::anonymous(second.url()).with_token(&issuer::token("alice"));
    let creates = (0..4 * QUOTA).map(|n| {
        let client = if n % 2 == 0 { &alice } else { &alice_there };
        async move { client.post("/api/me/tasks", &json!({"title": format!("task {n}")})).await }
    });
    let mut made = Vec::new();
    for answer in join_all(creates).await {
        match answer.status {
            201 => made.push(answer.json()["id"].as_str().unwrap().to_owned()),
            _ => drop(answer.expect_error(403, "QUOTA_EXCEEDED")),
        }
    }
    assert_eq!((made.len(), alice.titles().await.len()), (QUOTA, QUOTA));

    // The refused ones left nothing behind, and one that goes makes room for one.
    for id in made.iter().take(2) {
        alice.delete(&format!("/api/me/tasks/{id}")).await.expect(204);
        alice.delete(&format!("/api/me/tasks/{id}")).await.expect(404);
        alice.create("in its place").await;
        alice.post("/api/me/tasks", &json!({"title": "x"})).await.expect_error(403, "QUOTA_EXCEEDED");
    }
    bob.create("has a quota of his own").await;
    counts_are_right(&connect(&stack.database.superuser_url()).await.unwrap()).await;
}

#[tokio::test]
async fn a_quota_that_was_lowered_takes_nothing_away() {
    let mut stack = Stack::start().await;
    for n in 0..3 {
        stack.user("alice").create(&format!("task {n}")).await;
    }
    stack.service = testing::task_service(&stack.database, stack.issuer.url(), &[("TASK_QUOTA", "2")]).await;
    let alice = stack.user("alice");
    let list = alice.get("/api/me/tasks").await.expect(200).json();
    let ids: Vec<&str> =
        list["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap()).collect();
    let [first, second, third] = ids.as_slice() else { panic!("{list}") };
    alice.patch(&format!("/api/me/tasks/{first}"), &json!({"title": "changed"})).await.expect(200);
    for (id, status) in [(first, 403), (second, 201), (third, 201)] {
        alice.delete(&format!("/api/me/tasks/{id}")).await.expect(204);
        alice.post("/api/me/tasks", &json!({"title": "new"})).await.expect(status);
    }
}

/// Each user's count is the number of their rows; a user without rows has a count of 0 or none.
async fn counts_are_right(superuser: &Client) {
    let counted = "SELECT user_id, tasks FROM task_counts WHERE tasks <> 0";
    let there = "SELECT user_id, count(*) FROM tasks GROUP BY user_id";
    let [counted, there] =
        [superuser.query(counted, &[]).await.unwrap(), superuser.query(there, &[]).await.unwrap()]
            .map(|rows| rows.iter().map(|row| (row.get(0), row.get(1))).collect::<BTreeMap<String, i64>>());
    assert_eq!(counted, there);
}

const INSERT: &str = "INSERT INTO tasks (user_id, id, title, is_completed, priority, created_at, updated_at) \
     SELECT user_id, gen_random_uuid(), 'x', n % 2 = 0, 'low', now(), now() \
     FROM unnest(ARRAY['alice', 'bob', 'carol']) user_id, generate_series(1, 5) n";

#[tokio::test]
async fn the_counts_follow_whatever_changes_the_table() {
    let database = TestDatabase::tasks().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    for statement in [
        INSERT,
        "DELETE FROM tasks WHERE is_completed",
        "DELETE FROM tasks WHERE false",
        "UPDATE tasks SET title = 'changed', updated_at = now()",
        "UPDATE tasks SET user_id = 'bob' WHERE user_id = 'alice'",
        "UPDATE tasks SET user_id = 'new' WHERE user_id = 'bob' AND NOT is_completed",
        "BEGIN; DELETE FROM tasks; ROLLBACK",
        "WITH gone AS (DELETE FROM tasks WHERE user_id = 'carol' RETURNING *) \
         INSERT INTO tasks SELECT 'dave', id, title, description, is_completed, priority, due_date, created_at, \
         updated_at FROM gone",
        "INSERT INTO tasks SELECT * FROM tasks ON CONFLICT DO NOTHING",
        "INSERT INTO tasks SELECT * FROM tasks ON CONFLICT (user_id, id) DO UPDATE SET title = 'again'",
        "MERGE INTO tasks USING (SELECT 'new' AS user_id) AS wanted ON tasks.user_id = wanted.user_id \
         WHEN MATCHED THEN DELETE",
        "TRUNCATE tasks",
        INSERT,
        // What a wrong count must not do is keep anybody from deleting.
        "UPDATE task_counts SET tasks = 1 WHERE user_id = 'alice'; DELETE FROM tasks WHERE user_id = 'alice'",
        "DELETE FROM tasks",
    ] {
        superuser.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        counts_are_right(&superuser).await;
    }
}

#[tokio::test]
async fn tasks_from_before_the_counts_are_counted_by_the_migration_and_the_wall_stands_after_it() {
    let database = TestDatabase::empty_tasks().await;
    let owner = SecretString::from(database.owner_url());
    let address = DatabaseUrl::parse("MIGRATION_DATABASE_URL", &owner, "test").unwrap();
    address
        .migrate(
            task_service::migrations::runner().set_target(Target::Version(1)),
            MIGRATION_LOCK_TIMEOUT,
            MigrateOptions::default(),
        )
        .await
        .unwrap();
    let superuser = connect(&database.superuser_url()).await.unwrap();
    superuser.batch_execute(INSERT).await.unwrap();
    address
        .migrate(task_service::migrations::runner(), MIGRATION_LOCK_TIMEOUT, MigrateOptions::default())
        .await
        .unwrap();
    counts_are_right(&superuser).await;

    // Every table with rows of users is behind the wall, whoever owns it.
    let open = "SELECT relname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid \
                WHERE relkind IN ('r', 'p') AND attname = 'user_id' \
                AND relnamespace = 'public'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)";
    let open: Vec<String> = superuser.query(open, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(open, ["deleted_users"], "which has the ids of users who are gone, and nothing else of them");
    let (issuer, settings) = (issuer::Issuer::start().await, [("TASK_QUOTA", "6")]);
    let service = testing::task_service(&database, issuer.url(), &settings).await;
    let alice = User::anonymous(service.url()).with_token(&issuer::token("alice"));
    assert_eq!(alice.titles().await.len(), 5);
    alice.create("the sixth").await;
    alice.post("/api/me/tasks", &json!({"title": "x"})).await.expect_error(403, "QUOTA_EXCEEDED");
}

#[tokio::test]
async fn the_service_role_reads_and_changes_the_count_of_its_user_alone() {
    let database = TestDatabase::tasks().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    superuser.batch_execute(INSERT).await.unwrap();
    let service = connect(&database.service_url()).await.unwrap();
    let seen = "SELECT coalesce(string_agg(user_id, ','), '') FROM task_counts";
    assert_eq!(service.query_one(seen, &[]).await.unwrap().get::<_, &str>(0), "");
    service.batch_execute("BEGIN; SELECT set_config('app.user_id', 'alice', true)").await.unwrap();
    assert_eq!(service.query_one(seen, &[]).await.unwrap().get::<_, &str>(0), "alice");
    assert_eq!(service.execute("UPDATE task_counts SET tasks = tasks", &[]).await.unwrap(), 1);
    let delete = "DELETE FROM task_counts";
    assert_eq!(service.execute(delete, &[]).await.unwrap(), 0, "a quota does not begin anew");
    assert_eq!(service.execute("DELETE FROM tasks", &[]).await.unwrap(), 5);
    assert_eq!(service.execute(delete, &[]).await.unwrap(), 1);
    service.batch_execute("ROLLBACK").await.unwrap();
}
