//! Connection poolers in front of PostgreSQL.

use clap::ValueEnum;

/// The kind of connection pooler in front of PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pooler {
    /// No pooler, or one in session mode. Each statement is prepared once per connection
    None,
    /// A pooler in transaction mode, such as PgBouncer. Statements are not prepared
    Transaction,
}
