//! Errors that prevent the use of the database.

use std::time::Duration;

use crate::store::StoreError;

/// Why the database cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is not a PostgreSQL connection URL. The URL itself is not shown, because it contains a password.
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
    /// The certificates of `sslrootcert` or of the system could not be read.
    #[error("TLS to PostgreSQL: {0}")]
    Tls(String),
    /// The pool could not be built.
    #[error("connection pool: {0}")]
    Pool(#[from] deadpool::managed::BuildError),
    /// The server is unreachable or rejected the login.
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
    /// Another migration is running.
    #[error(
        "another migration is running, or its connection hangs: {holder}. Waited {} s and changed nothing. Run this again \
         later, or end that process with pg_terminate_backend", .waited.as_secs()
    )]
    MigrationRuns {
        /// How long this migration waited.
        waited: Duration,
        /// The process that holds the lock, if PostgreSQL lists it.
        holder: String,
    },
    /// A migration waited too long for a table.
    #[error(
        "migration failed: {0}. A long transaction locks the table (see pg_stat_activity), and waiting longer would have \
         blocked every other query on it. The migration was rolled back; run `migrate` again when the table is less busy"
    )]
    TableInUse(refinery::Error),
    /// A migration failed. It was rolled back completely.
    #[error("migration failed: {0}")]
    Migration(#[from] refinery::Error),
    /// The schema is newer than the migrations of this binary.
    #[error(
        "the database is at schema version {found}, and this binary knows versions up to {known}: it is older than one \
         that migrated before. Nothing was changed. `serve` works with a newer schema; `migrate --allow-newer-schema` \
         accepts it too"
    )]
    Newer {
        /// The schema version of the database.
        found: i32,
        /// The newest migration of this binary.
        known: i32,
    },
    /// The schema is older than this binary.
    #[error(
        "the database is at schema version {found}, this binary needs {needed}: run `{command} migrate` first"
    )]
    Outdated {
        /// The schema version of the database; 0 if it is empty.
        found: i32,
        /// The newest migration of this binary.
        needed: i32,
        /// The binary's name.
        command: &'static str,
    },
}
