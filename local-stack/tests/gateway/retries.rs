//! Replicas that die under traffic: what is retried, and what is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::process::{Gateway, Requests as _};
use super::replica::{BlackHole, Replicas};
use super::upstreams::assert_envelope;
use crate::raw::Answer;

const CLIENTS: usize = 4;

/// Raises a flag when it is dropped, so that no thread waits for a test that has failed.
pub(super) struct Raised<'a>(pub(super) &'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One request of the traffic.
struct Sent {
    request: String,
    at: Instant,
    status: u16,
}

/// Sends GETs and POSTs, each with a path of its own, until `done`.
fn traffic(gateway: &Gateway, client: usize, done: &AtomicBool) -> Vec<Sent> {
    let mut sent = Vec::new();
    while !done.load(Ordering::Relaxed) {
        for method in ["GET", "POST"] {
            let request = format!("{method} /api/me/tasks/{client}-{}", sent.len());
            let at = Instant::now();
            let status = send(gateway, &request).status;
            sent.push(Sent { request, at, status });
        }
    }
    sent
}

/// Sends a request, which has a body unless it is a GET or HEAD.
fn send(gateway: &Gateway, request: &str) -> Answer {
    let reads = request.starts_with("GET") || request.starts_with("HEAD");
    let (length, body): (_, &[u8]) = if reads { ("0", b"") } else { ("4", b"body") };
    gateway.send(request, &[&format!("Content-Length: {length}")], body)
}

#[test]
fn a_killed_replica_costs_no_request_that_can_be_repeated() {
    let mut replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    let (done, retries_bodies) = (AtomicBool::new(false), Gateway::retries_bodies());
    let (sent, killed) = std::thread::scope(|scope| {
        let (gateway, done) = (&gateway, &done);
        let end = Raised(done);
        let clients: Vec<_> =
            (0..CLIENTS).map(|client| scope.spawn(move || traffic(gateway, client, done))).collect();
        replicas.wait_for_requests(200);
        replicas.b.kill();
        let killed = Instant::now();
        replicas.wait_for_requests(100);
        drop(end);
        let sent: Vec<Sent> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
        (sent, killed)
    });
    let (a, b) = (replicas.a.requests().len(), replicas.b.requests().len());
    assert!(a >= 40 && b >= 40, "both had a part: {a} and {b}");
    for Sent { request, at, status } in &sent {
        if request.starts_with("GET") {
            assert_eq!(*status, 200, "{request}");
            continue;
        }
        let executed = replicas.executed(request);
        assert!(executed <= 1, "{request} was executed {executed} times");
        // A POST in flight may have been executed. After that only dials fail.
        let retried = *at > killed && retries_bodies;
        assert!(*status == 200 || (*status == 503 && !retried), "{request}: {status}");
    }
    let afterwards = sent.iter().filter(|sent| sent.at > killed && sent.request.starts_with("POST")).count();
    assert!(afterwards > 10, "{afterwards} POSTs after the kill");
}

#[test]
fn a_connection_that_breaks_is_a_reason_to_repeat_reads_alone() {
    let replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    for method in ["GET", "HEAD"] {
        for number in 0..10 {
            let request = format!("{method} /api/me/{number}/break-at-a");
            assert_eq!(send(&gateway, &request).status, 200, "{request}");
        }
    }
    assert!(replicas.a.requests().len() >= 5, "some broke at first");
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let broken = (0..20).filter(|number| {
            let request = format!("{method} /api/me/{number}/break-at-a");
            // Without a body, which Caddy may be unable to send again.
            let answer = gateway.send(&request, &["Content-Length: 0"], b"");
            assert_eq!(replicas.executed(&request), 1, "{request}");
            if answer.status != 200 {
                assert_envelope(&answer, 503, "SERVICE_UNAVAILABLE");
            }
            answer.status != 200
        });
        assert!(broken.count() > 0, "{method}");
    }
}

#[test]
fn a_post_after_an_idle_connection_was_closed_is_answered() {
    let replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    for _ in 0..10 {
        assert_eq!(gateway.get("/api/me/last", &[]).status, 200);
        replicas.a.wait_until_nobody_is_connected();
        replicas.b.wait_until_nobody_is_connected();
        assert_eq!(send(&gateway, "POST /api/me/last").status, 200);
    }
}

#[test]
fn a_body_arrives_whole_after_a_failed_dial() {
    let mut replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    if !Gateway::retries_bodies() {
        return;
    }
    replicas.b.kill();
    for number in 0..20 {
        let body = format!("{number}").repeat(20_000);
        let length = format!("Content-Length: {}", body.len());
        let answer = gateway.send("POST /api/me/tasks", &[&length], body.as_bytes());
        assert_eq!((answer.status, answer.body), (200, format!("a {body}")));
    }
}

#[test]
fn an_address_that_does_not_respond_delays_requests_and_fails_none() {
    let mut replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    replicas.b.kill();
    let _hole = BlackHole::at((Replicas::B, replicas.port()).into());
    let mut delays: Vec<Duration> = std::thread::scope(|scope| {
        let gateway = &gateway;
        let client = move || {
            let delay = |_| {
                let start = Instant::now();
                assert_eq!(send(gateway, "GET /api/me/tasks").status, 200);
                start.elapsed()
            };
            (0..25).map(delay).collect::<Vec<_>>()
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    delays.sort_unstable();
    // It has fewest requests in progress again only when all of those that wait for it have given up.
    let usual = delays[delays.len() / 2];
    assert!(usual < Duration::from_millis(200), "{delays:?}");
}

#[test]
fn a_response_that_breaks_off_is_cut_off_for_the_client_and_no_secret_is_logged() {
    let replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    let secrets = ["Authorization: Bearer hidden-b", "Cookie: hidden-c", "X-Any: hidden-d"];
    for _ in 0..4 {
        let answer = gateway.get("/api/me/half?token=hidden-a", &secrets);
        let announced: usize = answer.header("content-length").unwrap().parse().unwrap();
        assert!(answer.body.len() < announced, "{answer:?}");
    }
    // What is logged comes before this.
    gateway.get("/api/auth/ok", &[]);
    let log = gateway.log_with("connection refused");
    assert!(log.iter().all(|line| !line.contains("hidden")), "{log:#?}");
}
