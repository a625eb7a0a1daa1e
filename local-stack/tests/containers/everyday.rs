//! What everybody does with the stack: start it, use it, look at it, restart it, stop it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use crate::engine::{docker, inspect};
use crate::stack::{STAYING, Stack, with_steady_networks};
use crate::user::{User, client, until};

/// Long for a restart, and short for a person.
const SOON: Duration = Duration::from_secs(40);

/// The minute after which refusals are stored, and some time for it.
const REFUSALS: Duration = Duration::from_secs(100);

#[tokio::test]
async fn the_stack_is_used_inspected_restarted_and_stopped() {
    let Some(stack) = Stack::new(&[], &[]) else { return };
    let took = stack.start(&[]).await;
    println!("figure: everything is healthy after {:.1} s", took.as_secs_f64());
    readme_walk(&stack).await;
    page_in_the_browser(&stack).await;
    security_headers(&stack).await;
    each_secret_has_one_reader(&stack).await;
    secrets_do_not_appear_in_inspect(&stack).await;
    only_auth_service_and_the_gateway_reach_the_outside(&stack).await;
    memory(&stack).await;
    an_operator_lists_the_sign_ins_of_a_user(&stack).await;
    a_deleted_user_leaves_no_task(&stack).await;
    data_survives_restart_and_down(&stack).await;
    stops_in_order(&stack).await;
}

async fn readme_walk(stack: &Stack) {
    let walk = local_stack::workspace::root().unwrap().join("deployment/walk.sh");
    let url = stack.url();
    let output = Command::new("sh").arg(walk).args([&url, &url]).output().await.unwrap();
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}

/// In Chromium, at PUBLIC_URL and at the address that `docker compose ps` shows.
async fn page_in_the_browser(stack: &Stack) {
    let published = stack.run(&["port", "gateway", "8080"]).await;
    assert_eq!(published.trim(), format!("127.0.0.1:{}", stack.port));
    for url in [stack.url(), format!("http://{}", published.trim())] {
        browser(&url).await;
    }
}

/// Runs web/e2e-containers against the page at this URL.
pub async fn browser(url: &str) {
    let web = local_stack::workspace::root().unwrap().join("web");
    let mut command = Command::new("npx");
    command.args(["--no-install", "playwright", "test", "--config", "playwright.containers.config.ts"]);
    let output = with_steady_networks(command.current_dir(web).env("PAGE_URL", url).output()).await.unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stdout));
}

async fn security_headers(stack: &Stack) {
    for path in ["/", "/signin", "/api/auth/ok", "/api/me/tasks", "/docs/auth/", "/nowhere"] {
        let answer = client().get(format!("{}{path}", stack.url())).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("x-frame-options"), Some("DENY"), "{path}");
        assert!(
            header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")),
            "{path}"
        );
        assert_eq!(header("server"), None, "{path}");
    }
}

/// Tries each file of the volume `secrets` as each user of the stack.
async fn each_secret_has_one_reader(stack: &Stack) {
    let root = stack.in_secrets("0:0", "cd /run/secrets && stat -c '%u:%g %a %n' * */*").await;
    let owner_of = |directory: &str| match directory {
        "postgres" => "999:999",
        "auth-migrate" => "10011:10011",
        "auth-service" => "10001:10001",
        "task-migrate" => "10012:10012",
        "task-service" => "10002:10002",
        other => panic!("{other} is new"),
    };
    let mut files = 0;
    for line in root.lines() {
        let [owner, mode, path] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let (directory, file) =
            path.split_once('/').map_or((path, None), |(directory, file)| (directory, Some(file)));
        assert_eq!(owner, owner_of(directory), "{path}");
        assert_eq!(mode, if file.is_some() { "600" } else { "700" }, "{path}");
        files += usize::from(file.is_some());
    }
    assert_eq!(files, 15, "{root}");
    // The kernel agrees: each user, the gateway's too, reads the files of one directory at most.
    for user in ["999:999", "10001:10001", "10002:10002", "10011:10011", "10012:10012", "1000:1000"] {
        let script = "for file in /run/secrets/*/*; do cat $file >/dev/null 2>&1 && echo ${file#/run/secrets/}; done; :";
        let readable = stack.in_secrets(user, script).await;
        let directories: BTreeSet<_> = readable.lines().map(|path| path.split('/').next().unwrap()).collect();
        let owned: Vec<_> = directories.iter().map(|directory| owner_of(directory)).collect();
        let expected: &[&str] = if user == "1000:1000" { &[] } else { &[user] };
        assert_eq!(owned, expected, "{readable}");
    }
}

async fn secrets_do_not_appear_in_inspect(stack: &Stack) {
    let secrets = stack
        .in_secrets("0:0", "cd /run/secrets && cat */*_password */auth_secrets */key_encryption_keys auth-service/webhook_secret")
        .await;
    let containers = stack.run(&["ps", "--all", "--quiet"]).await;
    let reported = docker(["inspect"].into_iter().chain(containers.lines())).await;
    assert_eq!(secrets.lines().count(), 8);
    assert!(secrets.lines().all(|secret| !reported.contains(secret)), "a secret is in `docker inspect`");
    // A volume with a random name belongs to nobody, and stays for ever.
    for container in containers.lines() {
        for mount in inspect(container).await["Mounts"].as_array().unwrap() {
            let name = mount["Name"].as_str().unwrap_or_default();
            assert!(mount["Type"] != "volume" || name.contains("latchkey-test"), "{container}: {mount}");
            assert_ne!(mount["Type"], "bind", "{container}: {mount}");
        }
    }
}

