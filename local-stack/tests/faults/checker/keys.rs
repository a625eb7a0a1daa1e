//! Signing keys: each hands over to its successor within a bounded time.

use super::{Anomaly, Rules};
use crate::history::History;

/// Checks all keys that signed.
pub fn anomalies(history: &History, rules: &Rules) -> Vec<Anomaly> {
    let mut keys: Vec<_> = history.signings.iter().collect();
    keys.sort_by_key(|(_, signing)| signing.first);
    let pairs = keys.iter().zip(keys.iter().skip(1));
    let late = pairs.filter(|((_, former), (_, next))| former.last > next.first + rules.handover);
    late.map(|((key, former), (_, next))| Anomaly {
        kind: "a retired key signed",
        subject: format!("key {key}"),
        at: former.last,
        details: format!("{former:?}, and its successor {next:?}"),
    })
    .collect()
}
