//! Failing a test, and cleaning up after it.

use crate::error::Result;

/// Returns the value, or fails the test.
#[expect(clippy::panic, reason = "a test fails by panicking, and this runs in tests alone")]
#[track_caller]
pub(super) fn must<T>(outcome: Result<T>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// Runs a future to completion in `drop`, on a separate thread with its own runtime, because the current thread may be
/// inside a runtime or panicking. If it fails, the next test process cleans up.
pub(super) fn block_in_drop(work: impl Future<Output = Result<()>> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let _ = runtime.map(|runtime| runtime.block_on(work));
    });
    let _ = thread.join();
}
