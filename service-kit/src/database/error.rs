//! Why the database cannot be used.

use std::time::Duration;

use crate::store::StoreError;

/// Why the database cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is not a PostgreSQL connection URL. Its text is kept out: it holds a password.
    #[error("{0}: not a PostgreSQL URL (postgres://user:password@host:port/database): {1}")]
    Url(&'static str, String),
    /// A parameter of the URL is unknown or unsupported.
    #[error("{name}: the parameter {parameter}: {reason}")]
    UrlParameter {
        /// The variable that holds the URL.
        name: &'static str,
        /// The parameter.
        parameter: String,
        /// Why, and what to do instead.
        reason: &'static str,
    },
    /// The certificates that `sslrootcert` or the system name could not be read.
    #[error("TLS to PostgreSQL: {0}")]
    Tls(String),
    /// The pool could not be built.
    #[error("connection pool: {0}")]
    Pool(#[from] deadpool::managed::BuildError),
    /// The server did not answer, or refused us.
    #[error("cannot reach PostgreSQL: {0}")]
    Unreachable(#[from] StoreError),
    /// A transaction pooler was found, and is not configured or not supported here.
    #[error("{name}: this URL leads to a pooler in transaction mode. {advice}")]
    Pooler {
        /// The variable that holds the URL.
        name: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Another migration runs.
    #[error(
        "another migration is running, or its connection hangs: {holder}. Waited {} s and changed nothing. Run this again \
         later, or end that process with pg_terminate_backend", .waited.as_secs()
    )]
    MigrationRuns {
        /// How long this one waited.
        waited: Duration,
        /// Who holds the lock, as far as PostgreSQL tells.
        holder: String,
    },
    /// A migration waited too long for a table.
    #[error(
        "migration failed: {0}. A long transaction locks the table (see pg_stat_activity), and waiting longer would have \
         blocked every other query on it. The migration was rolled back; run `migrate` again when the table is less busy"
    )]
    TableInUse(refinery::Error),
    /// A migration failed; it was rolled back whole.
    #[error("migration failed: {0}")]
    Migration(#[from] refinery::Error),
    /// The schema is older than this binary.
    #[error(
        "the database is at schema version {found}, this binary needs {needed}: run `{command} migrate` first"
    )]
    Outdated {
        /// What the database has; 0 for an empty one.
        found: i32,
        /// The newest migration of this binary.
        needed: i32,
        /// The binary's name.
        command: &'static str,
    },
}
