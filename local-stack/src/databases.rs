//! Creates the databases and roles with the same script as every other deployment.

use crate::cluster::Cluster;
use crate::command::{forget_other_servers, run};
pub use crate::connection::connect;
use crate::error::Result;
use crate::secrets::ROLES;

/// Creates the two databases and the four roles of a running cluster, as far as they are missing.
///
/// # Errors
/// If `psql` is missing or the script fails.
pub async fn make(cluster: &Cluster, port: u16) -> Result<()> {
    let script = crate::workspace::root()?.join("migrations/databases.sql");
    let mut command = tokio::process::Command::new(cluster.program("psql").await?);
    forget_other_servers(&mut command);
    let secrets = cluster.secrets();
    for role in ROLES {
        command.env(format!("{}_PASSWORD", role.to_uppercase()), secrets.role_password(role));
    }
    command
        .env("PGPASSWORD", secrets.superuser_password())
        .env("PGUSER", "postgres")
        .env("PGDATABASE", "postgres");
    command.env("PGHOST", "127.0.0.1").env("PGPORT", port.to_string());
    command.args(["--no-psqlrc", "--no-password", "--quiet", "--file"]).arg(script);
    run("psql", command).await
}
