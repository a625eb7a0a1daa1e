//! The service of passwords.

use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;

use super::hashing::HashPool;
use super::model::PasswordRules;
use super::policy::PasswordPolicy;
use crate::limits::Guesses;
use crate::protocol::cookies::Cookies;
use crate::security_event::SecurityLog;
use crate::sessions::Sessions;
use crate::users::AccountSettings;
use crate::verifications::LinkMailer;

/// Signs users up and in, and checks, changes and resets their passwords.
#[derive(Clone)]
pub struct Passwords {
    /// Connections of this worker.
    pub pool: Pool,
    /// What accounts may do.
    pub accounts: Arc<AccountSettings>,
    /// How long passwords may be.
    pub rules: PasswordRules,
    /// Decides which passwords may be chosen.
    pub policy: Arc<PasswordPolicy>,
    /// Hashes passwords.
    pub hashes: Arc<HashPool>,
    /// Limits guesses.
    pub guesses: Guesses,
    /// Starts and ends sessions.
    pub sessions: Sessions,
    /// Sends links and notices.
    pub mailer: LinkMailer,
    /// Recognizes the browser that signed up.
    pub cookies: Arc<Cookies>,
    /// Records security events.
    pub log: Arc<SecurityLog>,
    /// The time.
    pub clock: SharedClock,
}
