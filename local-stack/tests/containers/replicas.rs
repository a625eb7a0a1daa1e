//! Two replicas of each service behind the gateway.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::engine::docker;
use crate::killed::kill_9;
use crate::stack::Stack;
use crate::traffic::Traffic;
use crate::user::{User, client, until};

/// Every replica knows of an ended session, or of a revoked key, within this time.
const KNOWN: Duration = Duration::from_secs(30);

const TWO: [&str; 4] = ["--scale", "auth-service=2", "--scale", "task-service=2"];

#[tokio::test]
async fn two_replicas_share_keys_sign_outs_and_limits_and_one_may_die() {
    let traffic = [("RATE_LIMIT_ENABLED", "false"), ("REQUESTS_PER_MINUTE", "0")];
    let Some(mut stack) = Stack::new(&traffic, &[]) else { return };
    stack.start(&TWO).await;
    let user = User::sign_up(&stack.url(), "shared").await;
    requests_reach_both(&stack, &user).await;
    a_revoked_key_is_replaced_on_both(&stack, &user).await;
    a_sign_out_counts_on_both(&stack).await;
    a_killed_replica_costs_no_request(&stack).await;
    a_rolling_restart_costs_no_read_and_few_changes(&stack).await;
    stack.set("RATE_LIMIT_ENABLED", "true");
    stack.start(&TWO).await;
    wrong_passwords_are_limited_over_both(&stack).await;
}

/// Bytes that a container has received.
async fn received(stack: &Stack, container: &str) -> u64 {
    let network = format!("--network=container:{container}");
    let image = stack.image("deployment");
    let script = "cat /sys/class/net/*/statistics/rx_bytes";
    let bytes = docker(["run", "--rm", &network, "--entrypoint=/bin/sh", &image, "-c", script]).await;
    bytes.lines().map(|line| line.parse::<u64>().unwrap()).sum()
}

async fn requests_reach_both(stack: &Stack, user: &User) {
    let containers: Vec<_> = ["auth-service", "task-service"]
        .iter()
        .flat_map(|name| [1, 2].map(|number| stack.container(name, number)))
        .collect();
    let mut before = Vec::new();
    for container in &containers {
        before.push(received(stack, container).await);
    }
    // Well above what status lists, health checks and the database send in this time. One byte of header counts once.
    let filler = "x".repeat(8000);
    for _ in 0..200 {
        for request in [user.session(), user.tasks()] {
            assert_eq!(request.header("x-filler", &filler).send().await.unwrap().status(), 200);
        }
    }
    for (container, before) in containers.iter().zip(before) {
        let got = received(stack, container).await - before;
        assert!(got > 400_000, "{container} got {got} bytes of 1.6 MB");
    }
}

