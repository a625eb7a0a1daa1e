//! Locks between processes.

use std::fs::File;
use std::path::Path;

use crate::error::{Doing, Result};

/// Waits until no other process, and nobody else in this one, holds this file. The lock ends with the value.
pub(crate) async fn lock_file(path: &Path) -> Result<File> {
    let to_open = path.to_owned();
    let locking = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).append(true).open(to_open)?;
        file.lock()?;
        Ok(file)
    });
    locking.await.unwrap_or_else(|error| Err(std::io::Error::other(error))).doing("lock", path)
}
