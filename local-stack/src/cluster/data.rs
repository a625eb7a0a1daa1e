//! Creating the data directory, and finding the programs of its version.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::definition::Cluster;
use super::quoting::quoted;
use crate::command::run;
use crate::error::{Error, IoContext, Result};
use crate::programs::Programs;
use crate::secrets::write_private;

impl Cluster {
    /// Returns the path of one of PostgreSQL's programs, e.g. `psql`, in this cluster's version.
    pub(crate) async fn program(&self, name: &str) -> Result<PathBuf> {
        Ok(self.programs().await?.path(name))
    }

    /// Returns the programs of the data's version, or the newest ones if there is no data.
    ///
    /// # Errors
    /// If the programs of the data's version are no longer installed.
    pub(super) async fn programs(&self) -> Result<Programs> {
        let version = std::fs::read_to_string(self.data().join("PG_VERSION"));
        let Ok(version) = version else { return Programs::find().await };
        let major = version.trim().parse().unwrap_or(0);
        let newest = Programs::find().await?;
        Programs::find_major(major).await.map_err(|_| {
            Error::Refused(format!(
                "{} was created by PostgreSQL {major}, which is no longer installed (installed: {}). Install version \
                 {major} again, or delete that directory and all its data.",
                self.root.display(),
                newest.major()
            ))
        })
    }

    /// Creates the data if there is none. Recreates disposable data whose programs are no longer installed.
    pub(super) async fn create_data(&self) -> Result<Programs> {
        let data = self.data();
        let programs = match self.programs().await {
            Err(Error::Refused(_)) if self.options.disposable => {
                std::fs::remove_dir_all(&data).context("remove", &data)?;
                Programs::find().await?
            }
            found => found?,
        };
        if !data.exists() {
            self.init(&programs).await?;
        }
        Ok(programs)
    }

    /// Runs `initdb` in a temporary directory that is renamed when it is complete.
    async fn init(&self, programs: &Programs) -> Result<()> {
        let unfinished = self.create_unfinished()?;
        let password_file = self.root.join("initdb-password");
        write_private(&password_file, self.secrets.superuser_password())?;
        self.account.own(&password_file)?;
        let mut command = self.command(programs, "initdb");
        command.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"]);
        command.arg(if cfg!(target_os = "macos") { "--locale=en_US.UTF-8" } else { "--locale=C.UTF-8" });
        if self.options.disposable {
            command.arg("--no-sync");
        }
        command.arg("--pwfile").arg(&password_file).arg("--pgdata").arg(&unfinished);
        let outcome = run("initdb", command).await;
        std::fs::remove_file(&password_file).context("remove", &password_file)?;
        outcome?;
        let conf = unfinished.join("postgresql.conf");
        let append = File::options().append(true).open(&conf);
        append.and_then(|mut file| file.write_all(self.include().as_bytes())).context("append to", &conf)?;
        std::fs::rename(&unfinished, self.data()).context("create", &self.data())
    }

    /// Creates an empty directory for incomplete data.
    pub(super) fn create_unfinished(&self) -> Result<PathBuf> {
        let unfinished = self.root.join("data.unfinished");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).context("remove", &unfinished)?;
        }
        std::fs::create_dir(&unfinished).context("create", &unfinished)?;
        std::fs::set_permissions(&unfinished, PermissionsExt::from_mode(0o700))
            .context("set the permissions of", &unfinished)?;
        self.account.own(&unfinished)?;
        Ok(unfinished)
    }

    /// The line in `postgresql.conf` that includes the settings of each start.
    pub(super) fn include(&self) -> String {
        format!("\ninclude = {}\n", quoted(&self.root.join("server.conf").to_string_lossy()))
    }
}
