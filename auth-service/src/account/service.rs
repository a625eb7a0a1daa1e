//! The service of accounts.

use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;

use crate::passwords::Passwords;
use crate::security_event::SecurityLog;
use crate::sessions::Sessions;
use crate::users::AccountSettings;
use crate::verifications::LinkMailer;

/// Changes and deletes accounts for their users.
pub struct Accounts {
    /// Connections of this worker.
    pub pool: Pool,
    /// What accounts may do.
    pub settings: Arc<AccountSettings>,
    /// Checks passwords, and completes sign-ups.
    pub passwords: Passwords,
    /// Starts and ends sessions.
    pub sessions: Sessions,
    /// Sends links and notices.
    pub mailer: LinkMailer,
    /// Records security events.
    pub log: Arc<SecurityLog>,
    /// The time.
    pub clock: SharedClock,
}
