//! Settings other than the defaults, and invalid ones.

use std::time::Duration;

use crate::engine::{docker, inspect};
use crate::stack::Stack;
use crate::user::{User, until};

#[tokio::test]
async fn an_address_may_be_spelled_in_any_way_and_an_invalid_setting_is_found_before_it_is_applied() {
    let Some(mut stack) = Stack::new(&[], &[]) else { return };
    // Each service compares addresses on its own: a trailing slash or a capital letter must not part them.
    let url = format!("HTTP://LocalHost:{}/", stack.port);
    stack.set("PUBLIC_URL", &url);
    stack.start(&[]).await;
    let user = User::sign_up(&stack.url(), "slash").await;
    assert_eq!(user.create_task("with a slash").await, 201);
    invalid_settings_are_found(&mut stack).await;
    stack.set("PUBLIC_URL", &url);
    assert_eq!(user.titles().await, ["with a slash"], "the check touched a running service");
    task_service_starts_before_auth_service(&stack, &user).await;
}

/// What `config check` prints of valid settings.
const VALID: &str = "settings ok";

async fn invalid_settings_are_found(stack: &mut Stack) {
    let mistakes = [
        ("auth-service", "PUBLIC_URL", "example.com", "BASE_URL"),
        ("auth-service", "TRUSTED_PROXIES", "everybody", "TRUSTED_PROXIES"),
        ("auth-service", "REQUIRE_EMAIL_VERIFICATION", "true", "REQUIRE_EMAIL_VERIFICATION"),
        ("task-service", "PUBLIC_URL", "", VALID),
        ("task-service", "TASK_QUOTA", "many", "TASK_QUOTA"),
    ];
    for (service, name, value, expected) in mistakes {
        stack.set(name, value);
        let output = stack.compose(&["run", "--rm", "--no-deps", service, "config", "check"]).await;
        let said = [&output.stdout, &output.stderr]
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .concat();
        assert_eq!(output.status.success(), expected == VALID, "{service}: {name}={value}: {said}");
        assert!(said.contains(expected), "{said}");
        stack.set(name, "");
    }
}

/// As after a reboot: nothing orders the containers then.
async fn task_service_starts_before_auth_service(stack: &Stack, user: &User) {
    let (auth, tasks) = (stack.container("auth-service", 1), stack.container("task-service", 1));
    stack.run(&["stop", "auth-service", "task-service"]).await;
    docker(["start", &tasks]).await;
    let started = inspect(&tasks).await["State"]["StartedAt"].as_str().unwrap().to_owned();
    let logged = async || docker(["logs", "--since", &started, &tasks]).await;
    let failed = async || logged().await.contains("could not be fetched");
    until("the first fetch of the keys has failed", Duration::from_secs(10), failed).await;
    docker(["start", &auth]).await;
    let took = until("tasks are served", Duration::from_secs(10), async || user.works().await).await;
    println!("figure: auth-service started after task-service: {:.1} s until both serve", took.as_secs_f64());
    assert!(!logged().await.contains("last good key set"), "there never was one");
}
