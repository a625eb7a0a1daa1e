//! PostgreSQL and services for tests.
//!
//! One cluster serves all tests of this checkout. It is started by the first that needs it and stays until
//! `local-stack stop-tests`. Each test has a database of its own, cloned from a template that is migrated and, for
//! auth-service, holds a signing key. Everything here is safe to use from many processes and threads at once.
//!
//! `LATCHKEY_TEST_DATABASE` chooses how services reach the databases of a run: `direct` (as without it), `pooler`
//! (through PgBouncer, which pools by transaction) or `standby` (the cluster is a primary with a synchronous standby, and
//! URLs name both, the standby first). Owners and superusers always connect to the primary itself.
//!
//! What a test cannot go on without panics here instead of returning an error: that is how a test fails.

mod configuration;
mod database;
mod pooler;
mod ports;
mod private;
mod replicated;
mod round_trips;
mod services;
mod shape;
mod shared;
mod silence;
mod skipped;
mod template;
mod tls;
mod wording;

pub use configuration::configuration_faults;
pub use database::{Database, ServiceSecrets, TestDatabase};
pub use pooler::Pooler;
pub use ports::free_port;
pub use private::{PrivateCluster, private_cluster};
pub use replicated::{ReplicatedCluster, replicated_cluster};
pub use round_trips::CountedDatabase;
pub use services::{AUDIENCE, ISSUER, auth_env, auth_service, task_env, task_service};
pub use shape::only_direct;
pub use shared::{secrets, stop};
pub use silence::SilentDatabase;
pub use skipped::report_skipped;
pub use tls::{TlsCluster, tls_cluster};
pub use wording::wording_faults;

pub use crate::pgbouncer::{PoolMode, PoolerOptions};
pub use crate::workspace::build_binaries;

use crate::error::Result;

/// The value, or the end of the test.
#[expect(clippy::panic, reason = "a test fails by panicking, and this runs in tests alone")]
#[track_caller]
fn must<T>(outcome: Result<T>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// Waits, in a `drop`, for something asynchronous: on a thread with a runtime of its own, because this one may be
/// inside a runtime already, or panicking. What fails here is left behind for the next test process to sweep.
fn block_in_drop(work: impl Future<Output = Result<()>> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let _ = runtime.map(|runtime| runtime.block_on(work));
    });
    let _ = thread.join();
}
