//! Memory, start-up time and size of servers.

use std::path::Path;
use std::time::Duration;

use local_stack::Binary;
use tokio::process::Command;

use super::http::{Connection, Requests};
use super::load::run;
use super::plan::Plan;
use super::results::{Footprint, Memory};
use super::servers::{Launch, Server};
use super::usage::memory;

/// Requests before the memory of an idle server is measured: enough to reach each of its processes.
const FIRST_REQUESTS: usize = 8;
/// Connections of the load before the memory of a loaded server is measured.
const CONNECTIONS: usize = 64;

/// A server that has started, and a request to it.
pub struct Started<'s> {
    launch: &'s Launch,
    server: &'s Server,
    requests: Requests,
}

impl<'s> Started<'s> {
    /// A running server, and how it was started.
    pub fn new(launch: &'s Launch, server: &'s Server, requests: Requests) -> Self {
        Self { launch, server, requests }
    }
}

/// Measures new servers that have answered a few requests.
pub async fn idle(servers: &[Started<'_>]) -> Vec<Memory> {
    let mut all = Vec::new();
    for Started { launch, requests, .. } in servers {
        let server = launch.start().await;
        // The requests name the address of another server, which only their `Host` header shows.
        for n in 0..FIRST_REQUESTS {
            Connection::open(server.address()).unwrap().send(&requests.get(n)).unwrap();
        }
        // Processes that are not ready yet, and connections that close.
        tokio::time::sleep(Duration::from_secs(1)).await;
        all.push(memory(server.id()));
        server.stop().await;
    }
    all
}

/// Measures the servers under load from 64 connections, and then how fast they start.
pub async fn loaded(servers: &[Started<'_>], idle: &[Memory], plan: &Plan) -> Vec<Footprint> {
    let mut all = Vec::new();
    for (Started { launch, server, requests }, idle) in servers.iter().zip(idle) {
        let file = std::env::temp_dir().join(format!("latchkey-bench-{}-footprint", std::process::id()));
        requests.write(&file);
        let load = under_load(server, &file, requests.raw.len());
        let (loaded, ()) = tokio::join!(in_the_middle(server.id()), load);
        let _ = std::fs::remove_file(&file);
        let mut starts = Vec::new();
        for _ in 0..plan.starts {
            let server = launch.start().await;
            starts.push(server.start().as_secs_f64() * 1e3);
            server.stop().await;
        }
        starts.sort_unstable_by(f64::total_cmp);
        let (start, binary) = (starts[starts.len() / 2], binary_size(launch).await);
        all.push(Footprint { server: launch.name.to_owned(), start, idle: *idle, loaded, binary });
    }
    all
}

async fn under_load(server: &Server, file: &Path, count: usize) {
    let mut command = Command::new("wrk");
    command.args(["-d3s", "-t2", &format!("-c{CONNECTIONS}"), "-s", "bench/peers/requests.lua"]);
    command.args([&server.url(), "--"]).arg(file).args([(count / 2).to_string(), "0".to_owned()]);
    run(command).await;
}

async fn in_the_middle(process: u32) -> Memory {
    tokio::time::sleep(Duration::from_secs(2)).await;
    memory(process)
}

/// Returns the size of a binary without its symbols, in MiB. `None` for scripts.
async fn binary_size(launch: &Launch) -> Option<f64> {
    let ours = [Binary::AuthService, Binary::TaskService].iter().any(|binary| binary.name() == launch.name);
    if !ours {
        return None;
    }
    let file = std::env::temp_dir().join(format!("latchkey-bench-{}-stripped", std::process::id()));
    let mut command = Command::new("strip");
    command.arg("-o").arg(&file).arg(&launch.program);
    run(command).await;
    let size = std::fs::metadata(&file).unwrap().len();
    let _ = std::fs::remove_file(&file);
    Some(size as f64 / 1024.0 / 1024.0)
}
