//! The service of sessions.

use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;

use super::model::SessionSettings;
use crate::limits::Devices;
use crate::protocol::cookies::Cookies;
use crate::security_event::SecurityLog;
use crate::status_lists::StatusLists;
use crate::tokens::Tokens;

/// Starts sessions, finds them, and gives them to their devices.
#[derive(Clone)]
pub struct Sessions {
    /// Connections of this worker.
    pub pool: Pool,
    /// How long sessions live.
    pub settings: SessionSettings,
    /// Reads and sets the session cookie.
    pub cookies: Arc<Cookies>,
    /// Marks the devices that sign in.
    pub devices: Arc<Devices>,
    /// Issues the access tokens.
    pub tokens: Arc<Tokens>,
    /// Where tokens are revoked.
    pub lists: Arc<StatusLists>,
    /// Records security events.
    pub log: Arc<SecurityLog>,
    /// The time.
    pub clock: SharedClock,
}
