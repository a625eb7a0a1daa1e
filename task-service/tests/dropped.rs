//! Requests that are dropped midway must leave no identity and no open transaction behind, and return no foreign row.
//! FR-022, SC-005.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::TestDatabase;
use reqwest::Method;
use secrecy::SecretString;
use service_kit::database::{DatabaseUrl, Executor, Pool, Pooler, Timeouts};
use task_service::isolation;
use task_service::owned::{Bounds, OwnedTables};
use task_service::owner::Owner;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::owners::owners;
use crate::raw;
use crate::stack::Stack;

const INSERT: &str = "INSERT INTO tasks (user_id, id, title, is_completed, priority, created_at, updated_at) \
     VALUES ($1, $2, $3, false, 'low', now(), now()) RETURNING id";
/// Names nobody: the wall alone decides. The service itself has no such statement.
const ALL: &str = "SELECT user_id, $1::text FROM tasks";
const FAILS: &str = "SELECT user_id, 1 / (length($1) - length($1)) FROM tasks";

async fn one_connection(database: &TestDatabase, pooler: Pooler) -> (Pool, OwnedTables) {
    let url = SecretString::from(database.service_url());
    let address = DatabaseUrl::parse("DATABASE_URL", &url, "test").unwrap().with_pooler(pooler);
    let pool = address.pool(1, Timeouts::REQUEST).unwrap();
    let isolated = isolation::verify(&pool).await.unwrap();
    let bounds = Bounds { task_quota: 1000, list_timeout: Duration::from_secs(3) };
    (pool.clone(), OwnedTables::new(pool, isolated, bounds))
}

