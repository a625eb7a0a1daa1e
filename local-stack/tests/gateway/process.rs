//! A Caddy that runs gateway/Caddyfile.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_stack::testing::free_port;

use crate::raw::{self, Answer};
use crate::scratch::Scratch;

/// A running gateway; killed when this is dropped.
pub(super) struct Gateway {
    child: Child,
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
    _home: Scratch,
}

/// Where `caddy` is. Without one, CI fails and a developer's run says what it leaves out.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|place| place.join("caddy")).find(|path| path.is_file());
    if found.is_none() {
        let required = ["CI", "LATCHKEY_REQUIRE_CADDY"].iter().any(|name| std::env::var_os(name).is_some());
        assert!(!required, "caddy is not on PATH, and CI or LATCHKEY_REQUIRE_CADDY asks for it");
        eprintln!(
            "SKIPPED: caddy is not on PATH, so the gateway is not tested. LATCHKEY_REQUIRE_CADDY=1 fails instead."
        );
    }
    found
}

impl Gateway {
    /// The gateway in front of these two (`host:port` each), or `None` where there is no Caddy to run.
    pub(super) fn start(auth: &str, tasks: &str) -> Option<Self> {
        Self::start_with_page(auth, tasks, Path::new("/nonexistent"))
    }

    /// The same with what is in this directory as its `PAGE`.
    pub(super) fn start_with_page(auth: &str, tasks: &str, page: &Path) -> Option<Self> {
        let program = program()?;
        // Another process may take the port between our look and Caddy's.
        let started = (0..5).find_map(|_| Self::start_on(&program, free_port(), auth, tasks, page));
        Some(started.unwrap_or_else(|| panic!("caddy does not start; its log is above")))
    }

    fn start_on(program: &PathBuf, port: u16, auth: &str, tasks: &str, page: &Path) -> Option<Self> {
        let home = Scratch::new();
        let file = local_stack::workspace::root().unwrap().join("gateway/Caddyfile");
        let mut command = Command::new(program);
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file).env_clear();
        command.env("HOME", home.path()).env("GATEWAY_ADDRESSES", format!("http://127.0.0.1:{port}"));
        command.env("AUTH_UPSTREAM", auth).env("TASKS_UPSTREAM", tasks).env("PAGE", page);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = Vec::new();
        for line in lines.by_ref().map_while(Result::ok) {
            let serves = line.contains("serving initial configuration");
            log.push(line);
            if serves {
                let log = Arc::new(Mutex::new(log));
                let keep = Arc::clone(&log);
                std::thread::spawn(move || {
                    lines.map_while(Result::ok).for_each(|line| keep.lock().unwrap().push(line));
                });
                return Some(Self { child, port, log, _home: home });
            }
        }
        child.wait().unwrap();
        eprintln!("{}", log.join("\n"));
        None
    }

    /// Where it answers.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it logged, once a line holds `wanted`.
    pub(super) fn log_with(&self, wanted: &str) -> Vec<String> {
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        loop {
            let log = self.log.lock().unwrap().clone();
            if log.iter().any(|line| line.contains(wanted)) {
                return log;
            }
            assert!(std::time::Instant::now() < deadline, "no line has {wanted}: {log:#?}");
            std::thread::yield_now();
        }
    }

    /// `GET` of this request target, exactly as it is.
    pub(super) fn get(&self, target: &str, headers: &[&str]) -> Answer {
        self.send(&format!("GET {target}"), headers, b"")
    }

    /// A request with this method and target, these header lines and this body, exactly as they are.
    pub(super) fn send(&self, method_and_target: &str, headers: &[&str], body: &[u8]) -> Answer {
        let host = format!("Host: 127.0.0.1:{}", self.port);
        let headers: Vec<&str> = [host.as_str()].into_iter().chain(headers.iter().copied()).collect();
        raw::send(self.port, method_and_target, &headers, body)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
