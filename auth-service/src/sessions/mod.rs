//! Sessions: who is signed in on which device, until when.

mod change;
mod current;
mod devices;
mod handlers;
mod model;
mod starting;
mod store;
mod token;

use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;
use utoipa_actix_web::service_config::ServiceConfig;

pub use change::sync_cookies;
pub use current::{Fresh, MaybeSignedIn, SignedIn, WithBody};
pub use model::{Device, Session, SessionSettings, Times};
pub use starting::Started;
pub use store::{end_all, hold};

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

/// Adds `sign-out`, `get-session`, `update-session`, `token`, `list-sessions` and the endpoints that revoke sessions.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_out)
        .service(handlers::get_session)
        .service(handlers::post_session)
        .service(handlers::update_session)
        .service(token::token)
        .service(devices::list_sessions)
        .service(devices::revoke_session)
        .service(devices::revoke_sessions)
        .service(devices::revoke_other_sessions);
}
