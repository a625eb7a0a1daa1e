//! A Caddy that runs gateway/Caddyfile.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::names::unique_name;
use super::skipped::report_skipped;
use crate::ports::free_port;
use crate::workspace;

/// A running gateway; killed when this is dropped.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    ports: Ports,
    log: Arc<Mutex<Vec<String>>>,
    home: PathBuf,
}

/// Where a gateway listens.
#[derive(Debug)]
pub struct Ports {
    /// Requests.
    pub http: u16,
    /// Requests over TLS.
    pub https: u16,
    /// Its own health check.
    pub health: u16,
}

impl Ports {
    fn free() -> Self {
        Self { http: free_port(), https: free_port(), health: free_port() }
    }
}

/// The file under test.
pub fn caddyfile() -> PathBuf {
    workspace::root().unwrap().join("gateway/Caddyfile")
}

/// Where `caddy` is. Without one, CI fails and a developer's run says what it leaves out.
pub fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|place| place.join("caddy")).find(|path| path.is_file());
    if found.is_none() {
        let required = ["CI", "LATCHKEY_REQUIRE_CADDY"].iter().any(|name| std::env::var_os(name).is_some());
        assert!(!required, "caddy is not on PATH, and CI or LATCHKEY_REQUIRE_CADDY asks for it");
        report_skipped(
            "caddy is not on PATH, so the gateway is not tested. LATCHKEY_REQUIRE_CADDY=1 fails instead",
        );
    }
    found
}

/// The first version that retries a request with a body after a failed dial. Older ones have closed the body by then, and
/// answer 503.
const RETRIES_BODIES: [u32; 3] = [2, 11, 4];

/// Nothing listens on this port of loopback.
const NOBODY: &str = "127.0.0.1:9";

impl Gateway {
    /// The gateway in front of these two (`host:port` each), or `None` where there is no Caddy to run.
    pub fn start(auth: &str, tasks: &str) -> Option<Self> {
        Self::start_with_page(auth, tasks, Path::new("/nonexistent"))
    }

    /// The same with what is in this directory as its `PAGE`.
    pub fn start_with_page(auth: &str, tasks: &str, page: &Path) -> Option<Self> {
        let [auth, tasks] = [auth, tasks].map(|upstream| upstream.split_once(':').unwrap());
        Self::start_with(&[
            ("AUTH_UPSTREAM_HOST", auth.0),
            ("AUTH_UPSTREAM_PORT", auth.1),
            ("TASKS_UPSTREAM_HOST", tasks.0),
            ("TASKS_UPSTREAM_PORT", tasks.1),
            ("PAGE", page.to_str().unwrap()),
        ])
    }

    /// The gateway with this environment and ports of its own. Upstreams that are not given are not there.
    pub fn start_with(environment: &[(&str, &str)]) -> Option<Self> {
        let program = program()?;
        // Another process may take a port between our look and Caddy's.
        let started = (0..5).find_map(|_| Self::start_on(&program, Ports::free(), environment));
        Some(started.unwrap_or_else(|| panic!("caddy does not start; its log is above")))
    }

    fn start_on(program: &PathBuf, ports: Ports, environment: &[(&str, &str)]) -> Option<Self> {
        let home = std::env::temp_dir().join(unique_name("gateway"));
        std::fs::create_dir(&home).unwrap();
        let mut command = Command::new(program);
        // Without PATH it finds no program that could add its CA to those this machine trusts.
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(caddyfile()).env_clear();
        command.env("HOME", &home).env("XDG_DATA_HOME", home.join("data"));
        command.env("GATEWAY_HTTP_PORT", ports.http.to_string());
        command.env("GATEWAY_HTTPS_PORT", ports.https.to_string());
        command.env("GATEWAY_HEALTH_PORT", ports.health.to_string());
        let (host, port) = NOBODY.split_once(':').unwrap();
        command.env("AUTH_UPSTREAM_HOST", host).env("AUTH_UPSTREAM_PORT", port);
        command.env("TASKS_UPSTREAM_HOST", host).env("TASKS_UPSTREAM_PORT", port);
        command.env("PAGE", "/nonexistent").envs(environment.iter().copied());
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
                return Some(Self { child, ports, log, home });
            }
        }
        child.wait().unwrap();
        eprintln!("{}", log.join("\n"));
        None
    }

    /// Whether this Caddy retries a request with a body after a failed dial.
    pub fn retries_bodies() -> bool {
        let output = Command::new(program().unwrap()).arg("version").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let version = text.trim_start_matches('v').split([' ', '\n']).next().unwrap();
        let version: Vec<u32> = version.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        let retries = version.as_slice() >= RETRIES_BODIES.as_slice();
        if !retries {
            report_skipped(&format!(
                "caddy {version:?} is too old to retry a request with a body, so that is not tested"
            ));
        }
        retries
    }

    /// The ports it listens on.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The certificate of the CA that `tls internal` creates.
    pub fn root_certificate(&self) -> PathBuf {
        self.home.join("data/caddy/pki/authorities/local/root.crt")
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.http)
    }

    /// What it logged, once a line holds `wanted`.
    pub fn log_with(&self, wanted: &str) -> Vec<String> {
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
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}
