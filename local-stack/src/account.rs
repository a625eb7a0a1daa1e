//! The account that PostgreSQL runs as: it refuses to run as root.

use std::path::Path;
use std::process::Stdio;

use nix::unistd::{Uid, User};
use tokio::process::Command;

use crate::error::{Doing, Error, Result};

/// Who runs the server. Nobody else than ourselves, unless we are root.
#[derive(Debug, Clone)]
pub struct Account {
    other: Option<User>,
}

impl Account {
    /// Ourselves, or as root the user `postgres`, or `nobody` where that does not exist.
    ///
    /// # Errors
    /// If root finds neither user.
    pub fn for_postgres() -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self { other: None });
        }
        let known = |name| User::from_name(name).ok().flatten();
        match known("postgres").or_else(|| known("nobody")) {
            Some(user) => Ok(Self { other: Some(user) }),
            None => Err(Error::Refused(
                "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run \
                 it as: run this as another user."
                    .to_owned(),
            )),
        }
    }

    /// Makes a command run as this account, away from a working directory it may not enter.
    pub fn apply(&self, command: &mut Command) {
        command.current_dir("/");
        if let Some(user) = &self.other {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
    }

    /// Gives a file or directory to this account.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn own(&self, path: &Path) -> Result<()> {
        match &self.other {
            Some(user) => std::os::unix::fs::chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .doing("give away", path),
            None => Ok(()),
        }
    }

    /// The user id of this account.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.other.as_ref().map_or_else(Uid::effective, |user| user.uid).as_raw()
    }

    /// Whether the account can enter this directory, all its parents included. Asked by trying.
    pub async fn can_enter(&self, directory: &Path) -> bool {
        if self.other.is_none() {
            return true;
        }
        let mut command = Command::new("sh");
        self.apply(&mut command);
        command.arg("-c").arg("test -x \"$0\"").arg(directory);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().await.is_ok_and(|status| status.success())
    }
}