/// Polls a future this often, letting the connection work in between, and drops it.
async fn drop_after<T>(polls: usize, future: impl Future<Output = T>) {
    let mut future = pin!(future);
    for _ in 0..polls {
        if std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// What is left on the pool's one connection: no identity, no transaction, nothing to see.
async fn is_clean(pool: &Pool) {
    let state = "SELECT coalesce(current_setting('app.user_id', true), '') AS identity, \
                 pg_current_xact_id_if_assigned() IS NOT NULL AS in_transaction, \
                 (SELECT count(*) FROM tasks) AS visible";
    let row = pool.query_one(state, &[]).await.unwrap();
    let (identity, in_transaction, visible): (String, bool, i64) =
        (row.try_get(0).unwrap(), row.try_get(1).unwrap(), row.try_get(2).unwrap());
    assert_eq!((&*identity, in_transaction, visible), ("", false, 0));
}

/// A server process whose client is gone may take a moment to notice.
async fn no_transaction_stays_open(superuser: &Client) {
    let open = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND usename = 'tasks_service' AND state <> 'idle'";
    let deadline = Instant::now() + Duration::from_secs(10);
    while superuser.query_one(open, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(Instant::now() < deadline, "a transaction stays open");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn sees_only_own_rows(tables: &OwnedTables, owner: &Owner) {
    for row in tables.query(owner, ALL, &[]).await.unwrap() {
        assert_eq!(row.try_get::<_, &str>(0).unwrap(), owner.as_str());
    }
}

#[tokio::test]
async fn sc_005_a_thousand_dropped_requests_on_one_connection_leave_nothing_behind() {
    a_thousand_dropped_requests(Pooler::None).await;
}

#[tokio::test]
async fn sc_005_nor_do_they_where_nothing_is_prepared() {
    a_thousand_dropped_requests(Pooler::Transaction).await;
}

async fn a_thousand_dropped_requests(pooler: Pooler) {
    let database = TestDatabase::tasks().await;
    let (pool, tables) = one_connection(&database, pooler).await;
    let [alice, bob] = owners(["alice", "bob"]).await;
    for n in 0..1000_usize {
        let (dropped, next) = if n % 2 == 0 { (&alice, &bob) } else { (&bob, &alice) };
        let (id, title) = (Uuid::from_u128(n as u128), format!("task {n}"));
        // Dropped at every point there is: before the first poll, while preparing, after sending, nearly done. The
        // runtime looks at its sockets after every 61 polls.
        let polls = n / 4 % 16 * 31;
        match n % 4 {
            0 | 1 => drop_after(polls, tables.query(dropped, INSERT, &[&id, &title])).await,
            2 => drop_after(polls, tables.query(dropped, ALL, &[])).await,
            _ => drop_after(polls, tables.query(dropped, FAILS, &[])).await,
        }
        if n % 3 == 0 {
            is_clean(&pool).await;
        }
        sees_only_own_rows(&tables, next).await;
    }
    is_clean(&pool).await;
    assert_eq!(pool.size(), 1);
    let superuser = connect(&database.superuser_url()).await.unwrap();
    no_transaction_stays_open(&superuser).await;
    let written = "SELECT count(*) FILTER (WHERE user_id = 'alice'), count(*) FILTER (WHERE user_id = 'bob'), \
                   count(*) FILTER (WHERE user_id NOT IN ('alice', 'bob')) FROM tasks";
    let row = superuser.query_one(written, &[]).await.unwrap();
    let (alices, bobs, others): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert!(alices > 50 && bobs > 50, "{alices} and {bobs}: nearly all were dropped before they were sent");
    assert_eq!(others, 0);
}

#[tokio::test]
async fn sc_005_a_statement_that_fails_leaves_nothing_behind() {
    let database = TestDatabase::tasks().await;
    let (pool, tables) = one_connection(&database, Pooler::None).await;
    let [alice, bob] = owners(["alice", "bob"]).await;
    let id = Uuid::from_u128(1);
    tables.query(&alice, INSERT, &[&id, &"first"]).await.unwrap();
    for _ in 0..20 {
        // Refused by a constraint, by PostgreSQL at run time, by the driver before anything is sent.
        let error = tables.query(&alice, INSERT, &[&id, &"again"]).await.unwrap_err();
        assert!(error.is_constraint("tasks_pkey"), "{error}");
        tables.query(&alice, FAILS, &[]).await.unwrap_err();
        tables.query(&alice, INSERT, &[&"not a uuid", &"wrong type"]).await.unwrap_err();
        is_clean(&pool).await;
        sees_only_own_rows(&tables, &bob).await;
    }
    assert_eq!(tables.query(&alice, ALL, &[]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn sc_005_clients_that_hang_up_leave_nothing_behind_on_two_connections_a_worker() {
    let stack = Stack::with(&[("DATABASE_POOL_SIZE", "1")]).await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    for n in 0..300 {
        let (client, name) = if n % 2 == 0 { (&alice, "alice") } else { (&bob, "bob") };
        let body = format!(r#"{{"title":"{name} {n}"}}"#);
        let request = raw::request(client, &Method::POST, "/api/me/tasks", &body);
        // The whole request, or all but its end; then the client is gone.
        let sent = if n % 5 == 0 { request.len() - 3 } else { request.len() };
        let mut connection = raw::connect(stack.service.url()).await;
        connection.write_all(&request.as_bytes()[..sent]).await.unwrap();
        drop(connection);
        if n % 10 == 0 {
            let (other, prefix) = if n % 2 == 0 { (&bob, "bob ") } else { (&alice, "alice ") };
            let list = other.get("/api/me/tasks?limit=100").await.expect(200).json();
            assert!(crate::client::titles(&list).iter().all(|title| title.starts_with(prefix)), "{list}");
        }
    }
    let superuser = connect(&stack.database.superuser_url()).await.unwrap();
    no_transaction_stays_open(&superuser).await;
    let foreign = "SELECT count(*) FROM tasks WHERE NOT starts_with(title, user_id || ' ')";
    assert_eq!(superuser.query_one(foreign, &[]).await.unwrap().get::<_, i64>(0), 0);
}
