//! The primary dies under load and its standby takes over: 503s for seconds, then success, without a restart, and nothing
//! is lost that was answered with success.

use std::time::Duration;

use local_stack::databases::connect;
use local_stack::testing::{self, replicated_cluster};
use tokio::time::Instant;

use super::load::{Load, User, until};

/// How soon all is well after the standby takes writes.
const RECOVERED: Duration = Duration::from_secs(10);
const AFTERWARDS: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_standby_that_is_promoted_under_load_takes_over_and_nothing_is_lost() {
    let mut cluster = replicated_cluster().await;
    let auth = testing::auth_service(cluster.auth(), &[]).await;
    let service = testing::task_service(cluster.tasks(), auth.url(), &[]).await;
    let user = User::sign_up(&auth, &service).await;
    let load = Load::start(&user);
    load.is_running().await;

    cluster.kill_primary().await;
    let dead = Instant::now();
    until("503 meanwhile", RECOVERED, async || user.readiness().await == [503, 503]).await;
    cluster.promote().await;
    let promoted = Instant::now();
    until("ready again", RECOVERED, async || user.readiness().await == [200, 200]).await;
    until("all is well for a while", RECOVERED * 2, async || promoted.elapsed() > RECOVERED + AFTERWARDS)
        .await;
    let answers = load.stop().await;

    answers.are_good_or_503();
    let last = answers.last_503(promoted).unwrap_or_default();
    println!("the last 503 {last:?} after the promotion, {:?}", answers.statuses());
    assert!(answers.first_503(dead).is_some());
    assert!(last < RECOVERED, "the last 503 came {last:?} after the promotion");
    assert_eq!(answers.successes_after(promoted + RECOVERED).len(), 5);
    let superuser = connect(&cluster.standby_tasks().superuser_url()).await.unwrap();
    let rows = superuser.query("SELECT id::text FROM tasks", &[]).await.unwrap();
    let there: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let made = answers.made();
    let lost: Vec<_> = made.iter().filter(|id| !there.contains(id)).collect();
    assert!(made.len() > 20 && lost.is_empty(), "{lost:?} of {}", made.len());
}

#[tokio::test]
async fn a_server_that_takes_no_more_writes_is_left_for_the_one_that_does() {
    let cluster = replicated_cluster().await;
    let auth = testing::auth_service(cluster.auth(), &[]).await;
    let service = testing::task_service(cluster.tasks(), auth.url(), &[]).await;
    let user = User::sign_up(&auth, &service).await;
    let superuser = connect(&cluster.tasks().superuser_url()).await.unwrap();
    let load = Load::start(&user);
    load.is_running().await;
    // A switchover: the connections to the old primary stay open, and only read.
    superuser.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    superuser.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let read_only = Instant::now();
    until("503 meanwhile", RECOVERED, async || user.readiness().await == [503, 503]).await;
    cluster.promote().await;
    let writable = Instant::now();
    until("ready again", RECOVERED, async || user.readiness().await == [200, 200]).await;
    until("all is well", RECOVERED, async || writable.elapsed() > AFTERWARDS).await;
    let now = "SELECT clock_timestamp()::text";
    let switched: String = superuser.query_one(now, &[]).await.unwrap().get(0);
    until("a while", RECOVERED, async || writable.elapsed() > AFTERWARDS * 2).await;
    let answers = load.stop().await;
    answers.are_good_or_503();
    assert!(answers.first_503(read_only).is_some());
    assert!(answers.last_503(writable).unwrap_or_default() < AFTERWARDS);
    // Nothing is read from the old primary any more, where a revoked session would live on.
    let used = "SELECT count(*) FROM pg_stat_activity WHERE usename ~ '_service$' AND state_change > $1::text::timestamptz";
    assert_eq!(superuser.query_one(used, &[&switched]).await.unwrap().get::<_, i64>(0), 0);
}
