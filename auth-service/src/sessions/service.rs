use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;

use super::model::SessionSettings;
use crate::email::Outbox;
use crate::limits::Devices;
use crate::protocol::cookies::Cookies;
use crate::protocol::origin::TrustedOrigins;
use crate::second_factors::SecondFactors;
use crate::security_event::SecurityLog;
use crate::status_lists::StatusLists;
use crate::tokens::Tokens;
use crate::users::AccountSettings;

/// Starts, finds and ends sessions, and sends them to their devices.
#[derive(Clone)]
pub struct Sessions {
    /// The connections of this worker.
    pub pool: Pool,
    pub settings: SessionSettings,
    pub accounts: Arc<AccountSettings>,
    pub cookies: Arc<Cookies>,
    /// Where the page that asks for a second factor may be.
    pub origins: Arc<TrustedOrigins>,
    /// Marks the devices that sign in.
    pub devices: Arc<Devices>,
    pub tokens: Arc<Tokens>,
    pub lists: Arc<StatusLists>,
    /// What decides who needs a second factor.
    pub factors: Arc<SecondFactors>,
    /// For notices of new devices. `None` if mail is off.
    pub outbox: Option<Arc<Outbox>>,
    pub log: Arc<SecurityLog>,
    pub clock: SharedClock,
}
