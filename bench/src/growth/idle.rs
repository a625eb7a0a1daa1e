//! Keep-alive connections that wait beside those that send requests.

use super::client::{Connection, request};
use super::operation::Operation;
use super::stand::{Cost, Stand};
use crate::report::resident;

/// Turns of which the median is taken.
const TURNS: usize = 3;

/// The service with this many idle connections.
pub struct Idle {
    pub connections: usize,
    /// MiB of resident memory.
    pub memory: u64,
    pub cost: Cost,
}

/// Opens more and more connections, each of which sends one request and waits, and measures an operation beside them.
///
/// Stops with a message where this process may not open more files.
pub async fn measure(stand: &Stand, operation: &Operation, numbers: &[usize]) -> Vec<Idle> {
    let process = stand.service.id().unwrap();
    let (mut open, mut rows) = (Vec::new(), Vec::new());
    // Connects to the database and prepares statements.
    operation.turn(stand).await;
    for number in numbers {
        let prepared = operation.prepare(stand).await;
        while open.len() < *number {
            match Connection::open(stand.service.url()) {
                Ok(mut connection) => {
                    connection.send(&(prepared.make)(open.len()));
                    open.push(connection);
                }
                Err(error) => {
                    eprintln!("{number} connections: {error}. Raise the limit of open files (ulimit -n).");
                    return rows;
                }
            }
        }
        let mut costs = Vec::new();
        for _ in 0..TURNS {
            costs.push(operation.turn(stand).await);
        }
        let memory = resident(process);
        rows.push(Idle { connections: *number, memory, cost: Cost::median(&costs) });
    }
    // All are still open: none was closed for being idle.
    for connection in &mut open {
        connection.send(&request("GET", "/healthz", "", ""));
    }
    rows
}
