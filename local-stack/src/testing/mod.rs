//! PostgreSQL and services for tests.
//!
//! All tests of a checkout share one cluster. The first test that needs it starts it, and it runs until
//! `local-stack stop-tests`. Each test has its own database, cloned from a template that is migrated and, for
//! auth-service, contains a signing key. Everything here can be used concurrently from many processes and threads.
//!
//! `LATCHKEY_TEST_DATABASE` selects how services reach the databases in a run: `direct` (the default), `citus` (directly,
//! with migrations/citus.sql applied to the database of task-service), `pooler` (through PgBouncer in transaction mode) or
//! `standby` (the cluster is a primary with a synchronous standby, and URLs name both, the standby first). Owners and
//! superusers always connect to the primary directly. With `citus`, `LATCHKEY_CITUS_URL` may name a real coordinator, whose
//! database then serves one test of task-service at a time.
//!
//! With `LATCHKEY_TEST_REPLICAS=1` services run as two replicas behind the gateway. `local-stack/tests/one-process.txt`
//! lists the tests that need a single process, and why.
//!
//! Functions panic instead of returning errors if a test cannot continue.

mod citus;
mod configuration;
mod database;
pub mod gateway;
mod identity_provider;
mod migration_steps;
mod names;
mod names_server;
mod outcome;
mod pooler;
mod private;
mod replicas;
mod replicated;
mod round_trips;
mod services;
mod shape;
mod shared;
mod silence;
mod skipped;
mod stop;
mod template;
mod test_database;
mod tls;
mod wording;

pub use configuration::configuration_faults;
pub use database::{Database, ServiceSecrets};
pub use identity_provider::{IdentityProvider, start_provider};
pub use migration_steps::migrate_with_rows;
pub use names_server::Names;
pub use pooler::Pooler;
pub use private::{PrivateCluster, private_cluster, private_cluster_in};
pub use replicated::{ReplicatedCluster, replicated_cluster};
pub use round_trips::CountedDatabase;
pub use services::{AUDIENCE, ISSUER, auth_env, auth_service, task_env, task_service};
pub use shape::only_direct;
pub use shared::secrets;
pub use silence::SilentDatabase;
pub use skipped::report_skipped;
pub use stop::stop;
pub use test_database::TestDatabase;
pub use tls::{TlsCluster, tls_cluster};
pub use wording::wording_faults;

pub use crate::pgbouncer::{PoolMode, PoolerOptions};
pub use crate::ports::free_port;
pub use crate::workspace::build_binaries;
