//! Runs the commands of docs/BACKUP.md as an operator does.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use local_stack::programs::Programs;
use local_stack::testing::PrivateCluster;
use local_stack::{Binary, workspace};
use tokio::process::Command;
use url::Url;

use crate::documents::{examples_in, read, section};

/// The server that commands work on, and the directory of the dumps.
pub(crate) struct Server {
    environment: Vec<(&'static str, String)>,
}

impl Server {
    pub(crate) fn of(cluster: &PrivateCluster, backup: &Path) -> Self {
        let superuser: Url = cluster.auth().superuser_url().parse().unwrap();
        let [auth_owner, auth_service, tasks_owner, tasks_service] = cluster.role_passwords();
        let environment = [
            ("PGHOST", superuser.host_str().unwrap()),
            ("PGPORT", &superuser.port().unwrap().to_string()),
            ("PGUSER", superuser.username()),
            ("PGPASSWORD", superuser.password().unwrap()),
            ("BACKUP", backup.to_str().unwrap()),
            ("AUTH_OWNER_PASSWORD", auth_owner),
            ("AUTH_SERVICE_PASSWORD", auth_service),
            ("TASKS_OWNER_PASSWORD", tasks_owner),
            ("TASKS_SERVICE_PASSWORD", tasks_service),
            ("DATABASE_URL", &cluster.auth().service_url()),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        Self { environment: environment.into() }
    }

    /// Runs the commands of one example below a heading and returns what they print.
    pub(super) async fn run(&self, anchor: &str, example: usize, settings: &[(&str, &str)]) -> String {
        self.execute(&commands(anchor, example), settings).await
    }

    /// The same with a further command in the same shell, about a signing key.
    pub(super) async fn run_then(&self, anchor: &str, command: &str, kid: &str) -> String {
        self.execute(&format!("{}\n{command}", commands(anchor, 0)), &[("KID", kid)]).await
    }

    async fn execute(&self, commands: &str, settings: &[(&str, &str)]) -> String {
        self.execute_in(&workspace::root().unwrap(), commands, settings).await
    }

    /// Runs commands in a directory, with further settings, and returns what they print.
    pub(crate) async fn execute_in(
        &self,
        directory: &Path,
        commands: &str,
        settings: &[(&str, &str)],
    ) -> String {
        let mut shell = Command::new("sh");
        shell.args(["-euc", commands]).current_dir(directory);
        shell.env("PATH", path().await).envs(self.environment.iter().cloned());
        let output = shell.envs(settings.iter().copied()).output().await.unwrap();
        assert!(output.status.success(), "{commands}\n{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The programs of PostgreSQL and of the services, before all others.
async fn path() -> OsString {
    let beside = |program: PathBuf| program.parent().map(Path::to_owned).unwrap_or_default();
    let psql = beside(Programs::find().await.unwrap().path("psql"));
    let services = beside(Binary::AuthService.path().unwrap());
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths([psql, services].into_iter().chain(std::env::split_paths(&others))).unwrap()
}

/// The lines of an example of commands below a heading.
fn commands(anchor: &str, example: usize) -> String {
    let document = read("docs/BACKUP.md").unwrap();
    let section = section(&document, anchor).unwrap();
    examples_in(&section).swap_remove(example)
}
