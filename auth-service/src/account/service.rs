use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;

use crate::passwords::Passwords;
use crate::security_event::SecurityLog;
use crate::sessions::Sessions;
use crate::users::AccountSettings;
use crate::verifications::LinkMailer;

pub struct Accounts {
    pub pool: Pool,
    pub settings: Arc<AccountSettings>,
    /// Checks passwords and completes sign-ups.
    pub passwords: Passwords,
    pub sessions: Sessions,
    pub mailer: LinkMailer,
    pub log: Arc<SecurityLog>,
    pub clock: SharedClock,
}
