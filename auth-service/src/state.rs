//! What the handlers work with: made once at the start, passed, never global.

use service_kit::database::Pool;
use service_kit::security_log::Throttle;
use std::sync::Arc;

use shared_claims::SharedClock;

use crate::capabilities::Capabilities;
use crate::client_address::TrustedProxies;
use crate::email::Outbox;
use crate::keys::{KeyRing, Metadata};
use crate::limits::Limits;
use crate::limits::RateRules;
use crate::passwords::{HashPool, PasswordPolicy, PasswordRules};
use crate::protocol::cookies::Cookies;
use crate::protocol::disabled_paths::DisabledPaths;
use crate::protocol::origin::TrustedOrigins;
use crate::sessions::SessionSettings;
use crate::status_lists::StatusLists;
use crate::tokens::{TokenCache, TokenSettings};
use crate::verifications::{LinkLifetimes, Links};

/// Everything a request can need. Clones share all of it.
#[derive(Clone)]
pub struct State {
    /// Connections to the `auth` database, as the service role; each worker thread has a pool of its own.
    pub pool: Pool,
    /// What signs tokens.
    pub keys: Arc<KeyRing>,
    /// Tokens that are still good for a while.
    pub tokens: Arc<TokenCache>,
    /// Which tokens are revoked.
    pub status_lists: Arc<StatusLists>,
    /// What this issuer says of itself, if it is reached here.
    pub metadata: Option<Arc<Metadata>>,
    /// What this service can do as it is configured.
    pub capabilities: Arc<Capabilities>,
    /// What hashes passwords.
    pub passwords: Arc<HashPool>,
    /// Decides which passwords may be chosen.
    pub password_policy: Arc<PasswordPolicy>,
    /// What reads and writes cookies.
    pub cookies: Arc<Cookies>,
    /// Who may call with credentials.
    pub origins: Arc<TrustedOrigins>,
    /// Where mail is put; `None` when none can be sent.
    pub outbox: Option<Arc<Outbox>>,
    /// How often clients may call and passwords be guessed; `None` when it does not matter.
    pub limits: Option<Arc<Limits>>,
    /// Limits the security events that anybody can cause at no cost.
    pub throttle: Arc<Throttle>,
    /// What time it is.
    pub clock: SharedClock,
    /// Plain values of the configuration.
    pub settings: Arc<Settings>,
}

/// Plain values that handlers read.
pub struct Settings {
    /// How long sessions live.
    pub sessions: SessionSettings,
    /// Whose word about a client's address is believed.
    pub trusted_proxies: TrustedProxies,
    /// What tokens say of themselves.
    pub tokens: TokenSettings,
    /// How long passwords may be.
    pub passwords: PasswordRules,
    /// What accounts may do.
    pub accounts: AccountSettings,
    /// Where links in mail lead.
    pub links: Links,
    /// How long they are valid.
    pub link_lifetimes: LinkLifetimes,
    /// How often clients may call each path.
    pub rate_rules: RateRules,
    /// The paths that are turned off.
    pub disabled_paths: DisabledPaths,
}

/// What accounts may do.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// Whether strangers may make them.
    pub sign_up: bool,
    /// Whether signing up starts a session.
    pub auto_sign_in: bool,
    /// Whether signing up sends the link that verifies the email.
    pub verify_on_sign_up: bool,
    /// Whether a refused sign-in of an account whose email has to be verified sends it again.
    pub verify_on_sign_in: bool,
    /// Whether verifying an email starts a session in the browser that signed up or proved the password.
    pub auto_sign_in_after_verification: bool,
    /// Whether signing in needs a verified address.
    pub require_verified_email: bool,
    /// Whether a link that verifies an email is enough, whoever follows it and wherever.
    pub verify_email_by_link_alone: bool,
    /// Whether users may delete themselves.
    pub delete_user: bool,
    /// Whether that has to be confirmed by mail.
    pub delete_user_by_mail: bool,
    /// Whether users may change their address.
    pub change_email: bool,
    /// Whether a verified address has to agree to that.
    pub confirm_change_email: bool,
}
