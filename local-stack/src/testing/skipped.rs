//! Reports skipped tests.

use std::io::Write;

use super::outcome::must;
use crate::error::IoContext;

/// Prints a line that is also shown for a passing test, and records it for the end of the run.
///
/// # Panics
/// If the file for the end of the run cannot be written.
pub fn report_skipped(reason: &str) {
    let line = format!("SKIPPED: {reason}\n");
    // Not `eprintln`, whose output the test harness hides for passing tests.
    let _ = std::io::stderr().write_all(line.as_bytes());
    // Runners that hide all output set this variable to a file and print the file at the end.
    let Some(path) = std::env::var_os("LATCHKEY_SKIPPED") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    must(file.and_then(|mut file| file.write_all(line.as_bytes())).context("write", path.as_ref()));
}
