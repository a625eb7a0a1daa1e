//! A private PostgreSQL, both services and the web page on one machine, for `./dev up` and the tests.
//!
//! A test that uses both services:
//!
//! ```no_run
//! use local_stack::testing::{self, TestDatabase};
//!
//! # async fn example() {
//! let auth_database = TestDatabase::auth().await;
//! let auth = testing::auth_service(&auth_database, &[("JWT_TTL", "5m")]).await;
//! let tasks_database = TestDatabase::tasks().await;
//! let tasks = testing::task_service(&tasks_database, auth.url(), &[]).await;
//! println!("{} {}", auth.url(), tasks.url());
//! # }
//! ```
//!
//! Supports Unix systems only. Nothing listens beyond loopback unless it is configured to.

pub mod account;
pub mod cluster;
mod command;
mod connection;
pub mod databases;
pub mod error;
mod location;
mod lock;
pub mod page;
mod pgbouncer;
mod ports;
pub mod process;
pub mod process_id;
pub mod programs;
pub mod secrets;
pub mod service;
mod test_logs;
pub mod testing;
pub mod up;
pub mod workspace;

pub use cluster::{Cluster, ClusterOptions};
pub use error::{Error, Result};
pub use service::{Finished, Service, run_to_end};
pub use test_logs::record_secret;
pub use workspace::Binary;
