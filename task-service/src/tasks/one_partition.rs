//! Each statement touches the partition of its owner and no other, so with Citus it goes to one shard.
//!
//! Here the table is partitioned by hash of the owner. EXPLAIN shows which partitions a generic plan scans. A superuser
//! asks: for the service's role, the policy alone would keep a statement that forgot its owner to one partition.

use local_stack::databases::connect;
use local_stack::testing::TestDatabase;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::STATEMENTS;

const PARTITIONS: usize = 4;

const PARTITION: &str = "ALTER TABLE tasks RENAME TO whole; \
    CREATE TABLE tasks (LIKE whole INCLUDING CONSTRAINTS) PARTITION BY HASH (user_id); \
    ALTER TABLE tasks ADD PRIMARY KEY (user_id, id); \
    SET plan_cache_mode = force_generic_plan";

async fn partitioned() -> (TestDatabase, Client) {
    let database = TestDatabase::tasks().await;
    let client = connect(&database.superuser_url()).await.unwrap();
    client.batch_execute(PARTITION).await.unwrap();
    for number in 0..PARTITIONS {
        let create = format!(
            "CREATE TABLE part_{number} PARTITION OF tasks FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        );
        client.batch_execute(&create).await.unwrap();
    }
    (database, client)
}

/// The number of partitions that the generic plan of a statement scans for the user `alice`.
async fn scanned(client: &Client, statement: &str) -> usize {
    let parameters = (1..).take_while(|number| statement.contains(&format!("${number}"))).count();
    let values = vec!["NULL"; parameters - 1].join(", ");
    let separator = if parameters > 1 { ", " } else { "" };
    client.batch_execute(&format!("PREPARE statement AS {statement}")).await.unwrap();
    let explain = format!("EXPLAIN EXECUTE statement ('alice'{separator}{values})");
    let plan = client.simple_query(&explain).await.unwrap();
    client.batch_execute("DEALLOCATE statement").await.unwrap();
    let lines = plan.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.filter(|line| line.contains("Scan") && line.contains(" on part_")).count()
}

#[tokio::test]
async fn each_statement_scans_one_partition() {
    let (_database, client) = partitioned().await;
    for statement in STATEMENTS {
        // A row that is inserted goes to the partition of its owner, and nothing is scanned.
        let expected = usize::from(!statement.starts_with("INSERT"));
        assert_eq!(scanned(&client, statement).await, expected, "{statement}");
    }
}

#[tokio::test]
async fn a_statement_without_the_owner_scans_all_partitions() {
    let (_database, client) = partitioned().await;
    for planted in [
        "SELECT title FROM tasks WHERE title = $1",
        "UPDATE tasks SET is_completed = true WHERE title = $1",
        "DELETE FROM tasks WHERE title = $1",
        "SELECT title FROM tasks WHERE lower(user_id) = $1",
        "SELECT title FROM tasks WHERE $1::text IS NULL OR user_id = $1",
    ] {
        assert_eq!(scanned(&client, planted).await, PARTITIONS, "{planted}");
    }
}
