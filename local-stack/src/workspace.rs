//! The checkout that this runs in, and the binaries beside this one.

use std::path::{Path, PathBuf};

use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::command::run;
use crate::error::{Doing, Error, Result};
use crate::lock::lock_file;

/// A service's program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `auth-service`
    AuthService,
    /// `task-service`
    TaskService,
}

impl Binary {
    /// Its file name, which is its package's name too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthService => "auth-service",
            Self::TaskService => "task-service",
        }
    }

    /// Where it is: beside the running program.
    ///
    /// # Errors
    /// [`Error::NotBuilt`] if it is not there.
    pub fn path(self) -> Result<PathBuf> {
        let path = profile_directory()?.join(self.name());
        if path.is_file() { Ok(path) } else { Err(Error::NotBuilt(path)) }
    }
}

/// Files that every checkout has, and that are hardly together anywhere else.
const MARKS: [&str; 2] = ["local-stack/Cargo.toml", "migrations/databases.sql"];

/// The checkout around the current directory. `./dev` changes to it, and Cargo runs each test in its package.
///
/// Never the checkout that this was compiled in: checkouts that share a target directory share this program too, and
/// each has a database and secrets of its own.
///
/// # Errors
/// If the current directory is not inside a checkout.
pub fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().doing("find", Path::new("the current directory"))?;
    root_around(&here)
}

fn root_around(here: &Path) -> Result<PathBuf> {
    let found = here.ancestors().find(|directory| MARKS.iter().all(|mark| directory.join(mark).is_file()));
    found.map(Path::to_owned).ok_or_else(|| {
        let text = format!("{} is not inside a checkout of Latchkey: change to one first", here.display());
        Error::Refused(text)
    })
}

/// Where clusters, logs and secrets are kept: `.local` in the checkout, or what `LATCHKEY_STATE_DIR` names.
///
/// # Errors
/// If neither is there.
pub fn state_directory() -> Result<PathBuf> {
    match std::env::var_os("LATCHKEY_STATE_DIR") {
        Some(directory) => Ok(directory.into()),
        None => Ok(root()?.join(".local")),
    }
}

/// `target/<profile>`: test executables are in its `deps`, binaries in itself.
fn profile_directory() -> Result<PathBuf> {
    let executable = std::env::current_exe().doing("find", Path::new("the running program"))?;
    let directory = executable.parent().unwrap_or(Path::new("/"));
    let inside_deps = directory.file_name().is_some_and(|name| name == "deps");
    Ok(if inside_deps { directory.parent().unwrap_or(directory) } else { directory }.to_owned())
}

/// Builds both services for a test, so that it never runs against an old one. With `LATCHKEY_BINARIES_BUILT` in the
/// environment whoever set it has built them.
///
/// # Errors
/// If they do not build.
pub async fn build_binaries() -> Result<()> {
    static BUILT: OnceCell<()> = OnceCell::const_new();
    if std::env::var_os("LATCHKEY_BINARIES_BUILT").is_some() {
        return Ok(());
    }
    BUILT.get_or_try_init(build_once_a_run).await.copied()
}

/// nextest starts a process for each test: the first of a run builds, the others wait for it.
async fn build_once_a_run() -> Result<()> {
    let Ok(run) = std::env::var("NEXTEST_RUN_ID") else { return build().await };
    let directory = profile_directory()?;
    let path = directory.join("services-built-for-run");
    let lock = lock_file(&directory.join("services-built-for-run.lock")).await?;
    if std::fs::read_to_string(&path).is_ok_and(|built_for| built_for == run) {
        return Ok(());
    }
    build().await?;
    std::fs::write(&path, run).doing("write", &path)?;
    drop(lock);
    Ok(())
}

async fn build() -> Result<()> {
    let profile = profile_directory()?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()?).args(["build", "--quiet", "--locked"]);
    for binary in [Binary::AuthService, Binary::TaskService] {
        command.args(["--package", binary.name()]);
    }
    match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => {}
        Some(name) => drop(command.args(["--profile", name])),
    }
    if let Some(target) = profile.parent() {
        command.arg("--target-dir").arg(target);
    }
    run("cargo build", command).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_nearest_checkout_around_a_directory() {
        let package = std::env::current_dir().unwrap();
        let checkout = root().unwrap();
        assert_eq!(checkout, package.parent().unwrap());
        assert_eq!(root_around(&checkout).unwrap(), checkout);
        assert_eq!(root_around(&package.join("src/up")).unwrap(), checkout);
        let error = root_around(checkout.parent().unwrap()).unwrap_err().to_string();
        assert!(error.contains("is not inside a checkout of Latchkey"), "{error}");
    }
}
