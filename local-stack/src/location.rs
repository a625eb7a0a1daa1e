//! Where a cluster can be: reachable for the account that runs it, with a path short enough for its socket.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::{Doing, Error, Result};

/// The path of a Unix socket has 108 bytes on Linux and 104 on macOS, its name `/.s.PGSQL.65535` included.
const LONGEST_SOCKET_DIRECTORY: usize = 88;

/// Makes the directory of a cluster, here if the account can enter it, else under `/var/tmp`.
pub(crate) async fn reachable(wanted: &Path, account: &Account) -> Result<PathBuf> {
    make_directory(wanted)?;
    let wanted = wanted.canonicalize().doing("find", wanted)?;
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
            "PostgreSQL, which does not run as root, cannot reach {}: its data are in {}.",
            wanted.display(),
            elsewhere.display()
        );
    }
    // Anybody may make directories there.
    let owner = std::fs::symlink_metadata(&elsewhere).doing("look at", &elsewhere)?;
    if !owner.is_dir() || owner.uid() != nix::unistd::Uid::effective().as_raw() {
        return Err(Error::Refused(format!("{} belongs to somebody else: remove it", elsewhere.display())));
    }
    Ok(elsewhere)
}

/// Where the cluster in this directory has its socket.
pub(crate) fn socket_directory(root: &Path) -> PathBuf {
    let inside = root.join("socket");
    if inside.as_os_str().as_bytes().len() <= LONGEST_SOCKET_DIRECTORY {
        return inside;
    }
    std::env::temp_dir().join(format!("latchkey-{:016x}", hash(root)))
}

/// Makes the socket's directory anew, for the account alone. No server may be running: what a killed one has left
/// there would stop the next from starting.
pub(crate) fn make_socket_directory(path: &Path, account: &Account) -> Result<()> {
    if let Ok(there) = std::fs::symlink_metadata(path) {
        if !there.is_dir() || there.uid() != account.uid() {
            return Err(Error::Refused(format!("{} belongs to somebody else: remove it", path.display())));
        }
        std::fs::remove_dir_all(path).doing("empty", path)?;
    }
    std::fs::create_dir(path).doing("make", path)?;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o700)).doing("protect", path)?;
    account.own(path)
}

/// Others may pass through it, to the one directory in it that is theirs, and see nothing.
pub(crate) fn make_directory(path: &Path) -> Result<()> {
    if !path.exists() {
        std::fs::create_dir_all(path).doing("make", path)?;
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o711)).doing("open up", path)?;
    }
    Ok(())
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}
