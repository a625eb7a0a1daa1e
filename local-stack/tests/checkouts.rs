//! Two checkouts that share one target directory, and so this program: each has its own database, secrets and ports.

use std::fs;
use std::path::PathBuf;

use local_stack::process::{Process, Stream};
use local_stack::testing::free_port;
use serde_json::json;
use tokio::process::Command;

use crate::scratch::{Scratch, client};
use crate::up::{SOON, example};

/// A directory with what makes it a checkout for this program.
struct Checkout {
    scratch: Scratch,
    auth_port: u16,
    tasks_port: u16,
}

fn local_stack(directory: PathBuf) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-stack"));
    command.current_dir(directory).env_remove("LATCHKEY_STATE_DIR").env("BCRYPT_COST", "4");
    command
}

impl Checkout {
    async fn new() -> Self {
        local_stack::workspace::build_binaries().await.unwrap();
        let scratch = Scratch::new();
        let own = local_stack::workspace::root().unwrap();
        for file in ["local-stack/Cargo.toml", "migrations/databases.sql"] {
            let copy = scratch.path().join(file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(own.join(file), copy).unwrap();
        }
        Self { scratch, auth_port: free_port(), tasks_port: free_port() }
    }

    /// Starts its stack from a directory inside it. There is no page in it.
    fn up(&self) -> Process {
        let mut command = local_stack(self.scratch.path().join("local-stack"));
        command.arg("up").env("AUTH_PORT", self.auth_port.to_string());
        command.env("TASKS_PORT", self.tasks_port.to_string()).env("WEB_PORT", free_port().to_string());
        command.env_remove("WEB_DIRECTORY");
        Process::spawn("local-stack", command, None).unwrap()
    }

    /// The port of its PostgreSQL and the file with its passwords, as the summary says.
    fn postgres(up: &Process) -> (String, PathBuf) {
        let lines = up.output_on(Stream::Stdout);
        let line = lines.iter().find_map(|line| line.trim().strip_prefix("PostgreSQL     ")).unwrap();
        let (address, file) = line.split_once(", passwords in ").unwrap();
        (address.to_owned(), file.into())
    }

    async fn auth(&self, path: &str) -> u16 {
        let account = json!({"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"});
        let url = format!("http://127.0.0.1:{}/api/auth/{path}", self.auth_port);
        client().post(url).json(&account).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn two_checkouts_that_share_the_program_share_neither_database_nor_secrets_nor_ports() {
    let (one, two) = (Checkout::new().await, Checkout::new().await);
    let (mut first, mut second) = (one.up(), two.up());
    example(&mut first).await;
    example(&mut second).await;

    for checkout in [&one, &two] {
        assert!(checkout.scratch.path().join(".local/up.lock").is_file());
        assert!(checkout.scratch.path().join(".local/mail").is_dir());
    }
    let ((one_port, one_secrets), (two_port, two_secrets)) =
        (Checkout::postgres(&first), Checkout::postgres(&second));
    assert_ne!(one_port, two_port);
    let secrets = [one_secrets, two_secrets].map(|file| fs::read_to_string(file).unwrap());
    for (line, other) in secrets[0].lines().zip(secrets[1].lines()) {
        assert_ne!(line, other, "a secret of both");
    }

    // An account of one is unknown to the other, and both may have it.
    assert_eq!(one.auth("sign-up/email").await, 200);
    assert_eq!(two.auth("sign-in/email").await, 401);
    assert_eq!(two.auth("sign-up/email").await, 200);

    assert!(first.terminate(SOON).await.unwrap().success());
    assert_eq!(two.auth("sign-in/email").await, 200, "it runs on");
    assert!(second.terminate(SOON).await.unwrap().success());
}

#[tokio::test]
async fn outside_a_checkout_it_says_what_to_do() {
    for argument in ["up", "stop-tests"] {
        let outside = Scratch::new();
        let mut command = local_stack(outside.path().to_owned());
        let output = command.arg(argument).kill_on_drop(true).output();
        let output = tokio::time::timeout(SOON, output).await.unwrap().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("is not inside a checkout of Latchkey. Change to one first"), "{said}");
        assert!(!outside.path().join(".local").exists());
    }
}
