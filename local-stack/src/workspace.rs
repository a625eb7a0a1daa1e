//! The current checkout and the binaries next to the running one.

use std::path::{Path, PathBuf};

use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::command::run;
use crate::error::{Error, IoContext, Result};
use crate::lock::lock_file;

/// The program of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `auth-service`
    AuthService,
    /// `task-service`
    TaskService,
}

impl Binary {
    /// The file name, which is also the package name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthService => "auth-service",
            Self::TaskService => "task-service",
        }
    }

    /// The path, next to the running program.
    ///
    /// # Errors
    /// [`Error::NotBuilt`] if the file does not exist.
    pub fn path(self) -> Result<PathBuf> {
        let path = profile_directory()?.join(self.name());
        if path.is_file() { Ok(path) } else { Err(Error::NotBuilt(path)) }
    }
}

/// Files that identify a checkout.
const MARKS: [&str; 2] = ["local-stack/Cargo.toml", "migrations/databases.sql"];

/// Returns the checkout that contains the current directory. `./dev` changes to it, and Cargo runs each test in its
/// package.
///
/// Not the checkout in which this was compiled: checkouts with a common target directory share this program, but each
/// has its own database and secrets.
///
/// # Errors
/// If the current directory is not inside a checkout.
pub fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("find", Path::new("the current directory"))?;
    root_around(&here)
}

fn root_around(here: &Path) -> Result<PathBuf> {
    let found = here.ancestors().find(|directory| MARKS.iter().all(|mark| directory.join(mark).is_file()));
    found.map(Path::to_owned).ok_or_else(|| {
        let text = format!("{} is not inside a checkout of Latchkey. Change to one first", here.display());
        Error::Refused(text)
    })
}

/// Returns the directory for clusters, logs and secrets: `LATCHKEY_STATE_DIR`, or `.local` in the checkout.
///
/// # Errors
/// If `LATCHKEY_STATE_DIR` is not set and the current directory is not inside a checkout.
pub fn state_directory() -> Result<PathBuf> {
    match std::env::var_os("LATCHKEY_STATE_DIR") {
        Some(directory) => Ok(directory.into()),
        None => Ok(root()?.join(".local")),
    }
}

/// Returns `target/<profile>`, which contains the binaries and, in `deps`, the test executables.
fn profile_directory() -> Result<PathBuf> {
    let executable = std::env::current_exe().context("find", Path::new("the running program"))?;
    let directory = executable.parent().unwrap_or(Path::new("/"));
    let inside_deps = directory.file_name().is_some_and(|name| name == "deps");
    Ok(if inside_deps { directory.parent().unwrap_or(directory) } else { directory }.to_owned())
}

/// Builds both services for a test, so that it never runs against an outdated binary. Does nothing if
/// `LATCHKEY_BINARIES_BUILT` is set.
///
/// # Errors
/// If the build fails.
pub async fn build_binaries() -> Result<()> {
    static BUILT: OnceCell<()> = OnceCell::const_new();
    if std::env::var_os("LATCHKEY_BINARIES_BUILT").is_some() {
        return Ok(());
    }
    BUILT.get_or_try_init(build_once_a_run).await.copied()
}

/// nextest starts a process for each test. The first process of a run builds, and the others wait for it.
async fn build_once_a_run() -> Result<()> {
    let Ok(run) = std::env::var("NEXTEST_RUN_ID") else { return build().await };
    let directory = profile_directory()?;
    let path = directory.join("services-built-for-run");
    let lock = lock_file(&directory.join("services-built-for-run.lock")).await?;
    if std::fs::read_to_string(&path).is_ok_and(|built_for| built_for == run) {
        return Ok(());
    }
    build().await?;
    std::fs::write(&path, run).context("write", &path)?;
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
