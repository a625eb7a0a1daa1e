use std::sync::Arc;

use crate::security_event::SecurityLog;
use crate::sessions::Sessions;
use crate::users::AccountSettings;

/// Finds or creates the owner of a mailbox and signs them in.
#[derive(Clone)]
pub struct EmailSignIn {
    pub accounts: Arc<AccountSettings>,
    pub sessions: Sessions,
    pub log: Arc<SecurityLog>,
}
