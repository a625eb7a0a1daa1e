//! `local-stack up` from its start to its end, as a real process.

use std::path::Path;
use std::time::Duration;

use local_stack::process::{Process, Stream};
use local_stack::process_id::ProcessId;
use local_stack::testing::{TestDatabase, free_port};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::Instant;

use crate::scratch::{Scratch, client};

pub(crate) const SOON: Duration = Duration::from_secs(90);

/// The settings of one stack: a state directory and ports of its own.
pub(crate) struct Stack {
    scratch: Scratch,
    pub(crate) auth_port: u16,
    pub(crate) tasks_port: u16,
    pub(crate) web_port: u16,
}

async fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).await.is_ok()
}

impl Stack {
    pub(crate) async fn new() -> Self {
        local_stack::workspace::build_binaries().await.unwrap();
        let scratch = Scratch::new();
        let [auth_port, tasks_port, web_port] = [free_port(), free_port(), free_port()];
        Self { scratch, auth_port, tasks_port, web_port }
    }

    pub(crate) fn state(&self) -> &Path {
        self.scratch.path()
    }

    /// Without a page, unless `extra` names one: whether the checkout has one is nothing to these tests.
    pub(crate) fn up(&self, extra: &[(&str, &str)]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-stack"));
        command.arg("up").env("LATCHKEY_STATE_DIR", self.state()).env("BCRYPT_COST", "4");
        command.env("AUTH_PORT", self.auth_port.to_string()).env("TASKS_PORT", self.tasks_port.to_string());
        command.env("WEB_PORT", self.web_port.to_string()).env("WEB_DIRECTORY", self.state().join("no-page"));
        command.envs(extra.iter().copied());
        Process::spawn("local-stack", command, None).unwrap()
    }

    async fn is_down(&self) -> bool {
        let server = self.state().join("postgres/data/postmaster.pid");
        is_free(self.auth_port).await && is_free(self.tasks_port).await && !server.exists()
    }

    /// The processes of the stack, its own first.
    fn processes(&self) -> Vec<ProcessId> {
        let listed = std::fs::read_to_string(self.state().join("up.lock")).unwrap();
        listed.lines().filter_map(listed_process).collect()
    }
}

fn listed_process(line: &str) -> Option<ProcessId> {
    let (pid, start) = line.split_once(' ')?;
    Some(ProcessId { pid: pid.parse().ok()?, start: start.parse().ok()? })
}

impl Drop for Stack {
    /// Leaves no service behind when a test fails and `up` is killed.
    fn drop(&mut self) {
        let listed = std::fs::read_to_string(self.state().join("up.lock")).unwrap_or_default();
        for process in listed.lines().skip(1).filter_map(listed_process) {
            if process.is_alive() {
                let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
            }
        }
    }
}

/// The example it prints, once it is up.
pub(crate) async fn example(up: &mut Process) -> String {
    up.wait_for_line(|line| line.starts_with("EMAIL="), SOON).await.unwrap();
    up.wait_for_line(|line| line.ends_with("Bearer $TOKEN\""), SOON).await.unwrap();
    let lines = up.output_on(Stream::Stdout);
    let example =
        lines.iter().skip_while(|line| !line.starts_with("EMAIL=")).take_while(|line| !line.is_empty());
    example.cloned().collect::<Vec<_>>().join("\n")
}

