//! What can go wrong, said so that a person at a terminal knows what to do next.

use std::path::{Path, PathBuf};

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// One failure, with the name of what failed in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No PostgreSQL server programs that are new enough.
    #[error(
        "no PostgreSQL {oldest} or newer found: {searched}.\n\
         Install its server programs (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install \
         postgresql-server; Alpine: apk add postgresql; macOS: brew install postgresql@17), or name their \
         directory in PG_BIN."
    )]
    ProgramsMissing {
        /// The oldest major version that will do.
        oldest: u32,
        /// Where they were looked for, and what was there.
        searched: String,
    },
    /// A program ran and failed.
    #[error("{program} failed ({status}){}", indented(.output))]
    Command {
        /// Its name.
        program: String,
        /// How it ended, in words.
        status: String,
        /// What it wrote.
        output: String,
    },
    /// A service ended, or did not become ready in time.
    #[error("{name}: {problem}{}", indented(.output))]
    Service {
        /// Which service.
        name: &'static str,
        /// What happened to it.
        problem: String,
        /// Its last lines.
        output: String,
    },
    /// The operating system refused something.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done, with the path.
        doing: String,
        /// The refusal.
        source: std::io::Error,
    },
    /// PostgreSQL refused something.
    #[error("{doing}: {}", in_full(.source))]
    Database {
        /// What was being done.
        doing: String,
        /// The refusal.
        source: tokio_postgres::Error,
    },
    /// A setting, a file or the state of the machine is in the way; the text says what to do about it.
    #[error("{0}")]
    Refused(String),
    /// A binary of this workspace is not where it is expected.
    #[error("{} is not there: build it with `cargo build -p auth-service -p task-service`", .0.display())]
    NotBuilt(PathBuf),
}

/// Puts the path and the intent into errors of the operating system.
pub(crate) trait Doing<T> {
    /// `doing` reads like "read the secrets".
    fn doing(self, doing: &str, path: &Path) -> Result<T>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, doing: &str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Io { doing: format!("cannot {doing} {}", path.display()), source })
    }
}

/// Puts the intent into errors of PostgreSQL.
pub(crate) trait Asking<T> {
    /// `doing` reads like "drop the database x".
    fn asking(self, doing: &str) -> Result<T>;
}

impl<T> Asking<T> for std::result::Result<T, tokio_postgres::Error> {
    fn asking(self, doing: &str) -> Result<T> {
        self.map_err(|source| Error::Database { doing: format!("cannot {doing}"), source })
    }
}

/// An error with its causes: PostgreSQL's own message is the cause of the driver's.
fn in_full(error: &dyn std::error::Error) -> String {
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
