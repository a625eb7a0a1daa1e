//! The disk of PostgreSQL, when it is full.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;

use super::{Cluster, Target};
use crate::scratch::Scratch;

/// Enough for the empty databases, their log, and what a run writes.
const SIZE: &str = "size=512m,mode=0711";
/// The log of changes is removed often, so that a full disk stops it too.
pub const SETTINGS: &[(&str, &str)] = &[("min_wal_size", "32MB"), ("max_wal_size", "64MB")];
/// How long the disk is full at the most, and the longest time between two such times.
const FULL: Duration = Duration::from_secs(4);
const BETWEEN: Duration = Duration::from_secs(2);
/// The most space that is left, in bytes: less than a file of the log takes.
const LEFT: u64 = 2 << 20;
/// What fills the disk, and in which steps.
const BALLAST: &str = "ballast";
const STEP: usize = 1 << 16;

/// A disk of its own in memory.
pub struct Disk {
    scratch: Scratch,
}

impl Disk {
    /// `None` if this account may not mount anything.
    pub fn mount() -> Option<Self> {
        let scratch = Scratch::new();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "latchkey"]).arg(scratch.path());
        let output = mount.output().ok()?;
        output.status.success().then_some(Self { scratch })
    }

    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join(BALLAST)
    }

    /// Leaves this many bytes.
    fn fill(&self, left: u64) {
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        let mut size = 0;
        loop {
            match file.write(&[0; STEP]) {
                Ok(written) => size += written as u64,
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        file.set_len(size.saturating_sub(left)).unwrap();
    }

    fn empty(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The cluster in it has been stopped. Should a process still use a file, it goes with that process.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

impl Target<'_> {
    pub(super) async fn fill_disk(&mut self) {
        let Cluster::OnDisk(cluster, disk) = &*self.cluster else { return };
        let end = Instant::now() + self.time;
        while Instant::now() < end {
            tokio::time::sleep(BETWEEN.mul_f64(self.random.f64())).await;
            let began = self.recorder.now();
            disk.fill(if self.random.bool() { 0 } else { self.random.u64(..LEFT) });
            tokio::time::sleep(FULL.mul_f64(self.random.f64())).await;
            disk.empty();
            // It ends itself if it can write no log at all.
            cluster.start().await;
            self.system.wait_ready().await;
            self.recorder.issuer_away(began);
        }
    }
}
