//! The databases and roles, made by the same script that makes them everywhere else.

use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{Client, Config, NoTls};

use crate::cluster::Cluster;
use crate::command::{forget_other_servers, run};
use crate::error::{Asking, Error, Result};

/// The roles that the script makes: owner and service of each database.
pub(crate) const ROLES: [&str; 4] = ["auth_owner", "auth_service", "tasks_owner", "tasks_service"];

/// Makes or completes the two databases and the four roles of a cluster that runs on this port.
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

/// Opens a connection without TLS, for loopback, to the server that accepts writes if the URL names several. It ends when
/// the client is dropped.
///
/// # Errors
/// If the server cannot be reached or refuses.
pub async fn connect(url: &str) -> Result<Client> {
    let mut config: Config = url.parse().asking("read the URL of PostgreSQL")?;
    if config.get_hosts().len() > 1 {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    let (client, connection) = config.connect(NoTls).await.asking("connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

/// Whether PostgreSQL refused for this reason (its five-letter code).
pub(crate) fn refused_with(error: &Error, code: &str) -> bool {
    matches!(error, Error::Database { source, .. } if source.code().is_some_and(|found| found.code() == code))
}
