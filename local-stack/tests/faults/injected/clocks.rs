//! Clocks that jump by an hour, and back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::Target;
use crate::scratch::Scratch;

/// How long a clock is wrong, and the longest time between two jumps.
const WRONG: Duration = Duration::from_secs(4);
const BETWEEN: Duration = Duration::from_secs(2);
/// How long refusals may go on when clocks are right again, which only long runs wait for.
pub const RECOVERY: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(60);
/// libfaketime, which a process is started with to change its clock later.
const LIBRARY: &str = "faketime/libfaketime.so.1";

/// Where libfaketime is.
pub(super) fn library() -> Option<PathBuf> {
    let directories = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    directories.iter().map(|directory| Path::new(directory).join(LIBRARY)).find(|path| path.exists())
}

impl Target<'_> {
    /// Moves the clock of one replica of each service by this offset, such as `+1h`. Their monotonic clocks go on.
    pub(super) async fn move_clocks(&mut self, offset: &str) {
        let Some(library) = library() else { return };
        let scratch = Scratch::new();
        let clock = scratch.path().join("clock");
        std::fs::write(&clock, "+0").unwrap();
        let settings = [
            ("LD_PRELOAD", library.to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ];
        let began = self.recorder.now();
        self.system.auth[0].restart_with(&settings).await;
        self.system.tasks[0].restart_with(&settings).await;
        self.system.wait_ready().await;
        self.recorder.issuer_away(began);
        let end = Instant::now() + self.time;
        while Instant::now() < end {
            self.pause(BETWEEN).await;
            let began = self.recorder.now();
            std::fs::write(&clock, offset).unwrap();
            tokio::time::sleep(WRONG).await;
            std::fs::write(&clock, "+0").unwrap();
            self.recorder.wrong_clock(began);
            self.recorder.issuer_away(began);
        }
        if self.time >= LONG {
            // Refusals count again after this time.
            tokio::time::sleep(RECOVERY + WRONG).await;
        }
    }
}
