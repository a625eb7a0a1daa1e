//! State that is read when Prometheus scrapes: of pools, queues and keys. Changing it costs nothing for that reason.

use std::sync::{Mutex, OnceLock, PoisonError};

/// Updates gauges. Returns false when what it reads no longer exists.
type Collector = Box<dyn Fn() -> bool + Send>;

/// Empty while metrics are off.
static COLLECTORS: OnceLock<Mutex<Vec<Collector>>> = OnceLock::new();

/// Accepts collectors from now on.
pub(crate) fn enable() {
    COLLECTORS.get_or_init(Mutex::default);
}

/// Whether metrics are on.
pub fn are_enabled() -> bool {
    COLLECTORS.get().is_some()
}

/// Calls `collect` at each scrape, until it returns false. It updates gauges, and must not wait for anything. Without metrics
/// it is dropped.
pub fn register(collect: impl Fn() -> bool + Send + 'static) {
    if let Some(collectors) = COLLECTORS.get() {
        collectors.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(collect));
    }
}

/// Updates all gauges.
pub(crate) fn collect() {
    if let Some(collectors) = COLLECTORS.get() {
        collectors.lock().unwrap_or_else(PoisonError::into_inner).retain(|collect| collect());
    }
}

/// Converts a number to the value of a gauge, which is exact up to 2^32.
#[must_use]
pub fn value(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_collector_is_called_until_its_subject_is_gone() {
        enable();
        let (calls, subject) = (Arc::new(AtomicUsize::new(0)), Arc::new(()));
        let (counted, read) = (Arc::clone(&calls), Arc::downgrade(&subject));
        register(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            read.upgrade().is_some()
        });
        collect();
        collect();
        drop(subject);
        collect();
        collect();
        assert_eq!(calls.load(Ordering::Relaxed), 3);
    }
}
