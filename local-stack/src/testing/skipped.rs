//! Saying that a test was left out.

use std::io::Write;

use crate::error::Doing;

/// Prints a line that a passing test shows too, and keeps it for the end of the run.
///
/// # Panics
/// If the file for the end of the run cannot be written.
pub fn report_skipped(reason: &str) {
    let line = format!("SKIPPED: {reason}\n");
    // Not `eprintln`, which the test harness keeps to itself when a test passes.
    let _ = std::io::stderr().write_all(line.as_bytes());
    // Runners that keep all of it to themselves name a file, and show that in the end.
    let Some(path) = std::env::var_os("LATCHKEY_SKIPPED") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    super::must(file.and_then(|mut file| file.write_all(line.as_bytes())).doing("write", path.as_ref()));
}
