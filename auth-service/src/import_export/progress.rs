//! Shows the progress of a long run: one line that is updated on a terminal, a few lines elsewhere.

use std::io::{IsTerminal, Write};

/// Lines in total without a terminal.
const LINES: u64 = 10;
/// Items between two lines if the total is unknown.
const WITHOUT_TOTAL: u64 = 10_000;

/// Counts processed items on standard error.
pub struct Progress {
    what: &'static str,
    total: Option<u64>,
    done: u64,
    terminal: bool,
}

impl Progress {
    /// Starts to count `what`, of which there are `total` if that is known.
    pub fn new(what: &'static str, total: Option<u64>) -> Self {
        Self { what, total, done: 0, terminal: std::io::stderr().is_terminal() }
    }

    /// Counts more items.
    pub fn add(&mut self, more: u64) {
        let before = self.done;
        self.done += more;
        let step = self.total.map_or(WITHOUT_TOTAL, |total| total.div_ceil(LINES).max(1));
        if self.terminal || before / step != self.done / step {
            self.show(if self.terminal { "\r" } else { "" }, if self.terminal { "\u{1b}[K" } else { "\n" });
        }
    }

    /// Ends the line on a terminal.
    pub fn finish(self) {
        if self.terminal {
            self.show("\r", "\u{1b}[K\n");
        }
    }

    fn show(&self, before: &str, after: &str) {
        let line = line(self.what, self.done, self.total);
        // Progress is not worth failing for.
        let _ = write!(std::io::stderr(), "{before}{line}{after}");
    }
}

fn line(what: &str, done: u64, total: Option<u64>) -> String {
    match total.filter(|total| *total > 0) {
        Some(total) => format!("{what}: {done} of {total} ({} %)", done.saturating_mul(100) / total),
        None => format!("{what}: {done}"),
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_says_how_much_of_what_is_done() {
        assert_eq!(line("users", 50, Some(200)), "users: 50 of 200 (25 %)");
        assert_eq!(line("users", 50, None), "users: 50");
        assert_eq!(line("users", 0, Some(0)), "users: 0");
    }
}
