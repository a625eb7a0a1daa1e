//! Shows the progress of a long run on standard error: a bar on a terminal, a few lines elsewhere.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Lines in total without a terminal.
const LINES: u64 = 10;
/// Items between two lines if the total is unknown.
const WITHOUT_TOTAL: u64 = 10_000;
/// A bar, if the total is known.
const BAR: &str = "{msg} {wide_bar} {pos} of {len}, {per_sec}, {eta} left";
/// A spinner, if it is not.
const SPINNER: &str = "{spinner} {msg}: {pos}, {per_sec}";
/// How often a bar moves while nothing is done, so that it is seen to be alive.
const TICK: Duration = Duration::from_millis(200);

/// Whether commands show their progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressOutput {
    /// For people.
    Shown,
    /// For programs, which read JSON.
    Hidden,
}

impl ProgressOutput {
    /// Hidden if the command prints JSON.
    pub fn unless(json: bool) -> Self {
        if json { Self::Hidden } else { Self::Shown }
    }
}

/// Counts processed items on standard error.
pub struct Progress {
    what: &'static str,
    total: Option<u64>,
    done: u64,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

impl Progress {
    /// Starts to count `what`, of which there are `total` if that is known.
    pub fn new(output: ProgressOutput, what: &'static str, total: Option<u64>) -> Self {
        let shown = match output {
            ProgressOutput::Hidden => Shown::Nothing,
            ProgressOutput::Shown if std::io::stderr().is_terminal() => Shown::Bar(bar(what, total)),
            ProgressOutput::Shown => Shown::Lines,
        };
        Self { what, total, done: 0, shown }
    }

    /// Counts more items.
    pub fn add(&mut self, more: u64) {
        let before = self.done;
        self.done = self.done.saturating_add(more);
        match &self.shown {
            Shown::Bar(bar) => bar.set_position(self.done),
            Shown::Lines => {
                let step = self.total.map_or(WITHOUT_TOTAL, |total| total.div_ceil(LINES).max(1));
                if before / step != self.done / step {
                    // Progress is not worth failing for.
                    let _ = writeln!(std::io::stderr(), "{}", line(self.what, self.done, self.total));
                }
            }
            Shown::Nothing => {}
        }
    }

    /// Removes the bar: the result of the command follows.
    pub fn finish(self) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &'static str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), BAR),
        None => (ProgressBar::new_spinner(), SPINNER),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(TICK);
    bar
}

fn line(what: &str, done: u64, total: Option<u64>) -> String {
    match total.filter(|total| *total > 0) {
        Some(total) => format!("{what}: {done} of {total} ({} %)", done.saturating_mul(100) / total),
        None => format!("{what}: {done}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_much_of_what_is_done() {
        assert_eq!(line("users", 50, Some(200)), "users: 50 of 200 (25 %)");
        assert_eq!(line("users", 50, None), "users: 50");
        assert_eq!(line("users", 0, Some(0)), "users: 0");
    }

    #[test]
    fn a_bar_counts_and_its_templates_are_valid() {
        for total in [Some(2), None] {
            let bar = bar("users", total);
            bar.set_position(2);
            assert_eq!((bar.position(), bar.length(), bar.message().as_str()), (2, total, "users"));
            bar.finish_and_clear();
        }
        for template in
            ["{msg} {wide_bar} {pos} of {len}, {per_sec}, {eta} left", "{spinner} {msg}: {pos}, {per_sec}"]
        {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
