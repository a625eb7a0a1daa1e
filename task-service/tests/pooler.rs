//! A pooler that lends connections for a transaction at a time, and two replicas behind it: what one has prepared must never
//! run for the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use local_stack::testing::{self, Database, PoolMode, Pooler, PoolerOptions, TestDatabase};
use local_stack::{Binary, run_to_end};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::client::Client;
use crate::issuer::{self, Issuer};

/// Tasks that are read, and as many others that are deleted meanwhile.
const TASKS: usize = 1000;
/// The same where most answers are 503s, each of which costs a new connection.
const FEWER_TASKS: usize = 300;
/// Connections of clients to each replica.
const AT_ONCE: usize = 16;
/// Few server connections, so that each serves both replicas all the time.
const FEW: u16 = 4;

fn few() -> PoolerOptions {
    PoolerOptions { default_pool_size: FEW, ..PoolerOptions::default() }
}

/// Runs `request` for each of these tasks, on [`AT_ONCE`] connections, and answers the statuses that came.
async fn each(tasks: &[String], request: impl AsyncFn(&str) -> u16) -> BTreeSet<u16> {
    let next = AtomicUsize::new(0);
    let workers = (0..AT_ONCE).map(|_| async {
        let mut statuses = BTreeSet::new();
        while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            statuses.insert(request(task).await);
        }
        statuses
    });
    join_all(workers).await.into_iter().flatten().collect()
}

async fn make(client: &Client, count: usize) -> Vec<String> {
    let titles: Vec<String> = (0..count).map(|n| format!("task {n}")).collect();
    let made = std::sync::Mutex::new(Vec::new());
    each(&titles, async |title| {
        let answer = client.post("/api/me/tasks", &json!({"title": title})).await;
        made.lock().unwrap().push(answer.json()["id"].as_str().unwrap().to_owned());
        answer.status
    })
    .await;
    made.into_inner().unwrap()
}

/// Reads some tasks through one replica while others are deleted, changed and listed through both; answers what came of
/// that, and how many of the first are still as they were.
async fn read_while_others_delete(
    one: &Client,
    other: &Client,
    database: &Database,
) -> (BTreeSet<u16>, usize) {
    let read = make(&one.with_token(&issuer::token("alice")), TASKS).await;
    let deleted = make(&other.with_token(&issuer::token("bob")), TASKS).await;
    let untouched =
        "SELECT count(*) FROM tasks WHERE user_id = 'alice' AND updated_at = created_at AND NOT is_completed";
    let (alice, bob) = (one.with_token(&issuer::token("alice")), other.with_token(&issuer::token("bob")));
    let carol = one.with_token(&issuer::token("carol"));
    let reads = each(&read, async |task| alice.get(&format!("/api/me/tasks/{task}")).await.status);
    let deletes = each(&deleted, async |task| bob.delete(&format!("/api/me/tasks/{task}")).await.status);
    let lists = each(&deleted, async |_| carol.get("/api/me/tasks?status=completed").await.status);
    let (reads, deletes, lists) = tokio::join!(reads, deletes, lists);
    let superuser = local_stack::databases::connect(&database.superuser_url()).await.unwrap();
    let left: i64 = superuser.query_one(untouched, &[]).await.unwrap().get(0);
    (reads.into_iter().chain(deletes).chain(lists).collect(), usize::try_from(left).unwrap())
}

#[tokio::test]
async fn two_replicas_behind_a_transaction_pooler_touch_none_of_a_thousand_tasks_that_are_only_read() {
    let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
    let pooler = Pooler::in_front_of(&database, few()).await;
    let pooled = pooler.database(&database);
    let one = testing::task_service(&pooled, issuer.url(), &[]).await;
    let other = testing::task_service(&pooled, issuer.url(), &[]).await;
    let clients = (Client::anonymous(one.url()), Client::anonymous(other.url()));
    let (statuses, untouched) = read_while_others_delete(&clients.0, &clients.1, &database).await;
    assert_eq!(statuses, BTreeSet::from([200, 204]));
    assert_eq!(untouched, TASKS);
}

/// A way to a server that can be led elsewhere: connections that exist are cut then.
async fn way(to: u16) -> (u16, watch::Sender<u16>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (lead, target) = watch::channel(to);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut target = target.clone();
            tokio::spawn(async move {
                let port = *target.borrow_and_update();
                let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    _ = target.changed() => {}
                }
            });
        }
    });
    (port, lead)
}

