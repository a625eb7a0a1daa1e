//! The third layer alone: PostgreSQL, queried as the service's role by statements that name no owner; and the second layer
//! without it. FR-022, SC-005.

use local_stack::databases::connect;
use local_stack::testing::TestDatabase;
use serde_json::json;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::stack::Stack;

/// Two of Alice's tasks and one of Bob's, as the service's role.
async fn populated() -> (TestDatabase, Client) {
    let database = TestDatabase::tasks().await;
    let service = connect(&database.service_url()).await.unwrap();
    for (user, title) in [("alice", "a1"), ("alice", "a2"), ("bob", "b1")] {
        let insert = format!("{}; {}", identity(user), insert(user, title));
        service.batch_execute(&format!("BEGIN; {insert}; COMMIT")).await.unwrap();
    }
    (database, service)
}

fn identity(user: &str) -> String {
    format!("SELECT set_config('app.user_id', '{user}', true)")
}

fn insert(user: &str, title: &str) -> String {
    format!(
        "INSERT INTO tasks (user_id, id, title, is_completed, priority, created_at, updated_at) \
         VALUES ('{user}', gen_random_uuid(), '{title}', false, 'low', now(), now())"
    )
}

async fn titles(client: &Client) -> Vec<String> {
    let rows = client.query("SELECT title FROM tasks ORDER BY title", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn fr_022_a_statement_without_where_sees_and_changes_the_owners_rows_only() {
    let (database, mut service) = populated().await;
    for (user, own) in [("alice", &["a1", "a2"][..]), ("bob", &["b1"]), ("carol", &[])] {
        let transaction = service.transaction().await.unwrap();
        transaction.batch_execute(&identity(user)).await.unwrap();
        assert_eq!(titles(transaction.client()).await, own);
        let count = own.len() as u64;
        let changed = transaction.execute("UPDATE tasks SET description = $1", &[&user]).await.unwrap();
        assert_eq!(changed, count);
        transaction.commit().await.unwrap();
    }
    let transaction = service.transaction().await.unwrap();
    transaction.batch_execute(&identity("bob")).await.unwrap();
    assert_eq!(transaction.execute("DELETE FROM tasks", &[]).await.unwrap(), 1);
    transaction.commit().await.unwrap();

    let superuser = connect(&database.superuser_url()).await.unwrap();
    assert_eq!(titles(&superuser).await, ["a1", "a2"], "superusers alone see past the wall");
    let foreign = "SELECT count(*) FROM tasks WHERE description <> user_id";
    assert_eq!(superuser.query_one(foreign, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn fr_022_without_an_owner_nothing_is_seen_or_changed() {
    let (_database, service) = populated().await;
    let nobody = ["SELECT 1", "SET app.user_id = ''", "RESET app.user_id", "SET app.user_id = 'me'"];
    for setting in nobody {
        service.batch_execute(setting).await.unwrap();
        assert_eq!(titles(&service).await, [""; 0], "{setting}");
        assert_eq!(service.execute("UPDATE tasks SET title = 'gone'", &[]).await.unwrap(), 0, "{setting}");
        assert_eq!(service.execute("DELETE FROM tasks", &[]).await.unwrap(), 0, "{setting}");
    }
    // After a transaction with an identity the setting is empty, not unset.
    service.batch_execute("RESET app.user_id").await.unwrap();
    service.batch_execute(&format!("BEGIN; {}; COMMIT", identity("alice"))).await.unwrap();
    let left = service.query_one("SELECT current_setting('app.user_id', true)", &[]).await.unwrap();
    assert_eq!(left.get::<_, Option<&str>>(0), Some(""));
    assert_eq!(titles(&service).await, [""; 0]);
}

#[tokio::test]
async fn fr_022_with_the_wall_taken_down_the_services_own_statements_still_keep_users_apart() {
    let stack = Stack::start().await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    let (own, foreign) = (alice.create("Alice's").await, bob.create("Bob's").await);
    // It would not start like this; so it goes down under the running service.
    let superuser = connect(&stack.database.superuser_url()).await.unwrap();
    superuser.batch_execute("ALTER TABLE tasks DISABLE ROW LEVEL SECURITY").await.unwrap();

    let (title, done) = (json!({"title": "taken"}), json!({"is_completed": true}));
    for (path, status) in [(format!("/api/me/tasks/{foreign}"), 404), (format!("/api/me/tasks/{own}"), 200)] {
        alice.get(&path).await.expect(status);
        alice.put(&path, &title).await.expect(status);
        alice.patch(&path, &title).await.expect(status);
        alice.patch(&format!("{path}/complete"), &done).await.expect(status);
    }
    assert_eq!(
        (alice.titles().await, bob.titles().await),
        (vec!["taken".to_owned()], vec!["Bob's".to_owned()])
    );
    alice.delete(&format!("/api/me/tasks/{foreign}")).await.expect(404);
    alice.delete(&format!("/api/me/tasks/{own}")).await.expect(204);
    assert_eq!(titles(&superuser).await, ["Bob's"]);
}

#[tokio::test]
async fn fr_021_a_row_cannot_be_made_for_or_given_to_another_user() {
    let (_database, service) = populated().await;
    for statement in [insert("bob", "planted"), "UPDATE tasks SET user_id = 'bob'".to_owned()] {
        let attempt = format!("BEGIN; {}; {statement}; COMMIT", identity("alice"));
        let refused = service.batch_execute(&attempt).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}");
        service.batch_execute("ROLLBACK").await.unwrap();
    }
    let refused = service.batch_execute(&insert("bob", "planted")).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn fr_022_the_owner_of_the_table_is_bound_too() {
    let (database, _) = populated().await;
    let owner = connect(&database.owner_url()).await.unwrap();
    let unseen = owner.query("SELECT title FROM tasks", &[]).await.unwrap_err();
    assert_eq!(unseen.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "an error, not an empty table");
    owner.batch_execute("SET row_security = on").await.unwrap();
    assert_eq!(titles(&owner).await, [""; 0]);
    let refused = owner.batch_execute(&insert("bob", "planted")).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn sc_005_the_service_role_can_neither_empty_the_table_nor_move_the_wall() {
    let (_database, service) = populated().await;
    for statement in [
        "TRUNCATE tasks",
        "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tasks_owner_only ON tasks",
        "CREATE POLICY all_of_it ON tasks USING (true)",
        "DROP TABLE tasks",
        "CREATE TABLE other (id int)",
        "UPDATE refinery_schema_history SET version = 0",
        "SET ROLE tasks_owner",
        "SET row_security = off; SELECT * FROM tasks",
    ] {
        let refused = service.batch_execute(statement).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}");
        service.batch_execute("SET row_security = on").await.unwrap();
    }
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_is_refused_by_the_table_too() {
    let (_database, service) = populated().await;
    for (user, title, constraint) in [
        ("me", "x", "tasks_user_id_check"),
        ("a b", "x", "tasks_user_id_check"),
        ("alice", "", "tasks_title_check"),
    ] {
        let attempt = format!("BEGIN; {}; {}; COMMIT", identity(user), insert(user, title));
        let refused = service.batch_execute(&attempt).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().constraint(), Some(constraint));
        service.batch_execute("ROLLBACK").await.unwrap();
    }
}
