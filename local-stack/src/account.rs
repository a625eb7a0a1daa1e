//! The account that runs PostgreSQL, which refuses to run as root.

use std::path::Path;
use std::process::Stdio;

use nix::unistd::{Uid, User};
use tokio::process::Command;

use crate::error::{Error, IoContext, Result};

/// The account that runs the server: the current user, or another one if the current user is root.
#[derive(Debug, Clone)]
pub struct Account {
    other: Option<User>,
}

impl Account {
    /// Returns the current user or, for root, the user `postgres` or `nobody`.
    ///
    /// # Errors
    /// If the current user is root and neither user exists.
    pub fn for_postgres() -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self { other: None });
        }
        let known = |name| User::from_name(name).ok().flatten();
        match known("postgres").or_else(|| known("nobody")) {
            Some(user) => Ok(Self { other: Some(user) }),
            None => Err(Error::Refused(
                "PostgreSQL cannot run as root, and neither the user `postgres` nor `nobody` exists. Run this command \
                 as another user."
                    .to_owned(),
            )),
        }
    }

    /// Makes a command run as this account, in a working directory that it can enter.
    pub fn apply(&self, command: &mut Command) {
        command.current_dir("/");
        if let Some(user) = &self.other {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
    }

    /// Makes this account the owner of a file or directory.
    ///
    /// # Errors
    /// If the owner cannot be changed.
    pub fn own(&self, path: &Path) -> Result<()> {
        match &self.other {
            Some(user) => std::os::unix::fs::chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .context("change the owner of", path),
            None => Ok(()),
        }
    }

    /// The user id of this account.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.other.as_ref().map_or_else(Uid::effective, |user| user.uid).as_raw()
    }

    /// Whether the account can enter this directory and all its parents. Tested by trying.
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
