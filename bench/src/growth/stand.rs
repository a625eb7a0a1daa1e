//! A service with a database of one size.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use local_stack::Service;
use local_stack::testing::{Database, TestDatabase};
use tokio_postgres::{Client, NoTls};

use super::client;
use crate::report::{exact_cpu_time, median};

/// Connections that send requests.
const CONNECTIONS: usize = 4;

/// A service with a database of one size.
pub struct Stand {
    /// Users with a session each, or tasks.
    pub size: usize,
    pub database: TestDatabase,
    pub service: Service,
    /// A connection of the superuser to the database.
    pub client: Client,
    /// Users and their access tokens, for task-service.
    pub tokens: Vec<(usize, String)>,
    /// Sessions that have been used once.
    pub sent: AtomicUsize,
}

/// What a request costs.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// CPU time of the service.
    pub service: Duration,
    /// CPU time of PostgreSQL's processes for this database.
    pub database: Duration,
    /// Median response time.
    pub latency: Duration,
}

impl Cost {
    /// CPU time of both.
    pub fn total(self) -> Duration {
        self.service + self.database
    }

    /// The median of each.
    pub fn median(costs: &[Self]) -> Self {
        let of = |part: fn(&Self) -> Duration| median(costs.iter().map(part).collect());
        Self {
            service: of(|cost| cost.service),
            database: of(|cost| cost.database),
            latency: of(|cost| cost.latency),
        }
    }
}

/// Connects as the superuser.
pub async fn superuser(database: &Database) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.superuser_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Stand {
    /// Sends requests and measures what they cost.
    pub async fn measure(&self, count: usize, make: &(dyn Fn(usize) -> String + Sync)) -> Cost {
        let process = self.service.id().unwrap();
        let before = (exact_cpu_time(process), self.backends().await);
        let times =
            tokio::task::block_in_place(|| client::load(self.service.url(), CONNECTIONS, count, make));
        let (service, after) = (exact_cpu_time(process), self.backends().await);
        // New server processes started at zero.
        let spent =
            after.iter().map(|(process, spent)| *spent - before.1.get(process).copied().unwrap_or_default());
        let each = |spent: Duration| spent.div_f64(count as f64);
        Cost { service: each(service - before.0), database: each(spent.sum()), latency: median(times) }
    }

    /// Returns the CPU time of each server process for this database.
    async fn backends(&self) -> HashMap<u32, Duration> {
        let query =
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let rows = self.client.query(query, &[]).await.unwrap();
        let processes = rows.iter().map(|row| row.get::<_, i32>(0).unsigned_abs());
        processes.map(|process| (process, exact_cpu_time(process))).collect()
    }
}
