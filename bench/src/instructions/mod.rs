//! Instruction counts of single operations, compared with a baseline. They depend neither on the clock nor on other load,
//! so that a test can compare them.
//!
//! The programs of the tests run under Valgrind: they are not optimized, and need no build of their own. Each operation is
//! counted in a running program, in several batches of which the median counts: start, shutdown and what happens in the
//! background do not. Waiting costs no instructions, and PostgreSQL and the client are other processes, so a request counts
//! what its service executes for it.

mod baseline;
mod callgrind;
mod cases;
pub mod telemetry;

use std::path::PathBuf;
use std::process::exit;

use baseline::{Baseline, Platform, Verdict};
use clap::Args;
use local_stack::testing;

use crate::report::{head, row};

/// What to do with the counts.
#[derive(Args)]
pub struct Options {
    /// Directory of the programs whose instructions are counted
    #[arg(long)]
    programs: PathBuf,
    /// Write the counts to bench/instructions.json, the baseline of later runs
    #[arg(long)]
    accept: bool,
}

/// Prints a table. Exits with 1 if an operation takes notably more instructions than in the baseline.
pub async fn measure(options: Options) {
    let platform = Platform::current();
    if options.accept {
        let accepted = Baseline { platform, counts: cases::measure(&options.programs).await };
        accepted.write();
        return print(&accepted.compare(&accepted.counts));
    }
    let baseline = Baseline::read();
    if baseline.platform != platform {
        let reason = format!(
            "instruction counts: the baseline is of {}, and this is {platform} (docs/TESTING.md)",
            baseline.platform
        );
        return testing::report_skipped(&reason);
    }
    let verdicts = baseline.compare(&cases::measure(&options.programs).await);
    print(&verdicts);
    let faults: Vec<String> = verdicts.iter().filter_map(Verdict::fault).collect();
    if !faults.is_empty() {
        eprintln!("\n{}\n{}", faults.join("\n"), baseline::REMEDY);
        exit(1);
    }
    for note in verdicts.iter().filter_map(Verdict::note) {
        println!("{note}");
    }
}

fn print(verdicts: &[Verdict]) {
    head(&["operation", "instructions", "baseline", "difference"]);
    for verdict in verdicts {
        row(&verdict.cells());
    }
}
