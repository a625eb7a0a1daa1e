//! PgBouncer in front of a cluster, as a daemon with a directory of its own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio::time::Instant;

use crate::account::Account;
use crate::command::{forget_other_servers, run};
use crate::error::{Doing, Error, Result};
use crate::process_id::command_line;
use crate::secrets::write_private;
use crate::testing::free_port;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Client connections a pooler accepts: more than all services of a parallel test run open.
const MAX_CLIENTS: u16 = 2_000;

/// Open files a pooler may have: its clients, as many server connections as a cluster accepts, and its own files.
const OPEN_FILES: u16 = 3_000;

/// Where administrators' programs are, which an ordinary user need not have on PATH.
const ADMINISTRATORS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

/// The first release that can keep named statements across transactions. Newer ones do so by default.
const KNOWS_NAMED_STATEMENTS: (u32, u32) = (1, 21);

/// For how long a pooler lends a server connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// For one transaction.
    Transaction,
    /// For as long as the client is connected.
    Session,
}

/// How many server connections a pooler opens, and how long it keeps and lends them.
#[derive(Debug, Clone, Copy)]
pub struct PoolerOptions {
    /// For how long it lends them.
    pub pool_mode: PoolMode,
    /// Maximum server connections for each pair of database and role.
    pub default_pool_size: u16,
    /// How long a server connection may be idle before it is closed, in whole seconds. Zero keeps it open.
    pub server_idle_timeout: Duration,
}

impl Default for PoolerOptions {
    /// Suits many databases on one cluster: each keeps its connections only while it is used.
    fn default() -> Self {
        let pool_mode = PoolMode::Transaction;
        Self { pool_mode, default_pool_size: 20, server_idle_timeout: Duration::from_secs(2) }
    }
}

/// One PgBouncer: `pgbouncer.ini`, `users`, `log` and `pid` in its directory.
#[derive(Debug, Clone)]
pub(crate) struct PgBouncer {
    directory: PathBuf,
    account: Account,
    users: String,
}

impl PgBouncer {
    /// The pooler of this directory, run by this account for these roles and their passwords. Starts nothing.
    pub(crate) fn new(directory: PathBuf, account: Account, roles: &[(&str, &str)]) -> Self {
        let users = roles.iter().map(|(role, password)| format!("{} {}\n", quoted(role), quoted(password)));
        Self { users: users.collect(), directory, account }
    }

    /// Its port on loopback, if it runs in front of the server on `server_port`. Reads its files and asks nobody.
    pub(crate) fn running_port(&self, server_port: u16) -> Option<u16> {
        self.pid()?;
        let ini = std::fs::read_to_string(self.ini()).ok()?;
        let setting = |name: &str| ini.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
        (setting(DATABASES) == Some(server_port)).then(|| setting(LISTEN_PORT))?
    }

    /// Starts it in front of the server on `server_port` and returns its port. A running one is stopped first.
    ///
    /// # Errors
    /// If PgBouncer is not installed or does not start; the error holds its log.
    pub(crate) async fn start(&self, server_port: u16, options: PoolerOptions) -> Result<u16> {
        self.stop().await?;
        let program = program()?;
        let version = version(&program).await;
        self.make_directory()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let port = free_port();
            self.write(&self.ini(), &self.settings(port, server_port, options, version))?;
            let Err(error) = self.launch(&program, deadline).await else { return Ok(port) };
            // Another program can take the port between our look and PgBouncer's.
            if !error.to_string().contains("Address already in use") || Instant::now() > deadline {
                return Err(error);
            }
        }
    }

    /// Kills it if it runs. It keeps nothing that would have to be written.
    ///
    /// # Errors
    /// If it does not end.
    pub(crate) async fn stop(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(pid) = self.pid() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            if Instant::now() > deadline {
                return Err(Error::Refused(format!("PgBouncer (process {pid}) does not stop")));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Kills it and removes its directory.
    ///
    /// # Errors
    /// If it does not end, or its directory cannot be removed.
    pub(crate) async fn remove(&self) -> Result<()> {
        self.stop().await?;
        if self.directory.exists() {
            std::fs::remove_dir_all(&self.directory).doing("remove", &self.directory)?;
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
        // PgBouncer does not raise the limit itself. Where it may not be raised, fewer clients have to do.
        let raised = format!("ulimit -S -n {OPEN_FILES} 2>/dev/null; exec \"$0\" \"$@\"");
        command.arg("-c").arg(raised).arg(program).arg("-d").arg(self.ini());
        run("pgbouncer", command).await?;
        loop {
            // The daemon's parent succeeds before the daemon has opened its socket.
            let output = std::fs::read_to_string(&log).doing("read", &log)?;
            if output.contains("process up: PgBouncer") {
                return Ok(());
            }
            if output.contains("FATAL") || Instant::now() > deadline {
                let status = "it does not listen".to_owned();
                return Err(Error::Command { program: "pgbouncer".to_owned(), status, output });
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn make_directory(&self) -> Result<()> {
        let directory = &self.directory;
        std::fs::create_dir_all(directory).doing("make", directory)?;
        std::fs::set_permissions(directory, PermissionsExt::from_mode(0o700)).doing("protect", directory)?;
        self.account.own(directory)?;
        self.write(&self.users_file(), &self.users)
    }

    /// Writes a file that only the pooler's account reads.
    fn write(&self, path: &Path, text: &str) -> Result<()> {
        write_private(path, text)?;
        self.account.own(path)
    }

    /// The process of this directory's daemon, if it runs.
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
        // The next transaction gets another server connection where there is one: a client that relies on
        // what an earlier transaction left behind fails at once and not only under load.
        settings.push_str("server_round_robin = 1\n");
        // A server that was killed and is back is noticed in a second instead of fifteen.
        settings.push_str("server_login_retry = 1\n");
        if version >= KNOWS_NAMED_STATEMENTS {
            settings.push_str("max_prepared_statements = 0\n");
        }
        settings
    }
}

/// How the line about databases begins: every name leads to the one cluster. The server's port follows.
const DATABASES: &str = "* = host=127.0.0.1 port=";

/// How the line about its own port begins.
const LISTEN_PORT: &str = "listen_port = ";

/// A value in PgBouncer's file of users.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

fn program() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(ADMINISTRATORS.map(PathBuf::from));
    let found = places.map(|place| place.join("pgbouncer")).find(|path| path.is_file());
    found.ok_or_else(|| {
        Error::Refused(
            "PgBouncer is not installed: neither PATH nor the directories of administrators' programs have \
             it. Install the package pgbouncer (apt-get, dnf, apk or brew)."
                .to_owned(),
        )
    })
}

/// Major and minor version, or zeros where it does not report one.
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

    /// Releases that could keep named statements are told not to; older ones refuse the setting.
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
