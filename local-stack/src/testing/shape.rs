//! How services reach their databases, selected for a whole test run.

use super::database::Database;
use super::outcome::must;
use super::skipped::report_skipped;
use crate::cluster::{Cluster, ClusterLock};
use crate::error::{Error, Result};
use crate::pgbouncer::PoolerOptions;

/// The environment variable that selects it.
const VARIABLE: &str = "LATCHKEY_TEST_DATABASE";

/// The connection from a service to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Directly to PostgreSQL.
    Direct,
    /// Directly, to a database of task-service with the definition of `act_as` that Citus needs.
    Citus,
    /// Through PgBouncer in transaction mode.
    Pooler,
    /// To the primary among a primary and its synchronous standby.
    Standby,
}

impl Shape {
    /// Returns the one that the environment selects.
    ///
    /// # Errors
    /// If the value is unknown.
    pub(super) fn selected() -> Result<Self> {
        let name = std::env::var_os(VARIABLE).unwrap_or_default();
        Self::named(&name.to_string_lossy())
    }

    fn named(name: &str) -> Result<Self> {
        match name {
            "" | "direct" => Ok(Self::Direct),
            "citus" => Ok(Self::Citus),
            "pooler" => Ok(Self::Pooler),
            "standby" => Ok(Self::Standby),
            other => Err(Error::Refused(format!(
                "{VARIABLE} is {other:?}. Set it to direct, citus, pooler or standby"
            ))),
        }
    }

    /// The directory of the shared cluster. A primary needs settings that a cluster without a standby must not have.
    pub(super) fn directory(self) -> &'static str {
        match self {
            Self::Direct | Self::Citus | Self::Pooler => "test-postgres",
            Self::Standby => "test-postgres-replicated",
        }
    }

    /// The cluster's port, if the cluster runs with its pooler or standby.
    pub(super) fn running_port(self, cluster: &Cluster) -> Option<u16> {
        let port = cluster.running_port()?;
        let complete = match self {
            Self::Direct | Self::Citus => true,
            Self::Pooler => cluster.pooler().running_port(port).is_some(),
            Self::Standby => cluster.running_standby(port).is_some(),
        };
        complete.then_some(port)
    }

    /// Starts the cluster with its pooler or standby unless they run, and returns the cluster's port.
    ///
    /// # Errors
    /// If a program is not installed or does not start.
    pub(super) async fn start(self, cluster: &Cluster, lock: &ClusterLock) -> Result<u16> {
        if let Some(port) = self.running_port(cluster) {
            return Ok(port);
        }
        if self == Self::Standby {
            cluster.require_standby()?;
        }
        let port = cluster.start(lock).await?;
        match self {
            Self::Direct | Self::Citus => {}
            Self::Pooler => drop(cluster.pooler().start(port, PoolerOptions::default()).await?),
            Self::Standby => drop(cluster.start_standby(lock, port).await?),
        }
        Ok(port)
    }

    /// Returns the database with the service's URL for this shape.
    ///
    /// # Errors
    /// If the pooler or the standby has stopped.
    pub(super) fn route(self, database: Database) -> Result<Database> {
        let (cluster, port) = (database.cluster(), database.server_port());
        let stopped = |what: &str| Error::Refused(format!("{what} of the tests' PostgreSQL has stopped"));
        match self {
            Self::Direct | Self::Citus => Ok(database),
            Self::Pooler => {
                let pooler = cluster.pooler().running_port(port).ok_or_else(|| stopped("the pooler"))?;
                Ok(database.through_pooler(pooler))
            }
            Self::Standby => {
                let standby = cluster.running_standby(port).ok_or_else(|| stopped("the standby"))?;
                Ok(database.on_servers(&[standby, port]))
            }
        }
    }
}

/// Whether services connect to their databases directly in this run. If not, reports that the calling test is skipped
/// for this reason. The test must then return:
///
/// ```no_run
/// # use local_stack::testing;
/// if !testing::only_direct("a pooler adds round trips of its own") {
///     return;
/// }
/// ```
///
/// # Panics
/// If the value in the environment is unknown.
pub fn only_direct(reason: &str) -> bool {
    let is_direct = matches!(must(Shape::selected()), Shape::Direct | Shape::Citus);
    if !is_direct {
        let value = std::env::var(VARIABLE).unwrap_or_default();
        report_skipped(&format!("{reason}, so a test does not run with {VARIABLE}={value}."));
    }
    is_direct
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_shape_is_refused_by_name() {
        assert_eq!(Shape::named("").unwrap(), Shape::Direct);
        assert_eq!(Shape::named("standby").unwrap(), Shape::Standby);
        let error = Shape::named("poolr").unwrap_err().to_string();
        assert!(error.contains(VARIABLE) && error.contains("poolr") && error.contains("pooler"), "{error}");
    }
}
