use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;

use crate::keys::KeyEncryptionKeys;
use crate::protocol::cookies::Cookies;
use crate::protocol::origin::TrustedOrigins;
use crate::providers::Providers;
use crate::security_event::SecurityLog;
use crate::sessions::Sessions;
use crate::users::AccountSettings;
use crate::verifications::LinkMailer;

/// Signs users in by identity providers, and keeps their accounts there.
#[derive(Clone)]
pub struct Social {
    pub pool: Pool,
    pub providers: Providers,
    pub accounts: Arc<AccountSettings>,
    pub sessions: Sessions,
    pub mailer: LinkMailer,
    pub cookies: Arc<Cookies>,
    pub origins: Arc<TrustedOrigins>,
    /// Encrypts the tokens of providers and what a callback needs.
    pub encryption: Arc<KeyEncryptionKeys>,
    pub log: Arc<SecurityLog>,
    pub clock: SharedClock,
}
