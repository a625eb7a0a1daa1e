//! Faults, injected into the running system while people use it, and the histories of what they saw.
//!
//! `./dev faults` runs each fault for two minutes. A run begins with people who sign up, injects its fault again and again,
//! repairs everything, looks at everything once more, and gives the history to the [checker](checker). It has to find
//! nothing.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod checker;
#[expect(dead_code, reason = "other tests use all of it")]
#[path = "../verifiers/forger.rs"]
mod forger;
mod history;
mod injected;
mod people;
mod proxy;
mod recorder;
mod report;
mod run;
#[expect(dead_code, reason = "other tests use all of it")]
#[path = "../scratch.rs"]
mod scratch;
mod system;

use std::time::Duration;

use injected::Fault;

/// How long each fault is injected, in seconds.
const SECONDS: &str = "LATCHKEY_FAULT_SECONDS";
const SHORT: u64 = 3;
/// Chooses what happens when. Printed, so that a run can be repeated, as far as the machine repeats itself.
const SEED: &str = "LATCHKEY_FAULT_SEED";
/// Set to write the figures into the documentation.
const PUBLISH: &str = "LATCHKEY_FAULT_PUBLISH";
/// Only the faults whose names contain this.
const ONLY: &str = "LATCHKEY_FAULT_ONLY";

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_leaves_a_history_without_anomalies() {
    let seconds = setting(SECONDS).map_or(SHORT, |seconds| seconds.parse().unwrap());
    let seed = setting(SEED).map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    let only = setting(ONLY).unwrap_or_default();
    println!("{SEED}={seed}\n\n{}", report::HEAD);
    let (mut failures, mut rows) = (Vec::new(), Vec::new());
    for fault in Fault::ALL.into_iter().filter(|fault| fault.name().contains(&only)) {
        if let Some(obstacle) = fault.obstacle() {
            assert!(std::env::var_os("CI").is_none(), "{}: {obstacle}, and CI asks for it", fault.name());
            local_stack::testing::report_skipped(&format!("the fault `{}`: {obstacle}", fault.name()));
            continue;
        }
        let Some(figures) = run::run(fault, Duration::from_secs(seconds), seed).await else { return };
        println!("{}", figures.row());
        rows.push(figures.row());
        let anomalies = &figures.verdict.anomalies;
        anomalies.iter().for_each(|anomaly| println!("{anomaly:?}"));
        failures.extend(anomalies.iter().map(|anomaly| format!("{}: {anomaly:?}", fault.name())));
        if figures.internal_errors > 0 {
            failures.push(format!("{}: {} responses with status 500", fault.name(), figures.internal_errors));
        }
    }
    if setting(PUBLISH).is_some() {
        report::publish(seed, &rows);
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