async fn key_ids(stack: &Stack) -> BTreeSet<String> {
    let answer = client().get(format!("{}/.well-known/jwks.json", stack.url())).send().await.unwrap();
    let keys: Value = answer.json().await.unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn key_id(token: &str) -> String {
    use base64::Engine as _;
    let header = token.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

/// Whether a number of requests, enough to reach both replicas, all get this status.
async fn always(status: u16, request: impl Fn() -> reqwest::RequestBuilder) -> bool {
    for _ in 0..12 {
        if request().send().await.unwrap().status() != status {
            return false;
        }
    }
    true
}

async fn a_revoked_key_is_replaced_on_both(stack: &Stack, user: &User) {
    let old = key_id(&user.token);
    stack
        .run(&["exec", "--no-TTY", "auth-service", "/usr/local/bin/auth-service", "keys", "revoke", &old])
        .await;
    until("the key is gone from every JWKS", KNOWN, async || {
        for _ in 0..12 {
            if key_ids(stack).await.contains(&old) {
                return false;
            }
        }
        true
    })
    .await;
    until("no replica accepts its tokens", KNOWN, async || always(401, || user.tasks()).await).await;
    let mut renewed = user.clone();
    renewed.token = renewed.new_token().await;
    assert_ne!(key_id(&renewed.token), old);
    assert!(always(200, || renewed.tasks()).await, "every replica accepts the next key's tokens at once");
}

async fn a_sign_out_counts_on_both(stack: &Stack) {
    let user = User::sign_up(&stack.url(), "leaves").await;
    assert!(always(200, || user.tasks()).await);
    user.sign_out().await;
    let took = until("every replica rejects the token", Duration::from_secs(10), async || {
        always(401, || user.tasks()).await
    })
    .await;
    println!(
        "figure: two replicas: a token is rejected everywhere {:.1} s after sign-out",
        took.as_secs_f64()
    );
}

async fn wrong_passwords_are_limited_over_both(stack: &Stack) {
    let user = User::sign_up(&stack.url(), "guessed").await;
    let mut accepted = 0;
    for guess in 0..20 {
        match user.sign_in(&format!("wrong password {guess}")).await.as_u16() {
            401 => accepted += 1,
            429 => break,
            other => panic!("{other}"),
        }
    }
    // The limit on sign-ins of one client, whichever replica takes them: docs/API.md.
    assert_eq!(accepted, 3);
}

async fn a_killed_replica_costs_no_request(stack: &Stack) {
    let user = User::sign_up(&stack.url(), "lucky").await;
    for service in ["auth-service", "task-service"] {
        let traffic = Traffic::start([user.session(), user.tasks()]);
        for number in [1, 2] {
            let container = stack.container(service, number);
            kill_9(stack, &container).await;
            healthy(&container).await;
        }
        let outcomes = traffic.stop().await;
        let slowest = outcomes.0.iter().map(|outcome| outcome.ended - outcome.sent).max().unwrap();
        println!(
            "figure: each of two replicas of {service} killed: {:?}, slowest response {:.1} s",
            outcomes.statuses(),
            slowest.as_secs_f64()
        );
        assert_eq!(outcomes.statuses().keys().collect::<Vec<_>>(), [&200], "{service}");
    }
}

/// Changes that may be refused for each restart. A connection that waits to be accepted when the listener closes is reset, and the
/// gateway must not repeat a change that may have been executed. On a busy machine some wait for milliseconds.
const REFUSED_CHANGES: usize = 2;

/// SIGTERM to one container after the other, and a new start.
async fn a_rolling_restart_costs_no_read_and_few_changes(stack: &Stack) {
    let user = User::sign_up(&stack.url(), "rolled").await;
    let mut requests = vec![user.session(), user.tasks()];
    if retries_bodies(stack).await {
        requests.push(user.change());
    }
    let traffic = Traffic::start(requests);
    for service in ["auth-service", "task-service"] {
        for number in [1, 2] {
            let container = stack.container(service, number);
            docker(["restart", &container]).await;
            healthy(&container).await;
        }
    }
    let outcomes = traffic.stop().await;
    let mut statuses = outcomes.statuses();
    println!("figure: a rolling restart of both services, two replicas each: {statuses:?}");
    let (answered, refused) = (statuses.remove(&200), statuses.remove(&503).unwrap_or(0));
    assert!(answered.is_some() && statuses.is_empty(), "{statuses:?}");
    assert!(refused <= 2 * REFUSED_CHANGES, "{refused} changes were refused in two restarts of auth-service");
}

/// Whether the gateway retries a request with a body after a failed dial: Caddy does since 2.11.4.
async fn retries_bodies(stack: &Stack) -> bool {
    let version = docker(["exec", &stack.container("gateway", 1), "caddy", "version"]).await;
    let version = version.trim_start_matches('v').split([' ', '\n']).next().unwrap_or_default().to_owned();
    let numbers: Vec<u32> = version.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    let retries = numbers.as_slice() >= [2, 11, 4].as_slice();
    if !retries {
        local_stack::testing::report_skipped(&format!(
            "changes during a rolling restart in containers: Caddy {version} does not retry bodies"
        ));
    }
    retries
}

async fn healthy(container: &str) {
    let is_healthy =
        async || crate::engine::inspect(container).await["State"]["Health"]["Status"] == "healthy";
    until("the replica is healthy again", KNOWN, is_healthy).await;
}
