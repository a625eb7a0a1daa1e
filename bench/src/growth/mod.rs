//! The cost of each operation and the memory of the services against the number of users, tasks and connections.
//!
//! There is a database and a service for each size. They take turns, so that other load on the machine affects all of them.

mod accounts;
mod client;
mod idle;
mod operation;
mod plot;
mod stand;
mod table;
mod tasks;

use std::time::Instant;

use clap::Args;
use local_stack::{testing, workspace};

use crate::report::{resident, time};
use operation::Operation;
use stand::{Cost, Stand};
use table::Growth;

/// Numbers of users, each with a session.
const USERS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Numbers of tasks.
const TASKS: [usize; 4] = [10_000, 100_000, 1_000_000, 5_000_000];
/// Numbers of idle connections.
const CONNECTIONS: [usize; 4] = [1, 100, 1_000, 10_000];
/// `MAX_CONNECTIONS` of the services with idle connections.
const MAX_CONNECTIONS: &str = "12000";
/// Measured turns of each operation at each size. One more before them fills caches and prepares statements.
const TURNS: usize = 5;

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Only up to 100,000 users and tasks and 1,000 connections, and write no files
    #[arg(long)]
    quick: bool,
}

/// Prints the tables, and writes them and the plot to `bench/results`.
pub async fn measure(options: Options) {
    let limited = |sizes: &[usize], most: usize| -> Vec<usize> {
        sizes.iter().copied().filter(|size| !options.quick || *size <= most).collect()
    };
    let mut users = Vec::new();
    for size in limited(&USERS, 100_000) {
        let begun = Instant::now();
        users.push(accounts::stand(size).await);
        eprintln!("{size} users after {}", time(begun.elapsed()));
    }
    let accounts = grow("Users, each with a session", &users, &accounts::operations()).await;
    let issuer = users.pop().unwrap();
    drop(users);
    let mut stands = Vec::new();
    for size in limited(&TASKS, 100_000) {
        let begun = Instant::now();
        stands.push(tasks::stand(size, &issuer.service).await);
        eprintln!("{size} tasks after {}", time(begun.elapsed()));
    }
    let tasks = grow("Tasks, fifty for each user", &stands, &tasks::operations()).await;
    let connections = limited(&CONNECTIONS, 1_000);
    let idle = idle(issuer, stands, &connections).await;

    let tables = table::render(&[&accounts, &tasks], &idle);
    println!("{tables}");
    if !options.quick {
        let results = workspace::root().unwrap().join("bench/results");
        std::fs::write(results.join("growth.svg"), plot::render(&[&accounts, &tasks], &idle)).unwrap();
        std::fs::write(results.join("growth.md"), table::document(&tables)).unwrap();
    }
}

/// Measures operations at every size, in turns.
async fn grow(name: &'static str, stands: &[Stand], operations: &[Operation]) -> Growth {
    let mut costs = Vec::new();
    for operation in operations {
        let begun = Instant::now();
        let mut turns: Vec<Vec<Cost>> = stands.iter().map(|_| Vec::new()).collect();
        for turn in 0..=TURNS {
            for (stand, costs) in stands.iter().zip(&mut turns) {
                let cost = operation.turn(stand).await;
                if turn > 0 {
                    costs.push(cost);
                }
            }
        }
        costs.push((operation.name, turns.iter().map(|costs| Cost::median(costs)).collect()));
        eprintln!("{} in {}", operation.name, time(begun.elapsed()));
    }
    Growth {
        name,
        sizes: stands.iter().map(|stand| stand.size).collect(),
        costs,
        memory: stands.iter().map(|stand| resident(stand.service.id().unwrap())).collect(),
    }
}

/// Measures both services beside idle connections, each started anew.
async fn idle(mut issuer: Stand, mut stands: Vec<Stand>, numbers: &[usize]) -> Vec<table::IdleService> {
    let limit = [("MAX_CONNECTIONS", MAX_CONNECTIONS)];
    let mut tasks = stands.remove(0);
    drop(stands);
    issuer.service = accounts::start(&issuer.database, &limit).await;
    tasks.service = testing::task_service(&tasks.database, issuer.service.url(), &limit).await;
    let mut services = Vec::new();
    for (name, stand, operation) in [
        ("auth-service", &issuer, accounts::known("get-session", "get-session")),
        ("task-service", &tasks, tasks::operations().remove(0)),
    ] {
        let rows = idle::measure(stand, &operation, numbers).await;
        services.push(table::IdleService { name, operation: operation.name, rows });
    }
    services
}
