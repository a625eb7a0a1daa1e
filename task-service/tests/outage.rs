//! An outage of the database: 503 meanwhile, automatic recovery, and no loss of what was answered with 201.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use local_stack::testing::{self, private_cluster};
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Client, send};
use crate::issuer::{self, Issuer};

/// What one client saw: the ids of the tasks it was told were made, and every other answer's status.
#[derive(Default)]
struct Seen {
    made: Vec<String>,
    refused: BTreeSet<u16>,
}

/// Makes tasks without a pause until it is told to stop.
async fn make_tasks(client: Client, stop: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        let answer = client.post("/api/me/tasks", &json!({"title": "under load"})).await;
        match answer.status {
            201 => seen.made.push(answer.json()["id"].as_str().unwrap().to_owned()),
            503 => {
                assert_eq!(answer.expect_error(503, "SERVICE_UNAVAILABLE").header("retry-after"), "1");
                seen.refused.insert(503);
                tokio::task::yield_now().await;
            }
            other => {
                seen.refused.insert(other);
            }
        }
    }
    seen
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_database_killed_under_load_means_503s_then_200s_and_no_lost_task() {
    let cluster = private_cluster().await;
    let issuer = Issuer::start().await;
    let service = testing::task_service(cluster.tasks(), issuer.url(), &[]).await;
    let anonymous = Client::anonymous(service.url());
    let alice = anonymous.with_token(&issuer::token("alice"));

    let stop = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..4).map(|_| tokio::spawn(make_tasks(alice.clone(), Arc::clone(&stop)))).collect();
    until("tasks before the outage", async || alice.get("/api/me/tasks?limit=20").await.text.len() > 2000)
        .await;

    cluster.kill().await;
    until("503 while it is away", async || alice.get("/api/me/tasks").await.status == 503).await;
    for (method, path) in
        [("GET", "/api/me/tasks"), ("DELETE", "/api/me/tasks/01900000-0000-7000-8000-000000000000")]
    {
        let request = alice.request(method.parse().unwrap(), path);
        let answer = send(request).await.expect_error(503, "SERVICE_UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), "1");
    }
    anonymous.get("/readyz").await.expect_error(503, "NOT_READY");
    anonymous.get("/healthz").await.expect(200);
    anonymous.get("/api/me/tasks").await.expect(401);

    cluster.start().await;
    until("200 afterwards", async || alice.get("/api/me/tasks").await.status == 200).await;
    let back = alice.create("afterwards").await;
    until("ready afterwards", async || anonymous.get("/readyz").await.status == 200).await;

    stop.store(true, Ordering::Relaxed);
    let (mut made, mut refused) = (vec![back], BTreeSet::new());
    for client in load {
        let seen = client.await.unwrap();
        made.extend(seen.made);
        refused.extend(seen.refused);
    }
    assert_eq!(refused, BTreeSet::from([503]));
    let superuser = local_stack::databases::connect(&cluster.tasks().superuser_url()).await.unwrap();
    let rows = superuser.query("SELECT id::text FROM tasks", &[]).await.unwrap();
    let there: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let lost: Vec<_> = made.iter().filter(|id| !there.contains(*id)).collect();
    assert!(lost.is_empty(), "{lost:?} of {}", made.len());
}
