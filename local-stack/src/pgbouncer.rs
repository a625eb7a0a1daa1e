//! PgBouncer as a daemon in front of a cluster, with its own directory.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio::time::Instant;

use crate::account::Account;
use crate::command::{forget_other_servers, run};
use crate::error::{Error, IoContext, Result};
use crate::ports::free_port;
use crate::process_id::command_line;
use crate::secrets::write_private;

/// Maximum time for a start or a stop.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum client connections of a pooler: more than all services of a parallel test run open.
const MAX_CLIENTS: u16 = 2_000;

/// Maximum open files of a pooler: its clients, a cluster's maximum of server connections, and its own files.
const OPEN_FILES: u16 = 3_000;

/// Directories of system programs, which may be missing from an ordinary user's PATH.
const SYSTEM_DIRECTORIES: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

/// The first release that supports named statements across transactions. It and newer ones enable them by default.
const SUPPORTS_NAMED_STATEMENTS: (u32, u32) = (1, 21);

/// How long a client keeps a server connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// For one transaction.
    Transaction,
    /// Until the client disconnects.
    Session,
}

/// The settings of a pooler.
#[derive(Debug, Clone, Copy)]
pub struct PoolerOptions {
    /// How long a client keeps a server connection.
    pub pool_mode: PoolMode,
    /// Maximum server connections for each pair of database and role.
    pub default_pool_size: u16,
    /// How long a server connection may be idle before it is closed, in whole seconds. Zero keeps it open.
    pub server_idle_timeout: Duration,
}

impl Default for PoolerOptions {
    /// Suits many databases on one cluster: connections of an unused database are closed after two seconds.
    fn default() -> Self {
        let pool_mode = PoolMode::Transaction;
        Self { pool_mode, default_pool_size: 20, server_idle_timeout: Duration::from_secs(2) }
    }
}

/// A PgBouncer with `pgbouncer.ini`, `users`, `log` and `pid` in its directory.
#[derive(Debug, Clone)]
pub(crate) struct PgBouncer {
    directory: PathBuf,
    account: Account,
    users: String,
}

impl PgBouncer {
    /// Creates the pooler of a directory, with its account and the roles with their passwords. Does not start it.
    pub(crate) fn new(directory: PathBuf, account: Account, roles: &[(&str, &str)]) -> Self {
        let users = roles.iter().map(|(role, password)| format!("{} {}\n", quoted(role), quoted(password)));
        Self { users: users.collect(), directory, account }
    }

    /// Returns its port on loopback if it runs in front of the server on `server_port`. Reads its files only.
    pub(crate) fn running_port(&self, server_port: u16) -> Option<u16> {
        self.pid()?;
        let ini = std::fs::read_to_string(self.ini()).ok()?;
        let setting = |name: &str| ini.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
        (setting(DATABASES) == Some(server_port)).then(|| setting(LISTEN_PORT))?
    }

