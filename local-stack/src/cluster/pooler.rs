//! PgBouncer in front of a cluster.

use std::path::PathBuf;

use super::Cluster;
use crate::pgbouncer::PgBouncer;

impl Cluster {
    /// The pooler in the cluster's own directory. It is stopped and removed with the cluster.
    pub(crate) fn pooler(&self) -> PgBouncer {
        self.pooler_in(self.root.join("pooler"))
    }

    /// A pooler in another directory, for the cluster's four roles.
    pub(crate) fn pooler_in(&self, directory: PathBuf) -> PgBouncer {
        let roles = ["auth_owner", "auth_service", "tasks_owner", "tasks_service"];
        let roles = roles.map(|role| (role, self.secrets.role_password(role)));
        PgBouncer::new(directory, self.account.clone(), &roles)
    }
}
