//! Opens the connections of a pool, and checks them before they are reused.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult};
use tokio::time::timeout;

use super::connect::{ConnectError, Connector};
use super::exchange::Exchange;
use super::pooler::Pooler;
use super::raw_connection::{Outages, RawConnection};
use crate::store::StoreError;

/// Maximum time to check an idle connection after another one timed out or led to a read-only server. Many round trips
/// fit in, and it is short because several dead connections may be checked one after another.
const PROOF_TIMEOUT: Duration = Duration::from_millis(500);

/// Opens connections, and checks them before they are reused.
pub(super) struct Manager {
    connector: Arc<Connector>,
    pooler: Pooler,
    outages: Arc<Outages>,
}

impl Manager {
    pub(super) fn new(connector: Arc<Connector>, pooler: Pooler) -> Self {
        let outages = Arc::clone(connector.outages());
        Self { connector, pooler, outages }
    }
}

impl managed::Manager for Manager {
    type Type = RawConnection;
    type Error = ConnectError;

    async fn create(&self) -> Result<RawConnection, ConnectError> {
        // Boxed, as below, because it is rare and large: the future of every request would contain its 8 kB.
        let exchange: Exchange = Box::pin(self.connector.open()).await?;
        Ok(RawConnection::new(exchange.with_pooler(self.pooler), Arc::clone(&self.outages)))
    }

    /// Costs no round trip unless there was an outage since this connection was last used. Transactions are never left
    /// half sent, and nothing is set on a connection, so there is nothing to reset.
    async fn recycle(&self, raw: &mut RawConnection, _: &Metrics) -> RecycleResult<ConnectError> {
        if raw.is_closed() {
            return Err(RecycleError::message("the connection is closed"));
        }
        if raw.is_verified() {
            return Ok(());
        }
        let outages = self.outages.count();
        let proof = Box::pin(timeout(PROOF_TIMEOUT, raw.is_read_only()));
        match proof.await {
            Ok(Ok(read_only)) if self.connector.accepts(read_only) => {
                raw.mark_verified(outages);
                Ok(())
            }
            Ok(Ok(_)) => Err(RecycleError::message("the server has become read-only")),
            Ok(Err(_)) | Err(_) => Err(RecycleError::message("the connection does not respond")),
        }
    }
}

impl From<PoolError<ConnectError>> for StoreError {
    fn from(error: PoolError<ConnectError>) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            other => Self::Unavailable(other.into()),
        }
    }
}
