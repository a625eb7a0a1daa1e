//! Replicas that come and go, and the name they are found by.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::Requests as _;
use super::process::{Gateway, caddyfile, program};
use super::replica::Replicas;
use super::upstreams::assert_envelope;

/// `lb_try_duration` of the Caddyfile, and time for a busy machine.
const OUTAGE_BOUND: Duration = Duration::from_secs(8);

const TASKS: &str = "/api/me/tasks";

#[test]
fn replicas_get_equal_shares() {
    let replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    for _ in 0..80 {
        assert_eq!(gateway.get(TASKS, &[]).status, 200);
    }
    // A fair coin is outside of this once in three million times.
    let (a, b) = (replicas.a.requests().len(), replicas.b.requests().len());
    assert!(a + b == 80 && a.abs_diff(b) <= 46, "{a} and {b}");
}

#[test]
fn a_new_replica_gets_requests_and_one_without_its_name_gets_none() {
    let replicas = Replicas::start();
    replicas.names.set(&[Replicas::A]);
    let Some(gateway) = replicas.gateway() else { return };
    for _ in 0..20 {
        assert_eq!(gateway.get(TASKS, &[]).body, "a ");
    }
    replicas.names.set(&[Replicas::A, Replicas::B]);
    let deadline = Instant::now() + OUTAGE_BOUND;
    while gateway.get(TASKS, &[]).body != "b " {
        assert!(Instant::now() < deadline, "the new replica is not found");
    }
    replicas.names.set(&[Replicas::B]);
    // One lookup may have been in flight.
    std::thread::scope(|scope| {
        let looked_up = scope.spawn(|| replicas.names.wait_for_lookups(4));
        while !looked_up.is_finished() {
            assert_eq!(gateway.get(TASKS, &[]).status, 200);
        }
    });
    for _ in 0..20 {
        assert_eq!(gateway.get(TASKS, &[]).body, "b ");
    }
}

#[test]
fn requests_wait_for_the_restart_of_the_only_replica() {
    let mut replicas = Replicas::start();
    replicas.names.set(&[Replicas::A]);
    let Some(gateway) = replicas.gateway() else { return };
    assert_eq!(gateway.get(TASKS, &[]).status, 200);
    replicas.a.kill();
    std::thread::scope(|scope| {
        let methods = ["GET", "HEAD", "DELETE"];
        let mut waiting = methods.map(|method| (method, "")).to_vec();
        if Gateway::retries_bodies() {
            waiting.extend([("POST", "body"), ("PATCH", "body")]);
        }
        let gateway = &gateway;
        let waiting: Vec<_> = waiting
            .into_iter()
            .map(|(method, body)| {
                let length = format!("Content-Length: {}", body.len());
                scope.spawn(move || gateway.send(&format!("{method} {TASKS}"), &[&length], body.as_bytes()))
            })
            .collect();
        // Each attempt asks for the addresses, which are kept for one second. So these have failed and are tried again.
        replicas.names.wait_for_lookups(2);
        replicas.restart_a();
        for answer in waiting {
            assert_eq!(answer.join().unwrap().status, 200);
        }
    });
    // Nothing remains of the failures.
    let start = Instant::now();
    assert_eq!(gateway.get(TASKS, &[]).status, 200);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn requests_wait_while_names_do_not_resolve() {
    let replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    replicas.names.fail();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| gateway.get(TASKS, &[]));
        replicas.names.wait_for_lookups(4);
        replicas.names.set(&[Replicas::A]);
        assert_eq!(waiting.join().unwrap().body, "a ");
    });
}

#[test]
fn without_a_replica_or_a_name_the_answer_is_503_within_seconds() {
    let mut replicas = Replicas::start();
    let Some(gateway) = replicas.gateway() else { return };
    replicas.a.kill();
    replicas.b.kill();
    let fails = |request: &str| {
        let start = Instant::now();
        let answer = gateway.send(request, &["Content-Length: 4"], b"body");
        assert_envelope(&answer, 503, "SERVICE_UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), Some("2"));
        assert!(start.elapsed() < OUTAGE_BOUND, "{request} took {:?}", start.elapsed());
    };
    std::thread::scope(|scope| {
        for request in ["GET /api/me/tasks", "POST /api/me/tasks", "DELETE /api/me/tasks/1"] {
            scope.spawn(move || fails(request));
        }
    });
    replicas.names.fail();
    fails("GET /api/me/tasks");
}

/// The services close connections that were idle for this long, in seconds (`service-kit/src/lifecycle.rs`).
const SERVICE_KEEP_ALIVE: u64 = 75;

#[test]
fn idle_connections_are_closed_before_the_services_close_them() {
    let Some(program) = program() else { return };
    let mut command = std::process::Command::new(program);
    command.args(["adapt", "--adapter", "caddyfile", "--config"]).arg(caddyfile());
    let adapted = command.env("PAGE", "/nonexistent").output().unwrap();
    let adapted: Value = serde_json::from_slice(&adapted.stdout).unwrap();
    let mut idle_timeouts = Vec::new();
    collect(&adapted, "idle_timeout", "keep_alive", &mut idle_timeouts);
    assert_eq!(idle_timeouts.len(), 4, "auth-service and task-service, each with its documentation");
    let limit = Duration::from_secs(SERVICE_KEEP_ALIVE - 5).as_nanos();
    assert!(idle_timeouts.iter().all(|timeout| u128::from(*timeout) <= limit), "{idle_timeouts:?}");
}

/// The numbers called `name` directly in objects called `parent`.
fn collect(value: &Value, name: &str, parent: &str, found: &mut Vec<u64>) {
    if let Some(object) = value.as_object() {
        found.extend(object.get(parent).and_then(|inside| inside[name].as_u64()));
    }
    let inner: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(array) => array.iter().collect(),
        _ => Vec::new(),
    };
    inner.into_iter().for_each(|value| collect(value, name, parent, found));
}
