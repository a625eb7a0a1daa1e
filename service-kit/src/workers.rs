//! The threads that serve requests.

use std::num::NonZeroUsize;

/// The number of worker threads: one per core.
pub fn count() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
