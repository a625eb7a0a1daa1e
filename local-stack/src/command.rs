//! Running programs of others to their end.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::error::{Doing, Error, Result};

/// Runs a program to its end.
///
/// In a process group of its own: Ctrl-C reaches us alone, and what we do is done or undone in order.
pub(crate) async fn run(program: &str, mut command: Command) -> Result<()> {
    command.stdin(Stdio::null()).process_group(0);
    let path = PathBuf::from(command.as_std().get_program());
    let output = command.output().await.doing("run", &path)?;
    if output.status.success() {
        return Ok(());
    }
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Err(Error::Command { program: program.to_owned(), status: output.status.to_string(), output: text })
}

/// Takes from a command what the shell says about other PostgreSQL servers (PGHOST, PGDATA and so on).
pub(crate) fn forget_other_servers(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
}
