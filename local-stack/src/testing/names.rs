//! Names that identify the process that created something.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::process_id::ProcessId;

/// Returns a unique name for a database or a directory, which contains the id of this process.
pub(super) fn unique_name(kind: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let ProcessId { pid, start } = ProcessId::own();
    format!("test_{kind}_{pid}_{start}_{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Returns the process that created the database or directory with this name.
pub(super) fn creator(name: &str) -> Option<ProcessId> {
    let mut parts = name.rsplit('_').skip(1);
    let start = parts.next()?.parse().ok()?;
    let pid = parts.next()?.parse().ok()?;
    Some(ProcessId { pid, start })
}
