//! Starting the services and their peers, each as its users start it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use local_stack::process::Process;
use local_stack::testing::free_port;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::Command;

use super::http::Requests;

/// Maximum time to start or to stop, on a machine that is busy with other programs.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Time between two attempts to reach a server that starts. It limits the accuracy of start times.
const POLL: Duration = Duration::from_millis(1);
/// What a server inherits. None of it configures one.
const INHERITED: [&str; 2] = ["PATH", "HOME"];

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The name in messages.
    pub name: &'static str,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment, in addition to `PATH` and `HOME`. `{port}` is replaced by the port.
    pub environment: BTreeMap<String, String>,
    /// A path that returns 200 when the server is ready.
    pub ready: &'static str,
}

/// A running server with all its processes. They are killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    process: Process,
    id: u32,
    address: String,
    start: Duration,
}

impl Launch {
    /// Returns the launch with another value for a setting.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Starts the server on a free port and waits until it is ready.
    ///
    /// # Panics
    /// If it does not become ready. The message contains its output.
    pub async fn start(&self) -> Server {
        let port = free_port().to_string();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().process_group(0);
        for name in INHERITED {
            command.env(name, std::env::var_os(name).unwrap_or_default());
        }
        command.env("PORT", &port).env("BIND", &address);
        for (name, value) in &self.environment {
            command.env(name, value.replace("{port}", &port));
        }
        let begun = Instant::now();
        let process = Process::spawn(self.name, command, None).unwrap();
        let id = process.id().unwrap();
        let mut server = Server { process, id, address, start: Duration::ZERO };
        server.wait(self.ready, begun).await;
        server
    }
}

impl Server {
    async fn wait(&mut self, path: &str, begun: Instant) {
        let mut requests = Requests::default();
        requests.push(&self.address, "GET", path, &["Connection: close".to_owned()], None);
        while !responds(&self.address, &requests.raw[0]) {
            assert!(
                self.process.ended().is_none() && begun.elapsed() < TIMEOUT,
                "{}",
                self.process.failure("did not become ready")
            );
            tokio::time::sleep(POLL).await;
        }
        self.start = begun.elapsed();
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The id of the first process.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The time from its start to the first 200.
    pub fn start(&self) -> Duration {
        self.start
    }

    /// Stops the server.
    pub async fn stop(mut self) {
        self.process.terminate(TIMEOUT).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.id) {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
    }
}

fn responds(address: &str, request: &[u8]) -> bool {
    let attempt = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(request)?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    attempt().unwrap_or(false)
}
