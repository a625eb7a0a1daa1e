//! An idle service sends no query, so that a database that scales to zero can be suspended.

use std::time::{Duration, Instant};

use local_stack::databases;

use crate::stack::Stack;

const QUIET: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_idle_service_asks_its_database_nothing() {
    let stack = Stack::start().await;
    let superuser = databases::connect(&stack.database.superuser_url()).await.unwrap();
    let quiet_for = async || {
        let sql =
            "SELECT extract(epoch FROM clock_timestamp() - max(state_change))::float8 FROM pg_stat_activity
                   WHERE datname = current_database() AND usename = 'tasks_service'";
        // A pooler closes connections that are idle.
        superuser.query_one(sql, &[]).await.unwrap().get::<_, Option<f64>>(0).unwrap_or(f64::MAX)
    };
    stack.user("alice").create("a task").await;
    assert!(quiet_for().await < QUIET.as_secs_f64(), "a statement is seen");
    let begun = Instant::now();
    while quiet_for().await < QUIET.as_secs_f64() {
        assert!(begun.elapsed() < PATIENCE, "it keeps asking");
    }
}
