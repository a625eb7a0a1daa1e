//! A Caddy that runs gateway/Caddyfile, and a client that sends requests byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::scratch::Scratch;

/// A running gateway; killed when this is dropped.
pub(super) struct Gateway {
    child: Child,
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
    _home: Scratch,
}

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().filter_map(|line| line.split_once(": "));
        values.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
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
        let program = program()?;
        // Another process may take the port between our look and Caddy's.
        let started = (0..5).find_map(|_| Self::start_on(&program, free_port(), auth, tasks));
        Some(started.unwrap_or_else(|| panic!("caddy does not start; its log is above")))
    }

    fn start_on(program: &PathBuf, port: u16, auth: &str, tasks: &str) -> Option<Self> {
        let home = Scratch::new();
        let file = local_stack::workspace::root().join("gateway/Caddyfile");
        let mut command = Command::new(program);
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file).env_clear();
        command.env("HOME", home.path()).env("GATEWAY_ADDRESSES", format!("http://127.0.0.1:{port}"));
        command.env("AUTH_UPSTREAM", auth).env("TASKS_UPSTREAM", tasks);
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
        let mut request = format!("{method_and_target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", self.port);
        for header in headers.iter().chain(&["Connection: close"]) {
            request.push_str(header);
            request.push_str("\r\n");
        }
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
        // A refused body may be cut off before it is all sent.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
