//! Access to PostgreSQL, with a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::{self, TestDatabase};
use service_kit::database::{DatabaseUrl, Executor, Pool, Pooler, Timeouts};
use service_kit::store::StoreError;
use tokio::time::{Instant, timeout};
use tokio_postgres::Client;

const SLEEP: &str = "SELECT pg_sleep($1::bigint)::text";
const BACKEND: &str = "SELECT pg_backend_pid()";
const COUNT: &str = "SELECT count(*) FROM tasks";
/// Two bank accounts. The tests only need two rows to update.
const TABLE: &str = "CREATE TABLE accounts (id bigint PRIMARY KEY, amount bigint NOT NULL);
    INSERT INTO accounts VALUES (1, 0), (2, 0); GRANT SELECT, UPDATE ON accounts TO tasks_service";

fn pool(database: &TestDatabase, pooler: Pooler, statement: Duration) -> Pool {
    let address = DatabaseUrl::parse("DATABASE_URL", &database.service_url().into(), "test").unwrap();
    let timeouts = Timeouts { wait: Duration::from_secs(2), statement };
    address.with_pooler(pooler).pool(1, timeouts).unwrap()
}

async fn backend(pool: &Pool) -> i32 {
    pool.query_one(BACKEND, &[]).await.unwrap().try_get(0).unwrap()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn waiting_for_a_lock(superuser: &Client) -> i64 {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    superuser.query_one(waiting, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn prepared_statements_have_names_of_this_process_and_none_are_left_behind_a_pooler() {
    if !testing::only_direct("a pooler has prepared statements of others") {
        return;
    }
    let database = TestDatabase::tasks().await;
    let names = "SELECT name FROM pg_prepared_statements ORDER BY name";
    for (pooler, expected) in [(Pooler::None, 2), (Pooler::Transaction, 0)] {
        let pool = pool(&database, pooler, Duration::from_secs(5));
        for _ in 0..3 {
            pool.query(COUNT, &[]).await.unwrap();
        }
        let rows = pool.query(names, &[]).await.unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.try_get(0).unwrap()).collect();
        assert_eq!(names.len(), expected, "{names:?}");
        let is_ours = |name: &&str| {
            name.split_once("_s")
                .is_some_and(|(prefix, number)| prefix.len() == 32 && number.parse::<u64>().is_ok())
        };
        assert!(names.iter().all(is_ours), "{names:?}");
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up_and_its_connection_with_it() {
    if !testing::only_direct("a pooler has server processes of its own") {
        return;
    }
    let database = TestDatabase::tasks().await;
    for pooler in [Pooler::None, Pooler::Transaction] {
        let pool = pool(&database, pooler, Duration::from_millis(500));
        let before = backend(&pool).await;
        let begun = Instant::now();
        let error = pool.query(SLEEP, &[&30_i64]).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        assert_eq!(error.to_string(), "the database is unavailable: no response within 500 ms");
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(pool.size(), 0, "it is not used again");
        assert_ne!(backend(&pool).await, before);
    }
}

#[tokio::test]
async fn a_future_that_is_dropped_while_the_server_works_closes_its_connection() {
    if !testing::only_direct("a pooler has server processes of its own") {
        return;
    }
    let database = TestDatabase::tasks().await;
    let pool = pool(&database, Pooler::None, Duration::from_secs(5));
    let before = backend(&pool).await;
    timeout(Duration::from_millis(100), pool.query(SLEEP, &[&30_i64])).await.unwrap_err();
    assert_eq!(pool.size(), 0);
    assert_ne!(backend(&pool).await, before);

    // Between two statements of a transaction nothing is awaited: it is rolled back, and the connection is used again.
    let before = backend(&pool).await;
    let transaction = pool.begin().await.unwrap();
    transaction.query(COUNT, &[]).await.unwrap();
    drop(transaction);
    assert_eq!((backend(&pool).await, pool.size()), (before, 1));
    // Within one it is closed.
    let transaction = pool.begin().await.unwrap();
    timeout(Duration::from_millis(100), transaction.query(SLEEP, &[&30_i64])).await.unwrap_err();
    drop(transaction);
    assert_eq!(pool.size(), 0);
}

#[tokio::test]
async fn a_transaction_is_rolled_back_unless_it_is_committed() {
    let database = TestDatabase::tasks().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    superuser.batch_execute(TABLE).await.unwrap();
    let pool = pool(&database, Pooler::Transaction, Duration::from_secs(5));
    let add = "UPDATE accounts SET amount = amount + $1 WHERE id = 1";
    for commit in [false, true] {
        let transaction = pool.begin().await.unwrap();
        assert_eq!(transaction.execute(add, &[&5_i64]).await.unwrap(), 1);
        if commit {
            transaction.commit().await.unwrap();
        }
    }
    let row = pool.query_one("SELECT amount FROM accounts WHERE id = 1", &[]).await.unwrap();
    let amount: i64 = row.try_get(0).unwrap();
    assert_eq!(amount, 5);
}

#[tokio::test]
async fn a_statement_that_lost_a_deadlock_is_sent_again_and_a_transaction_is_not() {
    let database = TestDatabase::tasks().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    superuser.batch_execute(TABLE).await.unwrap();
    let both = "UPDATE accounts SET amount = amount + 1";
    let pool = pool(&database, Pooler::None, Duration::from_secs(15));
    for whole in [true, false] {
        // Row 1 comes first again.
        superuser
            .batch_execute("TRUNCATE accounts; INSERT INTO accounts VALUES (1, 0), (2, 0)")
            .await
            .unwrap();
        let other = connect(&database.superuser_url()).await.unwrap();
        // Only the one that looks for a deadlock first gives way: not this one.
        other
            .batch_execute(
                "SET deadlock_timeout = '1min'; BEGIN; UPDATE accounts SET amount = 0 WHERE id = 2",
            )
            .await
            .unwrap();
        let ours = async {
            if whole {
                return pool.execute(both, &[]).await;
            }
            let transaction = pool.begin().await?;
            transaction.execute(both, &[]).await
        };
        let theirs = async {
            until("ours waits for row 2, having locked row 1", async || {
                waiting_for_a_lock(&superuser).await == 1
            })
            .await;
            other.batch_execute("UPDATE accounts SET amount = 0 WHERE id = 1; COMMIT").await.unwrap();
        };
        let (ours, ()) = tokio::join!(ours, theirs);
        match (whole, ours) {
            (true, Ok(changed)) => assert_eq!(changed, 2),
            (false, Err(StoreError::Unavailable(error))) => {
                assert!(error.to_string().contains("deadlock detected"), "{error}");
            }
            (whole, ours) => panic!("{whole}: {ours:?}"),
        }
    }
    let amounts = superuser.query("SELECT amount FROM accounts", &[]).await.unwrap();
    assert!(amounts.iter().all(|row| row.get::<_, i64>(0) == 0), "the second time nothing was added");
}

#[tokio::test]
async fn the_server_ends_what_a_service_no_longer_waits_for() {
    let database = TestDatabase::tasks().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let settings = "SELECT unnest(setconfig) AS setting FROM pg_db_role_setting WHERE setrole = 'tasks_service'::regrole ORDER BY 1";
    let settings: Vec<String> =
        superuser.query(settings, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(settings, ["idle_in_transaction_session_timeout=10s", "statement_timeout=10s"]);
    let pool = pool(&database, Pooler::Transaction, Duration::from_secs(5));
    let limit = "SELECT current_setting('statement_timeout')";
    assert_eq!(pool.query_one(limit, &[]).await.unwrap().try_get::<_, &str>(0).unwrap(), "10s");
}
