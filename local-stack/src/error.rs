//! Errors with messages that tell the user what to do next.

use std::path::{Path, PathBuf};

/// The result type of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No PostgreSQL server programs of a supported version were found.
    #[error(
        "no PostgreSQL {oldest} or newer found: {searched}.\n\
         Install the server programs (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install \
         postgresql-server; Alpine: apk add postgresql; macOS: brew install postgresql@17), or set PG_BIN to their \
         directory."
    )]
    ProgramsMissing {
        /// The oldest supported major version.
        oldest: u32,
        /// The searched places and the versions found there.
        searched: String,
    },
    /// A program exited with an error.
    #[error("{program} failed ({status}){}", indented(.output))]
    Command {
        /// The name of the program.
        program: String,
        /// The exit status.
        status: String,
        /// The output of the program.
        output: String,
    },
    /// A service exited or did not become ready in time.
    #[error("{name}: {problem}{}", indented(.output))]
    Service {
        /// The name of the service.
        name: &'static str,
        /// A description of the failure.
        problem: String,
        /// The last lines of the service's output.
        output: String,
    },
    /// An operating system call failed.
    #[error("{action}: {source}")]
    Io {
        /// The failed action and its path.
        action: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A PostgreSQL query failed.
    #[error("{action}: {}", with_causes(.source))]
    Database {
        /// The failed action.
        action: String,
        /// The cause.
        source: tokio_postgres::Error,
    },
    /// A setting, a file or the state of the machine prevents the action. The text explains what to do.
    #[error("{0}")]
    Refused(String),
    /// A binary of this workspace has not been built.
    #[error("{} not found. Build it with `cargo build -p auth-service -p task-service`", .0.display())]
    NotBuilt(PathBuf),
}

/// Adds the action and the path to I/O errors.
pub(crate) trait IoContext<T> {
    /// `action` reads like "read the secrets".
    fn context(self, action: &str, path: &Path) -> Result<T>;
}

impl<T> IoContext<T> for std::io::Result<T> {
    fn context(self, action: &str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Io { action: format!("cannot {action} {}", path.display()), source })
    }
}

/// Adds the action to PostgreSQL errors.
pub(crate) trait DatabaseContext<T> {
    /// `action` reads like "drop the database x".
    fn context(self, action: &str) -> Result<T>;
}

impl<T> DatabaseContext<T> for std::result::Result<T, tokio_postgres::Error> {
    fn context(self, action: &str) -> Result<T> {
        self.map_err(|source| Error::Database { action: format!("cannot {action}"), source })
    }
}

/// Formats an error with its causes. PostgreSQL's own message is the cause of the driver's error.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

fn indented(output: &str) -> String {
    let output = output.trim_end();
    if output.is_empty() {
        return String::new();
    }
    output.lines().fold(":".to_owned(), |text, line| format!("{text}\n    {line}"))
}
