//! A compose stack of the test's own: docker-compose.yml as it is, in an empty directory, with the images to test.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use local_stack::testing::free_port;
use tokio::process::Command;
use tokio::sync::RwLock;

use crate::engine::{docker, images};
use crate::scratch::Scratch;

/// Services that stay, in the order of their start.
pub const STAYING: [&str; 4] = ["postgres", "auth-service", "task-service", "gateway"];

/// Which image each service has, and whether docker-compose.yml builds it there.
const SERVICES: [(&str, &str, bool); 7] = [
    ("secrets", "deployment", true),
    ("databases", "deployment", false),
    ("auth-migrate", "auth-service", false),
    ("auth-service", "auth-service", true),
    ("task-migrate", "task-service", false),
    ("task-service", "task-service", true),
    ("gateway", "gateway", true),
];

/// Held by commands, which may create and remove networks, and exclusively by the browser: Chromium aborts all requests when a
/// network of the machine appears or disappears.
static NETWORKS: RwLock<()> = RwLock::const_new(());
/// How long a stack waits before it looks again whether its network may be removed.
const PAUSE: Duration = Duration::from_millis(50);

/// Does something while no test changes the networks of the machine.
pub async fn with_steady_networks<T>(work: impl Future<Output = T>) -> T {
    let _steady = NETWORKS.write().await;
    work.await
}

/// Settings of a stack, as its operator exports them.
pub type Settings = Vec<(String, String)>;

/// The stack. Everything of it is removed when this is dropped.
pub struct Stack {
    directory: Scratch,
    project: String,
    files: Vec<String>,
    /// May be changed at any time; applies to the commands after that.
    pub settings: Settings,
    pub port: u16,
    tag: String,
}

impl Stack {
    /// A stack that is not started yet, or `None` without an engine. `overlays` are further compose files of the
    /// checkout.
    pub fn new(settings: &[(&str, &str)], overlays: &[&str]) -> Option<Self> {
        let tag = images()?;
        let (directory, port) = (Scratch::new(), free_port());
        let root = local_stack::workspace::root().unwrap();
        let mut files = Vec::new();
        for name in ["docker-compose.yml"].iter().chain(overlays) {
            let copy = directory.path().join(name);
            std::fs::copy(root.join(name), &copy).unwrap();
            // As a checkout made with umask 077 has it.
            std::fs::set_permissions(&copy, PermissionsExt::from_mode(0o600)).unwrap();
            files.push((*name).to_owned());
        }
        std::fs::write(directory.path().join("images.yml"), override_images(&tag)).unwrap();
        files.push("images.yml".to_owned());
        let mut all = vec![
            ("PUBLIC_URL".to_owned(), format!("http://localhost:{port}")),
            ("GATEWAY_PUBLISH".to_owned(), format!("127.0.0.1:{port}")),
        ];
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let project = format!("latchkey-test-{port}-{}", std::process::id());
        Some(Self { directory, project, files, settings: all, port, tag })
    }

    /// A stack that is up, or `None` without an engine.
    pub async fn up(settings: &[(&str, &str)]) -> Option<Self> {
        let stack = Self::new(settings, &[])?;
        stack.start(&[]).await;
        Some(stack)
    }

    /// `docker compose up --detach --wait` with these further arguments. Returns how long that took.
    pub async fn start(&self, arguments: &[&str]) -> Duration {
        let begun = Instant::now();
        let mut all = vec!["up", "--detach", "--wait", "--wait-timeout", "120"];
        all.extend(arguments);
        let output = self.compose(&all).await;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            panic!("up failed: {said}\n{}", self.logs("").await);
        }
        begun.elapsed()
    }

    /// Changes a setting, or adds one; an empty one is as good as none.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Any `docker compose` command.
    pub async fn compose(&self, arguments: &[&str]) -> Output {
        let _changing = NETWORKS.read().await;
        self.command(arguments).output().await.unwrap()
    }

    /// A `docker compose` command that must succeed.
    pub async fn run(&self, arguments: &[&str]) -> String {
        let output = self.compose(arguments).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["compose", "--project-name", &self.project]);
        for file in &self.files {
            command.args(["--file", file]);
        }
        command.args(arguments).current_dir(self.directory.path());
        // The developer's own settings must not reach the stack.
        let kept = ["PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR"];
        command
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| kept.iter().any(|kept| name == kept)));
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The name of a service's container.
    pub fn container(&self, service: &str, number: u32) -> String {
        format!("{}-{service}-{number}", self.project)
    }

    /// The name of one of the stack's volumes or networks.
    pub fn named(&self, name: &str) -> String {
        format!("{}_{name}", self.project)
    }

    /// The image of ours of this name.
    pub fn image(&self, name: &str) -> String {
        format!("latchkey/{name}:{}", self.tag)
    }

    /// Where browsers reach the gateway, as PUBLIC_URL says.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// What a service logged; `""` is all of them.
    pub async fn logs(&self, service: &str) -> String {
        let mut arguments = vec!["logs", "--no-color", "--no-log-prefix", "--tail", "200"];
        arguments.extend(Some(service).filter(|service| !service.is_empty()));
        String::from_utf8_lossy(&self.compose(&arguments).await.stdout).into_owned()
    }

    /// Runs a shell command beside the volume `secrets`, as this user.
    pub async fn in_secrets(&self, user: &str, script: &str) -> String {
        let volume = format!("{}:/run/secrets", self.named("secrets"));
        let image = self.image("deployment");
        docker([
            "run",
            "--rm",
            "--network=none",
            "--user",
            user,
            "--volume",
            &volume,
            "--entrypoint",
            "sh",
            &image,
            "-c",
            script,
        ])
        .await
    }

    /// The directory of the stack.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

/// Compose merges this into docker-compose.yml: the images of this run instead of those that are built.
fn override_images(tag: &str) -> String {
    let mut file = "services:\n".to_owned();
    for (service, image, built) in SERVICES {
        let build = if built { ", build: !reset null, pull_policy: never" } else { "" };
        writeln!(file, "  {service}: {{image: \"latchkey/{image}:{tag}\"{build}}}").unwrap();
    }
    file
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let arguments = ["logs", "--no-color", "--timestamps", "--tail", "25"];
            if let Ok(output) = self.command(&arguments).into_std().output() {
                println!("{}", String::from_utf8_lossy(&output.stdout));
            }
        }
        let _changing = loop {
            match NETWORKS.try_read() {
                Ok(changing) => break changing,
                Err(_) => std::thread::park_timeout(PAUSE),
            }
        };
        let down = self.command(&["down", "--volumes", "--remove-orphans", "--timeout", "3"]);
        let _ = down.into_std().output();
    }
}
