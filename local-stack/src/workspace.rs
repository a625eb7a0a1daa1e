//! The checkout that this was built from, and the binaries built in it.

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

/// The checkout.
#[must_use]
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Where clusters, logs and secrets are kept: `.local` in the checkout, or what `LATCHKEY_STATE_DIR` names.
#[must_use]
pub fn state_directory() -> PathBuf {
    std::env::var_os("LATCHKEY_STATE_DIR").map_or_else(|| root().join(".local"), PathBuf::from)
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
    command.current_dir(root()).args(["build", "--quiet", "--locked"]);
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