#[tokio::test]
async fn a_pooler_that_nobody_told_of_means_503s_and_never_another_statement() {
    if !testing::only_direct("a pooler that comes later needs a direct connection first") {
        return;
    }
    let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
    let pooler = Pooler::in_front_of(&database, few()).await;
    // At start there is none, as when somebody puts it in between later.
    let direct = url::Url::parse(&database.service_url()).unwrap();
    let (port, lead) = way(direct.port().unwrap()).await;
    let mut url = direct.clone();
    url.set_port(Some(port)).unwrap();
    let settings = [("DATABASE_URL", url.as_str()), ("DATABASE_POOLER", "none")];
    let one = Arc::new(testing::task_service(&database, issuer.url(), &settings).await);
    let other = testing::task_service(&database, issuer.url(), &settings).await;
    let clients = (Client::anonymous(one.url()), Client::anonymous(other.url()));
    let first = make(&clients.0.with_token(&issuer::token("alice")), 1).await;
    assert_eq!(first.len(), 1);
    lead.send(pooler.port()).unwrap();
    let tasks = [
        make_directly(&database, "alice", FEWER_TASKS).await,
        make_directly(&database, "bob", FEWER_TASKS).await,
    ];
    let (alice, bob) =
        (clients.0.with_token(&issuer::token("alice")), clients.1.with_token(&issuer::token("bob")));
    let reads = each(&tasks[0], async |task| alice.get(&format!("/api/me/tasks/{task}")).await.status);
    let deletes = each(&tasks[1], async |task| bob.delete(&format!("/api/me/tasks/{task}")).await.status);
    let (reads, deletes) = tokio::join!(reads, deletes);
    assert!(reads.is_subset(&BTreeSet::from([200, 503])) && reads.contains(&503), "{reads:?}");
    assert!(deletes.is_subset(&BTreeSet::from([204, 503])), "{deletes:?}");
    let superuser = local_stack::databases::connect(&database.superuser_url()).await.unwrap();
    let left = "SELECT count(*) FROM tasks WHERE user_id = 'alice'";
    let left: i64 = superuser.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(usize::try_from(left).unwrap(), FEWER_TASKS + 1, "none of the tasks that were read is gone");
    let told = |line: &String| line.contains("DATABASE_POOLER=transaction");
    assert!(one.output().iter().chain(&other.output()).any(told), "the log says what to do");
}

async fn make_directly(database: &Database, user: &str, count: usize) -> Vec<String> {
    let superuser = local_stack::databases::connect(&database.superuser_url()).await.unwrap();
    let insert = "INSERT INTO tasks (user_id, id, title, is_completed, priority, created_at, updated_at) \
         SELECT $1, gen_random_uuid(), 'a task', false, 'low', now(), now() FROM generate_series(1, $2::bigint) \
         RETURNING id::text";
    let rows = superuser.query(insert, &[&user, &i64::try_from(count).unwrap()]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_pooler_by_session_is_as_good_as_none() {
    let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
    let options = PoolerOptions { pool_mode: PoolMode::Session, ..PoolerOptions::default() };
    let pooler = Pooler::in_front_of(&database, options).await;
    for setting in ["none", "transaction"] {
        let settings = [("DATABASE_POOLER", setting)];
        let service = testing::task_service(&pooler.database(&database), issuer.url(), &settings).await;
        let alice = Client::anonymous(service.url()).with_token(&issuer::token("alice"));
        let made = make(&alice, 40).await;
        let read = each(&made, async |task| alice.get(&format!("/api/me/tasks/{task}")).await.status).await;
        assert_eq!(read, BTreeSet::from([200]));
    }
}

#[tokio::test]
async fn a_start_behind_a_pooler_without_its_setting_and_a_migration_are_refused() {
    let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
    let pooler = Pooler::in_front_of(&database, few()).await;
    let mut env = testing::task_env(&pooler.database(&database), issuer.url());
    env.insert("DATABASE_POOLER".to_owned(), "none".to_owned());
    let refused = run_to_end(Binary::TaskService, &["serve"], env).await.unwrap();
    assert!(!refused.status.success());
    let text = refused.stderr.join("\n");
    assert!(text.contains("DATABASE_URL: this URL leads to a pooler in transaction mode"), "{text}");
    assert!(text.contains("Set DATABASE_POOLER=transaction"), "{text}");

    let url = pooler.url(&database.owner_url());
    let refused =
        run_to_end(Binary::TaskService, &["migrate"], [("MIGRATION_DATABASE_URL", &url)]).await.unwrap();
    assert!(!refused.status.success());
    let text = refused.stderr.join("\n");
    assert!(
        text.contains("MIGRATION_DATABASE_URL: this URL leads to a pooler in transaction mode"),
        "{text}"
    );
    assert!(text.contains("use the host and port of the server itself"), "{text}");
}
