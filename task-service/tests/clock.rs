//! The service in this process, under a clock that the test moves: FR-012, FR-019.

use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use jiff::{SignedDuration, Timestamp};
use local_stack::testing::TestDatabase;
use shared_claims::ManualClock;
use task_service::config::Cli;
use task_service::server;
use tokio::time::Instant;

use crate::client::Client;
use crate::issuer::{self, Issuer, LIFETIME};

#[tokio::test]
async fn fr_019_a_token_works_until_the_clock_passes_its_end() {
    let (issuer, database) = (Issuer::start().await, TestDatabase::tasks().await);
    let start: Timestamp = "2031-05-01T12:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(start));
    let (url, jwks) = (database.service_url(), format!("{}/.well-known/jwks.json", issuer.url()));
    let lists = format!("{}/.well-known/status-lists", issuer.url());
    let cli = Cli::parse_from([
        "task-service",
        "--database-url",
        &url,
        // Works whatever is in between.
        "--database-pooler",
        "transaction",
        "--bind",
        "127.0.0.1:0",
        "--auth-issuer",
        issuer::ISSUER,
        "--auth-audience",
        issuer::AUDIENCE,
        "--jwks-url",
        &jwks,
        "--status-list-url",
        &lists,
        "--clock-skew",
        "30s",
        "--jwks-max-age",
        "24h",
    ]);
    let running = server::start(&cli.settings, clock.clone()).await.unwrap();
    let client = Client::anonymous(&format!("http://{}", running.addresses()[0]));
    let (server, handle) = running.into_server();
    let serving = tokio::spawn(server);
    ready(&client).await;

    let alice = client.with_token(&issuer::token_at("alice", start));
    let first = alice.create("first").await;
    let task = alice.get(&format!("/api/me/tasks/{first}")).await.expect(200).json();
    assert_eq!(
        (&task["created_at"], &task["updated_at"]),
        (&"2031-05-01T12:00:00Z".into(), &task["created_at"])
    );

    clock.set(start + LIFETIME + SignedDuration::from_secs(29));
    let second = alice.create("second").await;
    assert!(second > first, "ids sort by the time of this clock");
    clock.advance(SignedDuration::from_secs(1));
    alice.get("/api/me/tasks").await.expect_error(401, "UNAUTHORIZED");
    alice.get("/readyz").await.expect(200);

    // With keys as old as this no token can be judged: 503, since 401 would sign people out.
    clock.set(start + SignedDuration::from_hours(24) + SignedDuration::from_secs(1));
    let later = client.with_token(&issuer::token_at("alice", start + SignedDuration::from_hours(24)));
    later.get("/api/me/tasks").await.expect_error(503, "KEYS_UNAVAILABLE");
    later.get("/readyz").await.expect_error(503, "NOT_READY");

    handle.stop(true).await;
    serving.await.unwrap().unwrap();
}

async fn ready(client: &Client) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while client.get("/readyz").await.status != 200 {
        assert!(Instant::now() < deadline, "never ready");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
