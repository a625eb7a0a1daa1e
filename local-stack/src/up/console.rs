//! Output to the terminal.

use std::io::Write;

/// Prints a line to standard output. Errors are ignored, e.g. after the terminal was closed.
pub(super) fn print_line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
