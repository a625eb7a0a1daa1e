//! Two real auth-services on one database, one of them killed under traffic.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use local_stack::testing::{Names, TestDatabase, auth_env, build_binaries, free_port};
use local_stack::{Binary, Service};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::process::{Gateway, Requests as _, program};
use super::replica::Replicas;
use super::retries::Raised;
use crate::raw::Answer;

const CLIENTS: usize = 4;

/// How long a hundred answers may take on a busy machine.
const SOON: Duration = Duration::from_secs(60);

const ACCOUNT: &str = r#"{"name":"Alice","email":"alice@example.com","password":"correct horse battery"}"#;

async fn auth_services(database: &TestDatabase, port: u16) -> [Service; 2] {
    let mut services = Vec::new();
    for address in [Replicas::A, Replicas::B] {
        let mut environment = auth_env(database);
        environment.insert("BIND".to_owned(), format!("{address}:{port}"));
        environment.insert("RATE_LIMIT_ENABLED".to_owned(), "false".to_owned());
        let mut service = Service::spawn(Binary::AuthService, environment).await.unwrap();
        service.wait_ready().await.unwrap();
        services.push(service);
    }
    services.try_into().unwrap()
}

fn post(gateway: &Gateway, path: &str, body: &str) -> Answer {
    let length = format!("Content-Length: {}", body.len());
    let headers = ["Content-Type: application/json", &length];
    gateway.send(&format!("POST /api/auth/{path}"), &headers, body.as_bytes())
}

#[tokio::test]
async fn sessions_and_sign_ins_survive_the_death_of_an_auth_service() {
    if program().is_none() {
        return;
    }
    build_binaries().await.unwrap();
    let (database, port) = (TestDatabase::auth().await, free_port());
    let [_living, dying] = auth_services(&database, port).await;
    let names = Names::start(&[Replicas::A, Replicas::B]);
    let gateway = Gateway::start_with(&[
        ("AUTH_UPSTREAM_HOST", "auth.test"),
        ("AUTH_UPSTREAM_PORT", &port.to_string()),
        ("GATEWAY_RESOLVERS", &names.resolvers()),
    ]);
    let gateway = gateway.unwrap();
    let signed_up = post(&gateway, "sign-up/email", ACCOUNT);
    assert_eq!(signed_up.status, 200, "{signed_up:?}");
    let cookie = signed_up.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();

    let (answered, failures) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    let done = AtomicBool::new(false);
    let ask = || {
        while !done.load(Ordering::Relaxed) {
            let answer = gateway.get("/api/auth/get-session", &[&format!("Cookie: {cookie}")]);
            if answer.status != 200 || !answer.body.contains("alice@example.com") {
                failures.lock().unwrap().push(answer);
            }
            answered.fetch_add(1, Ordering::Relaxed);
        }
    };
    let wait_for = |count| {
        let deadline = Instant::now() + SOON;
        while answered.load(Ordering::Relaxed) < count {
            assert!(Instant::now() < deadline, "{count} answers do not come");
            std::thread::yield_now();
        }
    };
    std::thread::scope(|scope| {
        let _end = Raised(&done);
        (0..CLIENTS).for_each(|_| drop(scope.spawn(ask)));
        wait_for(100);
        kill(Pid::from_raw(dying.id().unwrap().try_into().unwrap()), Signal::SIGKILL).unwrap();
        wait_for(200);
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{failures:#?}");
    // A dead address behind the name: each sign-in that is sent there is retried, if this Caddy retries bodies.
    if Gateway::retries_bodies() {
        assert!((0..10).all(|_| post(&gateway, "sign-in/email", ACCOUNT).status == 200));
    }
}
