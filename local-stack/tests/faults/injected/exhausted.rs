//! Resources that are used up: file descriptors, and connections of clients who send nothing.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::Instant;

use super::Target;

/// How long there are no descriptors, and the longest time between two such times.
const EXHAUSTED: Duration = Duration::from_secs(3);
const BETWEEN: Duration = Duration::from_secs(2);
/// Fewer than a service has open, so that it cannot open any more.
const DESCRIPTORS: usize = 10;
/// What it has otherwise.
const PLENTY: usize = 1024;
/// Clients that begin a request and do not go on.
const SLOW_CLIENTS: usize = 10_000;
/// The beginning of a request.
const BEGINNING: &[u8] = b"POST /api/auth/sign-in/email HTTP/1.1\r\nHost: localhost\r\nContent-Le";

impl Target<'_> {
    pub(super) async fn use_up_descriptors(&mut self) {
        let end = Instant::now() + self.time;
        while Instant::now() < end {
            self.pause(BETWEEN).await;
            let began = self.recorder.now();
            let processes = [self.system.auth[0].id().unwrap(), self.system.tasks[0].id().unwrap()];
            for process in processes {
                limit_descriptors(process, DESCRIPTORS).await;
            }
            tokio::time::sleep(EXHAUSTED).await;
            for process in processes {
                limit_descriptors(process, PLENTY).await;
            }
            self.system.wait_ready().await;
            self.recorder.issuer_away(began);
        }
    }

    pub(super) async fn open_slow_clients(&mut self) {
        let address = self.system.site.url.trim_start_matches("http://").to_owned();
        let mut open = Vec::new();
        let end = Instant::now() + self.time;
        while Instant::now() < end {
            while open.len() < SLOW_CLIENTS {
                let mut stream = TcpStream::connect(&address).await.unwrap();
                let _ = stream.write_all(BEGINNING).await;
                open.push(stream);
            }
            // The gateway closes those that take too long.
            let mut living = Vec::new();
            for stream in open {
                let mut byte = [0];
                let is_closed = stream.try_read(&mut byte).is_ok();
                if !is_closed {
                    living.push(stream);
                }
            }
            open = living;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Sets the soft limit of a running process.
async fn limit_descriptors(process: u32, number: usize) {
    let mut command = Command::new("prlimit");
    command.args(["--pid", &process.to_string(), &format!("--nofile={number}:")]);
    assert!(command.status().await.unwrap().success(), "prlimit");
}
