//! Finds installed PostgreSQL server programs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::error::{Error, Result};

/// The oldest supported major version of PostgreSQL.
pub const OLDEST: u32 = 15;

/// Where distributions install server programs outside of PATH: the parent directory, the prefix of the versioned
/// directory, and the subdirectory.
const INSTALL_DIRECTORIES: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"), // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),          // PostgreSQL's own packages for Fedora and RHEL
    ("/usr/lib", "postgresql", "bin"),  // Alpine 3.15 to 3.16
    ("/usr/libexec", "postgresql", ""), // Alpine 3.17 and newer
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The server programs of one PostgreSQL installation.
#[derive(Debug, Clone)]
pub struct Programs {
    directory: PathBuf,
    major: u32,
}

impl Programs {
    /// Returns the newest installation on this machine, or the one in `PG_BIN`.
    ///
    /// # Errors
    /// [`Error::ProgramsMissing`] if there is none of [`OLDEST`] or newer.
    pub async fn find() -> Result<Self> {
        let found = Self::installed().await?;
        let newest = found.iter().max_by_key(|programs| programs.major);
        match newest {
            Some(programs) if programs.major >= OLDEST => Ok(programs.clone()),
            _ => Err(missing(&found)),
        }
    }

    /// Returns the installation with exactly this major version, since no other can open a data directory.
    ///
    /// # Errors
    /// [`Error::ProgramsMissing`] if it is not installed.
    pub async fn find_major(major: u32) -> Result<Self> {
        let found = Self::installed().await?;
        let matching = found.iter().find(|programs| programs.major == major).cloned();
        matching.ok_or_else(|| missing(&found))
    }

    async fn installed() -> Result<Vec<Self>> {
        let directories = match std::env::var_os("PG_BIN") {
            Some(named) => vec![PathBuf::from(named)],
            None => candidates(),
        };
        let mut found = Vec::new();
        for directory in directories {
            if let Some(major) = version_of(&directory).await {
                found.push(Self { directory, major });
            }
        }
        Ok(found)
    }

    /// The major version, e.g. 17.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Returns the path of a program: next to the server or, since some distributions package `psql` separately, on
    /// PATH.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        let beside = self.directory.join(name);
        if beside.is_file() { beside } else { PathBuf::from(name) }
    }
}

fn missing(found: &[Programs]) -> Error {
    let searched = match std::env::var("PG_BIN") {
        Ok(named) => format!("PG_BIN is {named}"),
        Err(_) => "searched PATH and the usual directories".to_owned(),
    };
    let there: Vec<String> =
        found.iter().map(|p| format!("version {} in {}", p.major, p.directory.display())).collect();
    let there = if there.is_empty() { "found nothing".to_owned() } else { there.join(", ") };
    Error::ProgramsMissing { oldest: OLDEST, searched: format!("{searched}; {there}") }
}

/// Returns every directory that contains `initdb`, `pg_ctl` and `postgres`, without duplicates.
fn candidates() -> Vec<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    for (parent, prefix, suffix) in INSTALL_DIRECTORIES {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                directories.push(entry.path().join(suffix));
            }
        }
    }
    let mut seen = BTreeSet::new();
    directories.retain(|directory| {
        ["initdb", "pg_ctl", "postgres"].iter().all(|name| directory.join(name).is_file())
            && seen.insert(directory.canonicalize().unwrap_or_else(|_| directory.clone()))
    });
    directories
}

/// Returns the major version from `postgres --version`, e.g. 15 from "postgres (PostgreSQL) 15.18".
async fn version_of(directory: &Path) -> Option<u32> {
    let output = Command::new(directory.join("postgres")).arg("--version").output().await.ok()?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
}

fn parse_major(version: &str) -> Option<u32> {
    let after_name = version.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits: String = after_name.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::parse_major;

    #[test]
    fn versions_of_releases_betas_and_distributions_are_read() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 17beta1"), Some(17));
        assert_eq!(parse_major("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(parse_major("something else 15"), None);
    }
}
