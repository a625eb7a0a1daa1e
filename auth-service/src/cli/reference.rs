//! Completions and man pages, which are generated from the command line itself.

use std::io;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use super::output::print;
use crate::server::NAME;

/// Options of `completions`.
#[derive(Args)]
pub struct CompletionsArgs {
    /// The shell that reads the script
    #[arg(value_enum)]
    shell: Shell,
}

/// Options of `man`.
#[derive(Args)]
pub struct ManArgs {
    /// Directory that the pages are written to. It is created if it is missing
    directory: PathBuf,
}

/// Why the pages were not written.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Standard output failed.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// The directory or a page cannot be written.
    #[error("cannot write to {}: {source}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// Prints the completion script for a shell.
pub fn completions(args: &CompletionsArgs, mut command: Command) -> Result<(), ReferenceError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, NAME, &mut script);
    print(&String::from_utf8_lossy(&script)).map_err(ReferenceError::Output)
}

/// Writes a man page for each command.
pub fn man(args: ManArgs, command: Command) -> Result<(), ReferenceError> {
    let directory = args.directory;
    let write = || {
        std::fs::create_dir_all(&directory)?;
        clap_mangen::generate_to(command, &directory)
    };
    write().map_err(|source| ReferenceError::Directory { directory, source })
}
