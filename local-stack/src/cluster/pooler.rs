//! PgBouncer in front of a cluster.

use std::path::PathBuf;

use super::definition::Cluster;
use crate::pgbouncer::PgBouncer;
use crate::secrets::ROLES;

impl Cluster {
    /// Returns the pooler in the cluster's directory. It is stopped and removed with the cluster.
    pub(crate) fn pooler(&self) -> PgBouncer {
        self.pooler_in(self.root.join("pooler"))
    }

    /// Returns a pooler in another directory, for the cluster's four roles.
    pub(crate) fn pooler_in(&self, directory: PathBuf) -> PgBouncer {
        let roles = ROLES.map(|role| (role, self.secrets.role_password(role)));
        PgBouncer::new(directory, self.account.clone(), &roles)
    }
}
