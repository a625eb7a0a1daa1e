//! What the handlers work with: made once at the start, passed, never global.

use std::sync::Arc;

use deadpool_postgres::Pool;
use jiff::SignedDuration;
use shared_claims::SharedClock;

use crate::keys::KeyRing;
use crate::passwords::HashPool;
use crate::protocol::cookies::Cookies;
use crate::protocol::origin::TrustedOrigins;
use crate::tokens::TokenSettings;

/// Everything a request can need. Clones share all of it.
#[derive(Clone)]
pub struct State {
    /// Connections to the `auth` database, as the service role; each worker thread has a pool of its own.
    pub pool: Pool,
    /// What signs tokens.
    pub keys: Arc<KeyRing>,
    /// What hashes passwords.
    pub passwords: Arc<HashPool>,
    /// What reads and writes cookies.
    pub cookies: Arc<Cookies>,
    /// Who may call with credentials.
    pub origins: Arc<TrustedOrigins>,
    /// What time it is.
    pub clock: SharedClock,
    /// Plain values of the configuration.
    pub settings: Arc<Settings>,
}

/// Plain values that handlers read.
pub struct Settings {
    /// How long a remembered session lives after its last extension.
    pub session_ttl: SignedDuration,
    /// What tokens say of themselves.
    pub tokens: TokenSettings,
}
