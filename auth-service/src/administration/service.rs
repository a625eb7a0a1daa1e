use service_kit::database::Pool;
use shared_claims::SharedClock;

/// Acts on users for the operator.
pub struct Administration {
    /// The database, as the service role.
    pub pool: Pool,
    /// The clock.
    pub clock: SharedClock,
}