/// The engine lets no packet out of an internal network.
async fn only_auth_service_and_the_gateway_reach_the_outside(stack: &Stack) {
    for (service, reaches) in
        [("postgres", false), ("auth-service", true), ("task-service", false), ("gateway", true)]
    {
        let networks = inspect(&stack.container(service, 1)).await["NetworkSettings"]["Networks"].clone();
        let mut ways_out = 0;
        for network in networks.as_object().unwrap().keys() {
            ways_out += usize::from(
                docker(["network", "inspect", "--format", "{{.Internal}}", network]).await == "false",
            );
        }
        assert_eq!(ways_out > 0, reaches, "{service}: {networks}");
    }
}

/// For docs/OPERATIONS.md, after a little use.
async fn memory(stack: &Stack) {
    for service in STAYING {
        let container = stack.container(service, 1);
        let report = inspect(&container).await;
        assert!(report["HostConfig"]["PidsLimit"].as_i64().is_some_and(|limit| limit > 0), "{service}");
        assert_eq!(report["HostConfig"]["LogConfig"]["Type"], json!("local"), "{service}");
        let used = docker(["stats", "--no-stream", "--format", "{{.MemUsage}}", &container]).await;
        println!("figure: memory of {service}: {used}");
    }
}

/// By the commands of docs/OPERATIONS.md.
async fn an_operator_lists_the_sign_ins_of_a_user(stack: &Stack) {
    let user = User::sign_up(&stack.url(), "audited").await;
    assert_eq!(user.signs_in().await, 200);
    assert_eq!(user.sign_in("a wrong password").await, 401);
    let listed = async || {
        let list = ["exec", "-T", "auth-service", "auth-service", "audit", "list", "--format", "csv"];
        let of_user = ["--user", &user.email, "--event", "session.started", "--event", "sign_in.refused"];
        stack.run(&[&list[..], &of_user[..]].concat()).await
    };
    // Refusals are stored once a minute.
    until("the refused sign-in is listed", REFUSALS, async || listed().await.contains("wrong_password"))
        .await;
    let events = listed().await;
    assert_eq!(events.matches("session.started").count(), 2, "{events}");
    assert_eq!(events.matches("sign_in.refused").count(), 1, "{events}");
    let prune = ["run", "--rm", "--no-deps", "-T", "auth-migrate", "audit", "prune", "--older-than"];
    stack.run(&[&prune[..], &["8760h"]].concat()).await;
    assert_eq!(listed().await, events, "nothing is a year old");
}

async fn a_deleted_user_leaves_no_task(stack: &Stack) {
    let user = User::sign_up(&stack.url(), "leaves").await;
    assert_eq!(user.create_task("of somebody who leaves").await, 201);
    let count = "SELECT count(*) FROM tasks WHERE title = 'of somebody who leaves'";
    let psql = ["exec", "--no-TTY", "postgres", "psql", "--username=postgres", "--dbname=tasks"];
    let left = async || stack.run(&[&psql[..], &["--tuples-only", "--command", count]].concat()).await;
    assert_eq!(left().await.trim(), "1");
    user.delete_account().await;
    until("the task is deleted", SOON, async || left().await.trim() == "0").await;
}

async fn data_survives_restart_and_down(stack: &Stack) {
    let user = User::sign_up(&stack.url(), "keeps").await;
    assert_eq!(user.create_task("before").await, 201);
    let keys = async || {
        client()
            .get(format!("{}/.well-known/jwks.json", stack.url()))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let before = keys().await;

    // Every container at once, those that ran once too: their order is left to chance.
    stack.run(&["restart"]).await;
    let took = until("it works again after restart", SOON, async || user.works().await).await;
    println!(
        "figure: restart of every container at once: {:.1} s until both services respond",
        took.as_secs_f64()
    );
    for service in ["secrets", "databases", "auth-migrate", "task-migrate"] {
        let container = stack.container(service, 1);
        until("what runs once ends well", SOON, async || {
            let state = inspect(&container).await["State"].clone();
            state["Status"] == "exited" && state["ExitCode"] == 0
        })
        .await;
    }
    assert_eq!(user.titles().await, ["before"]);

    stack.run(&["down"]).await;
    stack.start(&[]).await;
    assert_eq!(keys().await, before);
    assert_eq!(user.signs_in().await, 200);
    assert_eq!(user.titles().await, ["before"], "a token from before");
    assert!(
        !Path::new(&stack.directory().join("deployment")).exists(),
        "the compose file needs no other file"
    );
}

async fn stops_in_order(stack: &Stack) {
    stack.run(&["stop"]).await;
    for service in STAYING {
        let state = inspect(&stack.container(service, 1)).await["State"].clone();
        assert_eq!(
            (state["ExitCode"].as_i64(), state["OOMKilled"].as_bool()),
            (Some(0), Some(false)),
            "{service}"
        );
    }
}
