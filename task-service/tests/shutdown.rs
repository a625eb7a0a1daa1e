//! Shutdown after SIGTERM: in-flight requests finish.

use std::time::Duration;

use local_stack::databases::connect;
use serde_json::json;
use tokio::time::Instant;

use crate::client::Client;
use crate::raw;
use crate::stack::Stack;

/// Until nothing takes connections there any more.
async fn closed(base: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while tokio::net::TcpStream::connect(base.strip_prefix("http://").unwrap()).await.is_ok() {
        assert!(Instant::now() < deadline, "still listening");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn requests_under_way_are_finished_and_the_end_is_clean() {
    let mut stack = Stack::start().await;
    let url = stack.service.url().to_owned();
    let alice = stack.user("alice");
    // Every worker opens connections: clients of their own go round them.
    let clients: Vec<Client> = (0..8).map(|_| stack.user("alice")).collect();
    futures_util::future::join_all(clients.iter().map(|client| client.create("before"))).await;

    // A lock holds one request up until after the socket has closed.
    let superuser = connect(&stack.database.superuser_url()).await.unwrap();
    superuser.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let held = tokio::spawn(async move { alice.post("/api/me/tasks", &json!({"title": "held up"})).await });
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'tasks_service' AND wait_event_type = 'Lock'";
    let deadline = Instant::now() + Duration::from_secs(10);
    while superuser.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(Instant::now() < deadline, "the request does not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let release = async {
        closed(&url).await;
        // The idle workers have ended by now, or end here.
        superuser.batch_execute("COMMIT").await.unwrap();
        held.await.unwrap().expect(201);
    };
    let (ended, ()) = tokio::join!(stack.service.terminate(), release);
    assert!(ended.unwrap().success());
    let made = "SELECT count(*) FROM tasks WHERE title = 'held up'";
    assert_eq!(superuser.query_one(made, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_load_balancer_has_time_to_notice() {
    let mut stack = Stack::with(&[("SHUTDOWN_DELAY", "1s")]).await;
    let (alice, anonymous) = (stack.user("alice"), stack.anonymous());
    let meanwhile = async {
        let deadline = Instant::now() + Duration::from_secs(10);
        while anonymous.get("/readyz").await.status == 200 {
            assert!(Instant::now() < deadline, "never drains");
        }
        anonymous.get("/readyz").await.expect_error(503, "NOT_READY");
        let answer = anonymous.get("/healthz").await.expect(200);
        assert_eq!(
            answer.header("connection"),
            "close",
            "no idle connection is left to be closed in a hurry"
        );
        alice.create("still served").await;
    };
    let (ended, ()) = tokio::join!(stack.service.terminate(), meanwhile);
    assert!(ended.unwrap().success());
}

#[tokio::test]
async fn an_open_connection_without_a_request_does_not_hold_up_the_end() {
    let mut stack = Stack::start().await;
    let _idle = raw::connect(stack.service.url()).await;
    let start = Instant::now();
    assert!(stack.service.terminate().await.unwrap().success());
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}
