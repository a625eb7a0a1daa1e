//! The way to PostgreSQL, whatever stands in between: a server, a pooler, several hosts of which one takes writes, or a
//! network that goes silent.
//!
//! What holds everywhere:
//! - a statement that runs is the one that was meant: prepared statements have names that no other process uses, and behind a
//!   transaction pooler there are none ([`Pooler`]);
//! - nothing waits for longer than a named limit, and what waited in vain is not used again;
//! - a connection whose future was dropped is closed, unless it was idle;
//! - nothing is set on a connection for longer than a transaction.

mod address;
mod connect;
mod connection;
mod executor;
mod link;
mod migrations;
mod names;
mod parameter;
mod pool;
mod pooler;
mod start;
mod tls;
mod transaction;

pub use self::address::{Address, DatabaseError};
pub use self::connect::ConnectError;
pub use self::executor::{Executor, Outcome};
pub use self::migrations::MIGRATION_LOCK_TIMEOUT;
pub use self::parameter::{Parameter, SqlType, borrowed};
pub use self::pool::{Patience, Pool};
pub use self::pooler::Pooler;
pub use self::start::{ping, wait_until_usable};
pub use self::transaction::Transaction;
