//! Collectors that fail. Nobody but the log notices.

use std::time::{Duration, Instant};

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use wiremock::ResponseTemplate;

use super::collector::Collector;
use crate::scratch::client;

/// Longer than a request takes on a busy machine, shorter than any time limit of the export.
const AT_ONCE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);
const LOST: &str = "traces are lost";

async fn auth_service(database: &TestDatabase, collector: &str) -> Service {
    testing::auth_service(database, &[("OTEL_EXPORTER_OTLP_ENDPOINT", collector)]).await
}

/// Sends requests. Returns how long the slowest one took.
async fn requests(auth: &Service, count: usize) -> Duration {
    let (http, url) = (client(), format!("{}/api/auth/ok", auth.url()));
    let mut slowest = Duration::ZERO;
    for _ in 0..count {
        let begun = Instant::now();
        assert_eq!(http.get(&url).send().await.unwrap().status(), 200);
        slowest = slowest.max(begun.elapsed());
    }
    slowest
}

/// Sends many requests, then stops the service, and checks that neither takes long.
async fn is_not_slowed(mut auth: Service) {
    // More than the queue holds.
    let slowest = requests(&auth, 2000).await;
    assert!(slowest < AT_ONCE, "{slowest:?}");
    let begun = Instant::now();
    assert!(auth.terminate().await.unwrap().success());
    let took = begun.elapsed();
    println!("slowest request {slowest:?}, stop {took:?}");
    assert!(took < AT_ONCE, "{took:?}");
}

#[tokio::test]
async fn a_collector_that_is_away_slows_neither_requests_nor_the_stop() {
    let database = TestDatabase::auth().await;
    let nowhere = format!("http://127.0.0.1:{}", testing::free_port());
    let mut auth = auth_service(&database, &nowhere).await;
    requests(&auth, 1).await;
    auth.wait_for_line(|line| line.contains(LOST), PATIENCE).await.unwrap();
    is_not_slowed(auth).await;
}

#[tokio::test]
async fn a_collector_that_hangs_slows_neither_requests_nor_the_stop() {
    let database = TestDatabase::auth().await;
    let hanging = ResponseTemplate::new(200).set_delay(Duration::from_secs(3600));
    let collector = Collector::responding(hanging).await;
    let auth = auth_service(&database, &collector.url()).await;
    requests(&auth, 1).await;
    let deadline = Instant::now() + PATIENCE;
    while collector.exports().await == 0 {
        assert!(Instant::now() < deadline, "nothing was exported");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    is_not_slowed(auth).await;
}

#[tokio::test]
async fn a_failing_collector_is_logged_once_until_it_recovers() {
    let database = TestDatabase::auth().await;
    let collector = Collector::responding(ResponseTemplate::new(503)).await;
    let mut auth = auth_service(&database, &collector.url()).await;
    let deadline = Instant::now() + PATIENCE;
    while collector.exports().await < 3 {
        assert!(Instant::now() < deadline, "only {} exports", collector.exports().await);
        requests(&auth, 1).await;
    }
    collector.respond(ResponseTemplate::new(200)).await;
    requests(&auth, 1).await;
    auth.wait_for_line(|line| line.contains("export of traces recovered"), PATIENCE).await.unwrap();
    let warnings: Vec<_> = auth.output().into_iter().filter(|line| line.contains(LOST)).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("503"), "{warnings:?}");
}
