//! Each container's process killed with SIGKILL while people use the stack.

use std::time::{Duration, Instant};

use crate::engine::{docker, inspect};
use crate::stack::{STAYING, Stack};
use crate::traffic::Traffic;
use crate::user::{User, until};

/// Until everything works again. Docker restarts a container within a second, and PostgreSQL then recovers.
const RECOVERY: Duration = Duration::from_secs(20);

/// Kills a container's process from outside, as the kernel would: after `docker kill` Docker restarts nothing.
pub async fn kill_9(stack: &Stack, container: &str) -> Instant {
    let pid = inspect(container).await["State"]["Pid"].as_i64().unwrap().to_string();
    let image = stack.image("deployment");
    docker([
        "run",
        "--rm",
        "--pid=host",
        "--user=0",
        "--entrypoint=/bin/sh",
        &image,
        "-c",
        &format!("kill -9 {pid}"),
    ])
    .await;
    Instant::now()
}

#[tokio::test]
async fn each_service_recovers_from_kill_9_under_traffic() {
    let Some(stack) = Stack::up(&[("RATE_LIMIT_ENABLED", "false"), ("REQUESTS_PER_MINUTE", "0")]).await
    else {
        return;
    };
    let user = User::sign_up(&stack.url(), "busy").await;
    for service in STAYING {
        let container = stack.container(service, 1);
        let traffic = Traffic::start([user.session(), user.tasks()]);
        // Committed a moment before the kill.
        assert_eq!(user.create_task(&format!("before {service}")).await, 201);
        let killed = kill_9(&stack, &container).await;
        until("the container is restarted", RECOVERY, async || {
            inspect(&container).await["RestartCount"] == 1
        })
        .await;
        until("both services respond", RECOVERY, async || user.works().await).await;
        assert_eq!(user.create_task(&format!("after {service}")).await, 201);
        let outcomes = traffic.stop().await;

        let statuses = outcomes.statuses();
        let last = outcomes
            .last_failure()
            .map_or(Duration::ZERO, |outcome| outcome.ended.saturating_duration_since(killed));
        println!("figure: {service} killed: {statuses:?}, last failure {:.1} s later", last.as_secs_f64());
        assert!(last < RECOVERY, "{service}: {last:?}");
        // The gateway's own end is the end of its connections; that of any other is a 503 from the gateway.
        let expected = |status: &u16| matches!(status, 200 | 503) || (service == "gateway" && *status == 0);
        assert!(statuses.keys().all(expected), "{service}: {statuses:?}");
    }
    // Newest first.
    let titles = user.titles().await.into_iter().rev().collect::<Vec<_>>();
    let created =
        STAYING.iter().flat_map(|service| [format!("before {service}"), format!("after {service}")]);
    assert_eq!(titles, created.collect::<Vec<_>>(), "no task is lost");
}