/// Runs the example in a shell, past the proxy that a developer may have.
async fn paste(example: &str) -> String {
    let output = Command::new("sh").arg("-c").arg(example).env("NO_PROXY", "*").output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn it_comes_up_its_example_works_and_it_stops_with_all_it_started() {
    let stack = Stack::new().await;
    let start = Instant::now();
    let mut up = stack.up(&[]);
    let text = example(&mut up).await;
    println!("first start: {:?}", start.elapsed());
    let table = up.output_on(Stream::Stdout).join("\n");
    for port in [stack.auth_port, stack.tasks_port] {
        assert!(table.contains(&format!("http://localhost:{port}")), "{table}");
    }
    // Pasted twice it makes two accounts, each with one task of its own.
    for _ in 0..2 {
        let answers = paste(&text).await;
        assert_eq!(answers.matches("Try Latchkey").count(), 2, "{answers}");
    }

    let processes = stack.processes();
    assert_eq!(processes.len(), 3);
    assert!(up.terminate(SOON).await.unwrap().success());
    assert!(!processes.iter().any(ProcessId::is_alive));
    assert!(stack.is_down().await);
}

const EMAIL: &str = r#"{"name":"Ada","email":"ada@example.com","password":"correct horse battery"}"#;

async fn post(url: &str, body: &'static str) -> u16 {
    let request = client().post(url).header("content-type", "application/json").body(body);
    request.send().await.unwrap().status().as_u16()
}

async fn get(url: &str) -> String {
    client().get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_second_start_keeps_accounts_and_secrets() {
    let stack = Stack::new().await;
    let api = format!("http://127.0.0.1:{}/api/auth", stack.auth_port);
    let mut up = stack.up(&[]);
    example(&mut up).await;
    assert_eq!(post(&format!("{api}/sign-up/email"), EMAIL).await, 200);
    let keys = get(&format!("{api}/jwks")).await;
    up.signal(Signal::SIGINT);
    assert!(up.finish().await.unwrap().success(), "Ctrl-C is a fine way to stop it");

    let start = Instant::now();
    let mut up = stack.up(&[]);
    example(&mut up).await;
    println!("second start: {:?}", start.elapsed());
    assert_eq!(post(&format!("{api}/sign-in/email"), EMAIL).await, 200);
    assert_eq!(get(&format!("{api}/jwks")).await, keys);
    assert!(up.terminate(SOON).await.unwrap().success());
}

#[tokio::test]
async fn mail_is_shown_with_a_link_to_click() {
    let stack = Stack::new().await;
    let api = format!("http://127.0.0.1:{}/api/auth", stack.auth_port);
    let mut up = stack.up(&[]);
    example(&mut up).await;
    assert!(
        up.output_on(Stream::Stdout).iter().any(|line| line.starts_with("  mail  ")),
        "it is in the table"
    );
    assert_eq!(post(&format!("{api}/sign-up/email"), EMAIL).await, 200);
    let asked = r#"{"email":"ada@example.com","redirectTo":"/new-password"}"#;
    assert_eq!(post(&format!("{api}/request-password-reset"), asked).await, 200);
    let shown = "mail  | ada@example.com: Reset your password: ";
    let line = up.wait_for_line(|line| line.starts_with(shown), SOON).await.unwrap();
    let link = line.strip_prefix(shown).unwrap();
    assert!(link.starts_with(&format!("http://localhost:{}/api/auth/", stack.auth_port)), "{link}");
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let answer = client.unwrap().get(link).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(location.contains("/new-password?token="), "{location}");
    assert!(up.terminate(SOON).await.unwrap().success());
    assert_eq!(std::fs::read_dir(stack.state().join("mail")).unwrap().count(), 1);
}

#[tokio::test]
async fn an_interruption_in_mid_start_leaves_nothing_running() {
    let stack = Stack::new().await;
    let mut up = stack.up(&[]);
    up.wait_for_line(|line| line.starts_with("Starting PostgreSQL"), SOON).await.unwrap();
    assert!(up.terminate(SOON).await.unwrap().success());
    assert!(stack.state().join("postgres/data").exists(), "what was begun was finished");
    assert!(stack.is_down().await);
}

#[tokio::test]
async fn a_taken_port_is_named_with_a_way_out_before_anything_is_made() {
    let stack = Stack::new().await;
    let _listener = TcpListener::bind(("127.0.0.1", stack.tasks_port)).await.unwrap();
    let mut up = stack.up(&[]);
    assert!(!up.finish().await.unwrap().success());
    let said = up.output_on(Stream::Stderr).join("\n");
    assert!(said.contains(&format!("port {}", stack.tasks_port)), "{said}");
    assert!(said.contains("TASKS_PORT="), "{said}");
    assert!(!stack.state().join("postgres").exists());
}

#[tokio::test]
async fn a_service_that_dies_ends_the_stack_with_its_last_lines() {
    let stack = Stack::new().await;
    let mut up = stack.up(&[]);
    example(&mut up).await;
    kill(Pid::from_raw(stack.processes()[2].pid), Signal::SIGKILL).unwrap();
    assert!(!up.finish().await.unwrap().success());
    let said = up.output_on(Stream::Stderr).join("\n");
    assert!(said.contains("task-service: exited unexpectedly"), "{said}");
    assert!(said.contains("listening"), "its last lines are there: {said}");
    assert!(stack.is_down().await);
}

#[tokio::test]
async fn a_service_that_refuses_its_settings_is_heard() {
    let stack = Stack::new().await;
    let mut up = stack.up(&[("JWT_TTL", "nonsense")]);
    assert!(!up.finish().await.unwrap().success());
    let said = up.output_on(Stream::Stderr).join("\n");
    assert!(said.contains("auth-service") && said.contains("JWT_TTL"), "{said}");
    assert!(stack.is_down().await);
}

#[tokio::test]
async fn there_is_one_stack_for_a_checkout_and_a_killed_one_is_cleared_away() {
    let stack = Stack::new().await;
    let mut first = stack.up(&[]);
    example(&mut first).await;
    let orphans = stack.processes();
    let mut second = stack.up(&[]);
    assert!(!second.finish().await.unwrap().success());
    let said = second.output_on(Stream::Stderr).join("\n");
    assert!(said.contains(&format!("already running (process {})", orphans[0].pid)), "{said}");

    first.kill().await.unwrap();
    assert!(orphans[1..].iter().all(ProcessId::is_alive));
    let mut third = stack.up(&[]);
    example(&mut third).await;
    assert!(!orphans.iter().any(ProcessId::is_alive));
    assert!(third.terminate(SOON).await.unwrap().success());
    assert!(stack.is_down().await);
}

#[tokio::test]
async fn existing_databases_are_used_when_they_are_named() {
    let stack = Stack::new().await;
    let (auth, tasks) = (TestDatabase::empty_auth().await, TestDatabase::tasks().await);
    let mut up = stack.up(&[
        ("AUTH_DATABASE_URL", &auth.service_url()),
        ("AUTH_MIGRATION_DATABASE_URL", &auth.owner_url()),
        ("TASKS_DATABASE_URL", &tasks.service_url()),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:9/nothing"),
    ]);
    let text = example(&mut up).await;
    assert_eq!(paste(&text).await.matches("Try Latchkey").count(), 2);
    assert!(up.terminate(SOON).await.unwrap().success());
    assert!(!stack.state().join("postgres").exists());
    let client = local_stack::databases::connect(&tasks.superuser_url()).await.unwrap();
    let rows = client.query("SELECT FROM tasks", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
}
