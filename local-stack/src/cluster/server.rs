//! Configuring and launching the server.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::definition::Cluster;
use super::quoting::quoted;
use crate::command::{forget_other_servers, run};
use crate::error::{Error, IoContext, Result};
use crate::programs::Programs;
use crate::secrets::write_private;

impl Cluster {
    /// Tries once to start the server on this port.
    pub(super) async fn launch(&self, programs: &Programs, port: u16) -> Result<()> {
        let conf = self.root.join("server.conf");
        std::fs::write(&conf, self.server_conf(port)).context("write", &conf)?;
        std::fs::set_permissions(&conf, PermissionsExt::from_mode(0o644))
            .context("set the permissions of", &conf)?;
        let log = self.root.join("log");
        File::create(&log).context("create", &log)?;
        std::fs::set_permissions(&log, PermissionsExt::from_mode(0o600))
            .context("set the permissions of", &log)?;
        self.account.own(&log)?;
        let mut command = self.command(programs, "pg_ctl");
        command.args(["start", "--silent", "--wait", "--timeout=60", "--log"]).arg(&log);
        command.arg("--pgdata").arg(self.data());
        run("pg_ctl start", command).await.map_err(|error| match error {
            Error::Command { program, status, .. } => {
                let output = std::fs::read_to_string(&log).unwrap_or_default();
                Error::Command { program, status, output: format!("{output}(from {})", log.display()) }
            }
            other => other,
        })
    }

    fn server_conf(&self, port: u16) -> String {
        let mut conf = format!(
            "# Written at each start.\nlisten_addresses = '127.0.0.1'\nport = {port}\n\
             unix_socket_directories = {}\nunix_socket_permissions = 0700\nmax_connections = {}\n",
            quoted(&self.socket.to_string_lossy()),
            self.options.max_connections
        );
        if !self.options.durable {
            // Autovacuum would keep template databases open, which prevents cloning them.
            conf.push_str(
                "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n\
                 max_wal_size = 4GB\ncheckpoint_timeout = 1h\n",
            );
        }
        // The last value takes precedence.
        let settings = self.settings_file();
        conf.push_str(&format!("include_if_exists = {}\n", quoted(&settings.to_string_lossy())));
        conf
    }

    /// Replaces the settings that override the cluster's own from the next start on. Only the account that runs
    /// PostgreSQL can read them, because they may contain passwords.
    pub(crate) fn configure(&self, settings: &[(&str, &str)]) -> Result<()> {
        self.write_for_server(&self.settings_file(), &settings_text(settings))
    }

    /// Writes a file that only the account that runs PostgreSQL can read.
    pub(crate) fn write_for_server(&self, path: &Path, text: &str) -> Result<()> {
        write_private(path, text)?;
        self.account.own(path)
    }

    /// Whether these are the current overriding settings.
    pub(super) fn configured(&self, settings: &[(&str, &str)]) -> bool {
        std::fs::read_to_string(self.settings_file()).is_ok_and(|text| text == settings_text(settings))
    }

    fn settings_file(&self) -> PathBuf {
        self.root.join("settings.conf")
    }

    /// Creates the command of a PostgreSQL program that runs as PostgreSQL's account.
    pub(super) fn command(&self, programs: &Programs, name: &str) -> Command {
        let mut command = Command::new(programs.path(name));
        self.account.apply(&mut command);
        forget_other_servers(&mut command);
        command.env("LC_ALL", "C");
        command
    }
}

fn settings_text(settings: &[(&str, &str)]) -> String {
    settings.iter().map(|(name, value)| format!("{name} = {}\n", quoted(value))).collect()
}
