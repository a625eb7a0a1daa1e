//! Running external programs until they exit.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::error::{Error, IoContext, Result};

/// Runs a program until it exits.
///
/// It has its own process group, so that Ctrl-C reaches only this process, which then shuts down in order.
pub(crate) async fn run(program: &str, mut command: Command) -> Result<()> {
    command.stdin(Stdio::null()).process_group(0);
    let path = PathBuf::from(command.as_std().get_program());
    let output = command.output().await.context("run", &path)?;
    if output.status.success() {
        return Ok(());
    }
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Err(Error::Command { program: program.to_owned(), status: output.status.to_string(), output: text })
}

/// Removes settings of other PostgreSQL servers, e.g. PGHOST and PGDATA, from a command's environment.
pub(crate) fn forget_other_servers(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
}
