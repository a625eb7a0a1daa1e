//! The cluster that all tests of a checkout share.

use tokio::sync::OnceCell;
use tokio_postgres::Client;

use super::database::ServiceSecrets;
use super::names::creator;
use super::outcome::must;
use super::shape::Shape;
use crate::cluster::{Cluster, ClusterOptions};
use crate::connection::connect;
use crate::error::{DatabaseContext, Result};

/// Test data does not have to survive a crash. Many processes run at once: the comparison with Better Auth alone has two for each
/// profile of settings.
pub(super) const OPTIONS: ClusterOptions =
    ClusterOptions { durable: false, max_connections: 1000, disposable: true };

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static CLEANED_UP: OnceCell<()> = OnceCell::const_new();

/// Returns the cluster, which may not be running.
pub(super) async fn cluster() -> Result<&'static Cluster> {
    let directory = crate::workspace::state_directory()?.join(Shape::selected()?.directory());
    CLUSTER.get_or_try_init(|| Cluster::open(&directory, OPTIONS)).await
}

/// Returns auth-service's secrets, with which the signing key in the template is encrypted.
pub async fn secrets() -> ServiceSecrets {
    ServiceSecrets::of(must(cluster().await).secrets())
}

/// Drops the databases of exited test processes, once per test process.
pub(super) async fn drop_leftovers(superuser: &Client) -> Result<()> {
    CLEANED_UP.get_or_try_init(|| drop_leftovers_now(superuser)).await.copied()
}

async fn drop_leftovers_now(superuser: &Client) -> Result<()> {
    let query = r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_%'";
    for row in superuser.query(query, &[]).await.context("list the databases")? {
        let name: String = row.try_get(0).context("list the databases")?;
        if creator(&name).is_some_and(|process| !process.is_alive()) {
            // Another process may drop the same one.
            let _ = drop_database(superuser, &name).await;
        }
    }
    Ok(())
}

/// Drops a test database, even with open connections.
pub(super) async fn drop_database(superuser: &Client, name: &str) -> Result<()> {
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    superuser.batch_execute(&statement).await.context(&format!("drop the database {name}"))
}

/// Opens a superuser's connection, if the cluster runs with its pooler or standby.
pub(super) async fn superuser(cluster: &Cluster) -> Result<Option<(Client, u16)>> {
    let Some(port) = Shape::selected()?.running_port(cluster) else { return Ok(None) };
    Ok(Some((connect(&cluster.superuser_url(port, "postgres")).await?, port)))
}