    /// Starts the pooler in front of the server on `server_port` and returns its port. Stops a running one first.
    ///
    /// # Errors
    /// If PgBouncer is not installed or does not start; the error holds its log.
    pub(crate) async fn start(&self, server_port: u16, options: PoolerOptions) -> Result<u16> {
        self.stop().await?;
        let program = program()?;
        let version = version(&program).await;
        self.make_directory()?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let port = free_port();
            self.write(&self.ini(), &self.settings(port, server_port, options, version))?;
            let Err(error) = self.launch(&program, deadline).await else { return Ok(port) };
            // Another program can take the port before PgBouncer binds it.
            if !error.to_string().contains("Address already in use") || Instant::now() > deadline {
                return Err(error);
            }
        }
    }

    /// Kills the pooler if it runs. It has no state to save.
    ///
    /// # Errors
    /// If it does not exit.
    pub(crate) async fn stop(&self) -> Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        while let Some(pid) = self.pid() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            if Instant::now() > deadline {
                return Err(Error::Refused(format!("PgBouncer (process {pid}) does not stop")));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Kills the pooler and removes its directory.
    ///
    /// # Errors
    /// If it does not exit, or its directory cannot be removed.
    pub(crate) async fn remove(&self) -> Result<()> {
        self.stop().await?;
        if self.directory.exists() {
            std::fs::remove_dir_all(&self.directory).context("remove", &self.directory)?;
        }
        Ok(())
    }

    /// Starts the daemon and waits until it listens.
    async fn launch(&self, program: &Path, deadline: Instant) -> Result<()> {
        let log = self.directory.join("log");
        let _ = std::fs::remove_file(self.pid_file());
        self.write(&log, "")?;
        let mut command = Command::new("sh");
        self.account.apply(&mut command);
        forget_other_servers(&mut command);
        // PgBouncer does not raise the limit itself. If it cannot be raised, fewer clients are possible.
        let raised = format!("ulimit -S -n {OPEN_FILES} 2>/dev/null; exec \"$0\" \"$@\"");
        command.arg("-c").arg(raised).arg(program).arg("-d").arg(self.ini());
        run("pgbouncer", command).await?;
        loop {
            // The parent process exits successfully before the daemon has opened its socket.
            let output = std::fs::read_to_string(&log).context("read", &log)?;
            if output.contains("process up: PgBouncer") {
                return Ok(());
            }
            if output.contains("FATAL") || Instant::now() > deadline {
                let status = "it is not listening".to_owned();
                return Err(Error::Command { program: "pgbouncer".to_owned(), status, output });
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn make_directory(&self) -> Result<()> {
        let directory = &self.directory;
        std::fs::create_dir_all(directory).context("create", directory)?;
        std::fs::set_permissions(directory, PermissionsExt::from_mode(0o700))
            .context("set the permissions of", directory)?;
        self.account.own(directory)?;
        self.write(&self.users_file(), &self.users)
    }

    /// Writes a file that only the pooler's account can read.
    fn write(&self, path: &Path, text: &str) -> Result<()> {
        write_private(path, text)?;
        self.account.own(path)
    }

    /// Returns the process id of this directory's daemon, if it runs.
    pub(crate) fn pid(&self) -> Option<i32> {
        let pid = std::fs::read_to_string(self.pid_file()).ok()?.trim().parse().ok()?;
        command_line(pid)?.contains(&*self.ini().to_string_lossy()).then_some(pid)
    }

    fn ini(&self) -> PathBuf {
        self.directory.join("pgbouncer.ini")
    }

    fn users_file(&self) -> PathBuf {
        self.directory.join("users")
    }

    fn pid_file(&self) -> PathBuf {
        self.directory.join("pid")
    }

    fn settings(&self, port: u16, server_port: u16, options: PoolerOptions, version: (u32, u32)) -> String {
        let PoolerOptions { pool_mode, default_pool_size, server_idle_timeout } = options;
        let pool_mode = match pool_mode {
            PoolMode::Transaction => "transaction",
            PoolMode::Session => "session",
        };
        let [log, pid, users] = ["log", "pid", "users"].map(|name| self.directory.join(name));
        let mut settings = format!(
            "; Written at each start.\n[databases]\n{DATABASES}{server_port}\n\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\n{LISTEN_PORT}{port}\nunix_socket_dir =\n\
             logfile = {}\npidfile = {}\nauth_file = {}\nauth_type = scram-sha-256\n\
             server_tls_sslmode = disable\npool_mode = {pool_mode}\n\
             max_client_conn = {MAX_CLIENTS}\ndefault_pool_size = {default_pool_size}\n\
             server_idle_timeout = {}\n",
            log.display(),
            pid.display(),
            users.display(),
            server_idle_timeout.as_secs()
        );
        // Each transaction gets a different server connection if possible, so that a client that relies on session
        // state fails immediately and not only under load.
        settings.push_str("server_round_robin = 1\n");
        // Reconnects to a restarted server after one second instead of fifteen.
        settings.push_str("server_login_retry = 1\n");
        if version >= SUPPORTS_NAMED_STATEMENTS {
            settings.push_str("max_prepared_statements = 0\n");
        }
        settings
    }
}

/// The start of the line that maps every database name to the cluster. The server's port follows.
const DATABASES: &str = "* = host=127.0.0.1 port=";

/// The start of the line with the pooler's own port.
const LISTEN_PORT: &str = "listen_port = ";

/// Quotes a value for PgBouncer's file of users.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

fn program() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(SYSTEM_DIRECTORIES.map(PathBuf::from));
    let found = places.map(|place| place.join("pgbouncer")).find(|path| path.is_file());
    found.ok_or_else(|| {
        Error::Refused(
            "PgBouncer was not found on PATH or in the system directories. Install the package pgbouncer (apt-get, dnf, \
             apk or brew)."
                .to_owned(),
        )
    })
}

/// Returns the major and minor version, or zeros if the program does not report one.
async fn version(program: &Path) -> (u32, u32) {
    let output = Command::new(program).arg("--version").output().await;
    output.ok().and_then(|output| parse_version(&String::from_utf8_lossy(&output.stdout))).unwrap_or_default()
}

fn parse_version(output: &str) -> Option<(u32, u32)> {
    let mut numbers = output.strip_prefix("PgBouncer ")?.split(|mark: char| !mark.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version("PgBouncer 1.18.0\nlibevent 2.1.12-stable"), Some((1, 18)));
        assert_eq!(parse_version("PgBouncer 1.25.1\n"), Some((1, 25)));
        assert_eq!(parse_version("something else 1.25"), None);
    }

    /// Releases that support named statements have them disabled; older ones reject the setting.
    #[test]
    fn no_release_keeps_named_statements() {
        let account = Account::for_postgres().unwrap();
        let pooler = PgBouncer::new("/p".into(), account, &[("auth_owner", "it's \"new\"")]);
        assert_eq!(pooler.users, "\"auth_owner\" \"it's \"\"new\"\"\"\n");
        let settings = |version| pooler.settings(1, 2, PoolerOptions::default(), version);
        assert!(settings((1, 24)).contains("\nmax_prepared_statements = 0\n"));
        assert!(!settings((1, 18)).contains("max_prepared_statements"));
    }
}
