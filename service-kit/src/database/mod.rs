//! Access to PostgreSQL: directly, through a pooler, with several hosts of which one accepts writes, and over networks
//! that fail silently.
//!
//! What this module guarantees:
//! - The statement that runs is the one that was meant. Names of prepared statements are unique to the process, and behind
//!   a transaction pooler none are used ([`Pooler`]).
//! - Every wait has a named limit. A connection that exceeded one is closed.
//! - The statements of a transaction that is sent at once take effect together or not at all.
//! - A connection whose future is dropped while a result is outstanding is closed.
//! - Nothing is set on a connection for longer than a transaction.

mod connect;
mod connection;
mod error;
mod exchange;
mod executor;
mod handover;
mod inspection;
mod manager;
mod migrations;
mod parameter;
mod pool;
mod pool_metrics;
mod pooler;
mod pooler_check;
mod raw_connection;
mod spans;
mod start;
mod tls;
mod transaction;
mod url;

pub use self::connect::ConnectError;
pub use self::error::DatabaseError;
pub use self::executor::{Executor, Outcome};
pub use self::inspection::{RoleRights, SchemaVersion, clock};
pub use self::migrations::{MIGRATION_LOCK_TIMEOUT, MigrateOptions};
pub use self::parameter::{Parameter, SqlType, borrowed};
pub use self::pool::{Pool, Timeouts};
pub(crate) use self::pool_metrics::describe_metrics;
pub use self::pooler::Pooler;
pub use self::start::{ping, wait_until_usable};
pub use self::transaction::Transaction;
pub use self::url::DatabaseUrl;
