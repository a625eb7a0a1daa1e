use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;

use super::hashing::HashPool;
use super::model::PasswordRules;
use super::policy::PasswordPolicy;
use crate::limits::PasswordAttempts;
use crate::protocol::cookies::Cookies;
use crate::security_event::SecurityLog;
use crate::sessions::Sessions;
use crate::users::AccountSettings;
use crate::verifications::LinkMailer;

/// Signs users up and in, and verifies, changes and resets their passwords.
#[derive(Clone)]
pub struct Passwords {
    pub pool: Pool,
    pub accounts: Arc<AccountSettings>,
    pub rules: PasswordRules,
    pub policy: Arc<PasswordPolicy>,
    pub hashes: Arc<HashPool>,
    pub attempts: PasswordAttempts,
    pub sessions: Sessions,
    pub mailer: LinkMailer,
    pub cookies: Arc<Cookies>,
    pub log: Arc<SecurityLog>,
    pub clock: SharedClock,
}
