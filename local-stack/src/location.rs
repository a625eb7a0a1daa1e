//! Directories for clusters: accessible to the account that runs PostgreSQL, with paths short enough for a socket.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::{Error, IoContext, Result};

/// Unix socket paths are limited to 108 bytes on Linux and 104 on macOS, including the name `/.s.PGSQL.65535`.
const LONGEST_SOCKET_DIRECTORY: usize = 88;

/// Creates the directory of a cluster: the requested one if the account can enter it, otherwise one in `/var/tmp`.
pub(crate) async fn reachable(wanted: &Path, account: &Account) -> Result<PathBuf> {
    make_directory(wanted)?;
    let wanted = wanted.canonicalize().context("find", wanted)?;
    let elsewhere = Path::new("/var/tmp").join(format!("latchkey-{:016x}", hash(&wanted)));
    if wanted.join("data").exists() {
        return Ok(wanted);
    }
    if !elsewhere.join("data").exists() {
        if account.can_enter(&wanted).await {
            return Ok(wanted);
        }
        make_directory(&elsewhere)?;
        eprintln!(
            "PostgreSQL does not run as root and cannot access {}. Its data is in {}.",
            wanted.display(),
            elsewhere.display()
        );
    }
    // Anyone may create directories there.
    let owner = std::fs::symlink_metadata(&elsewhere).context("inspect", &elsewhere)?;
    if !owner.is_dir() || owner.uid() != nix::unistd::Uid::effective().as_raw() {
        return Err(Error::Refused(format!("{} belongs to another user. Remove it", elsewhere.display())));
    }
    Ok(elsewhere)
}

/// Returns the socket directory of the cluster in this directory.
pub(crate) fn socket_directory(root: &Path) -> PathBuf {
    let inside = root.join("socket");
    if inside.as_os_str().as_bytes().len() <= LONGEST_SOCKET_DIRECTORY {
        return inside;
    }
    std::env::temp_dir().join(format!("latchkey-{:016x}", hash(root)))
}

/// Recreates the socket directory, accessible to the account only. No server may be running. Files of a killed server
/// would prevent the next start.
pub(crate) fn make_socket_directory(path: &Path, account: &Account) -> Result<()> {
    if let Ok(there) = std::fs::symlink_metadata(path) {
        if !there.is_dir() || there.uid() != account.uid() {
            return Err(Error::Refused(format!("{} belongs to another user. Remove it", path.display())));
        }
        std::fs::remove_dir_all(path).context("empty", path)?;
    }
    std::fs::create_dir(path).context("create", path)?;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o700))
        .context("set the permissions of", path)?;
    account.own(path)
}

/// Creates a directory that others can traverse but not list, so that the account reaches its own subdirectory.
pub(crate) fn make_directory(path: &Path) -> Result<()> {
    if !path.exists() {
        std::fs::create_dir_all(path).context("create", path)?;
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o711))
            .context("set the permissions of", path)?;
    }
    Ok(())
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}
