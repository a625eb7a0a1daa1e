//! File locks between processes.

use std::fs::File;
use std::path::Path;

use crate::error::{IoContext, Result};

/// Locks a file, waiting for other holders in this or other processes. Dropping the returned file releases the lock.
pub(crate) async fn lock_file(path: &Path) -> Result<File> {
    let to_open = path.to_owned();
    let locking = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).append(true).open(to_open)?;
        file.lock()?;
        Ok(file)
    });
    locking.await.unwrap_or_else(|error| Err(std::io::Error::other(error))).context("lock", path)
}
