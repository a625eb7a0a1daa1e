//! Making the data directory, and finding the programs that fit it.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::Cluster;
use super::server::quoted;
use crate::command::run;
use crate::error::{Doing, Error, Result};
use crate::programs::Programs;
use crate::secrets::write_private;

impl Cluster {
    /// The programs that made the data, or the newest if there are none.
    ///
    /// # Errors
    /// If those are not installed any more.
    pub(super) async fn programs(&self) -> Result<Programs> {
        let version = std::fs::read_to_string(self.data().join("PG_VERSION"));
        let Ok(version) = version else { return Programs::find().await };
        let major = version.trim().parse().unwrap_or(0);
        let newest = Programs::find().await?;
        Programs::find_major(major).await.map_err(|_| {
            Error::Refused(format!(
                "{} was made by PostgreSQL {major}, which is not here any more; there is {}. Install {major} again, \
                 or remove that directory and lose what is in it.",
                self.root.display(),
                newest.major()
            ))
        })
    }

    /// Makes the data if there are none, anew if they may be thrown away and their programs are gone.
    pub(super) async fn make_data(&self) -> Result<Programs> {
        let data = self.data();
        let programs = match self.programs().await {
            Err(Error::Refused(_)) if self.options.disposable => {
                std::fs::remove_dir_all(&data).doing("remove", &data)?;
                Programs::find().await?
            }
            found => found?,
        };
        if !data.exists() {
            self.init(&programs).await?;
        }
        Ok(programs)
    }

    /// `initdb`, into a directory that gets its name when all is done.
    async fn init(&self, programs: &Programs) -> Result<()> {
        let unfinished = self.make_unfinished()?;
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
        std::fs::remove_file(&password_file).doing("remove", &password_file)?;
        outcome?;
        let conf = unfinished.join("postgresql.conf");
        let append = File::options().append(true).open(&conf);
        append.and_then(|mut file| file.write_all(self.include().as_bytes())).doing("extend", &conf)?;
        std::fs::rename(&unfinished, self.data()).doing("make", &self.data())
    }

    /// An empty directory for data that are not complete yet.
    pub(super) fn make_unfinished(&self) -> Result<PathBuf> {
        let unfinished = self.root.join("data.unfinished");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).doing("remove", &unfinished)?;
        }
        std::fs::create_dir(&unfinished).doing("make", &unfinished)?;
        std::fs::set_permissions(&unfinished, PermissionsExt::from_mode(0o700))
            .doing("protect", &unfinished)?;
        self.account.own(&unfinished)?;
        Ok(unfinished)
    }

    /// What `postgresql.conf` has beside the defaults: the settings of each start.
    pub(super) fn include(&self) -> String {
        format!("\ninclude = {}\n", quoted(&self.root.join("server.conf").to_string_lossy()))
    }
}
