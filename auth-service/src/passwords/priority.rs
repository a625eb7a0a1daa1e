//! The priority of hashing threads.

/// How much lower than the rest of the process hashing threads run, as a nice value. Linux interrupts such a thread for a
/// request that hashes nothing. On a core that is always busy, a thread that is lower by 5 still gets a quarter of the time,
/// by 10 a tenth: on a machine with 16 other busy threads, that was one hash in ten seconds.
#[cfg(target_os = "linux")]
const NICER_BY: i32 = 5;

/// Lowers the priority of the calling thread. Does nothing where the system has no priorities of threads, or refuses.
pub(super) fn lower() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        // To Linux, the process that is meant by `None` is the calling thread alone.
        let lowered = getpriority_process(None)
            .and_then(|nice| setpriority_process(None, nice.saturating_add(NICER_BY)));
        if let Err(error) = lowered {
            tracing::debug!(%error, "priority of a hashing thread not lowered");
        }
    }
}
