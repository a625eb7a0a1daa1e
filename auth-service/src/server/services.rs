//! Creates the services: once for the process and, if they use database connections, once for each worker.

use std::num::NonZeroUsize;
use std::sync::Arc;

use actix_web::web::Data;
use jiff::SignedDuration;
use service_kit::database::Pool;
use shared_claims::{SharedClock, canonical_url};
use utoipa_actix_web::service_config::ServiceConfig;

use super::StartError;
use super::routes::protocol_paths;
use crate::account::Accounts;
use crate::capabilities::{Capabilities, MailSupport};
use crate::codes::Codes;
use crate::config::Config;
use crate::diagnosis::Diagnosis;
use crate::email::{Mailer, Outbox};
use crate::email_otp::EmailOtp;
use crate::email_sign_in::EmailSignIn;
use crate::keys::{KeyEncryptionKeys, KeyRing};
use crate::limits::{Devices, Limits, PasswordAttempts, RateLimiter, RateRules};
use crate::magic_link::MagicLinks;
use crate::passwords::{HashPool, PasswordPolicy, PasswordRules, Passwords};
use crate::protocol::cookies::Cookies;
use crate::protocol::disabled_paths::DisabledPaths;
use crate::protocol::issuer_path::IssuerPath;
use crate::protocol::origin::TrustedOrigins;
use crate::providers::Providers;
use crate::second_factors::SecondFactors;
use crate::security_event::SecurityLog;
use crate::sessions::{SessionSettings, Sessions};
use crate::social::Social;
use crate::status_lists::StatusLists;
use crate::tokens::{Discovery, TokenSettings, Tokens};
use crate::two_factor::TwoFactor;
use crate::users::AccountSettings;
use crate::verifications::{LinkLifetimes, LinkMailer, Links};
use crate::webhooks::Receiver;

/// The parts of the services that depend on the configuration only.
pub struct Configured {
    pub encryption: Arc<KeyEncryptionKeys>,
    pub mailer: Option<Arc<Mailer>>,
    pub outbox: Option<Arc<Outbox>>,
    pub webhooks: Option<Arc<Receiver>>,
    pub origins: Arc<TrustedOrigins>,
    pub disabled_paths: DisabledPaths,
    pub tokens: TokenSettings,
    sessions: SessionSettings,
    factors: Arc<SecondFactors>,
    accounts: Arc<AccountSettings>,
    rules: PasswordRules,
    policy: Arc<PasswordPolicy>,
    cookies: Arc<Cookies>,
    limits: Option<Arc<Limits>>,
    rate_rules: Arc<RateRules>,
    links: Links,
    link_lifetimes: LinkLifetimes,
    pub log: Arc<SecurityLog>,
    providers: Providers,
    magic_links: Option<SignedDuration>,
    codes: Codes,
    has_codes: bool,
    capabilities: Arc<Capabilities>,
    diagnosis: Arc<Diagnosis>,
    clock: SharedClock,
}

impl Configured {
    /// Checks the configuration.
    pub fn new(config: &Config, clock: SharedClock) -> Result<Self, StartError> {
        config.check_identity()?;
        let (secrets, encryption) = (config.auth_secrets()?, Arc::new(config.key_encryption_keys()?));
        let cookies = config.sessions.cookies(&config.base_url)?;
        let mailer = config.mail.mailer(&config.base_url)?.map(Arc::new);
        let product = match &mailer {
            Some(mailer) => mailer.sender.product(),
            None => config.base_url.host_str().unwrap_or_default(),
        };
        let policy = Arc::new(config.passwords.policy(product)?);
        config.routes.check(&protocol_paths())?;
        let limits = config.rate_limit_enabled.then(|| Arc::new(Limits::new(secrets.derive("limits"))));
        let notices = &config.mail.notification_mails;
        let outbox = mailer
            .is_some()
            .then(|| Arc::new(Outbox::new(Arc::clone(&encryption), limits.clone(), notices.clone())));
        let usernames = config.usernames.rules(&config.accounts.user_fields)?;
        let two_factor = config.second_factors.two_factor_enabled;
        let accounts = config.accounts.settings(outbox.is_some(), two_factor, usernames)?;
        let rules = config.passwords.rules()?;
        let factors = SecondFactors {
            settings: config.second_factors.settings(product, &accounts.fields)?,
            encryption: Arc::clone(&encryption),
            code_key: secrets.derive("second factor codes"),
        };
        let disabled_paths = config.routes.disabled_paths.clone();
        let providers = config.social.providers()?;
        config.email_sign_in.check_mail(outbox.is_some())?;
        config.email_sign_in.check_poll_interval(config.mail.mail_poll_interval)?;
        let magic_links = config.email_sign_in.magic_links();
        let codes = config.email_sign_in.codes(secrets.derive("email codes"));
        let mail = MailSupport {
            is_on: outbox.is_some(),
            magic_links: magic_links.is_some(),
            codes: config.email_sign_in.email_otp_enabled,
        };
        let capabilities =
            Capabilities::new((&accounts, &factors.settings), rules, &providers, mail, &disabled_paths);
        let proxies = config.trusted_proxies.clone().with_headers(config.client_address_headers.clone());
        let base_url = canonical_url(&config.base_url).to_owned();
        let diagnosis = Diagnosis::new((&secrets).into(), proxies.clone(), base_url, Arc::clone(&clock));
        Ok(Self {
            encryption,
            mailer,
            outbox,
            webhooks: config.webhooks.receiver()?.map(Arc::new),
            origins: Arc::new(TrustedOrigins::new(&config.base_url, &config.trusted_origins)),
            disabled_paths,
            tokens: config.tokens.settings(&config.base_url, &accounts.fields)?,
            sessions: config.sessions.settings(),
            factors: Arc::new(factors),
            accounts: Arc::new(accounts),
            rules,
            policy,
            cookies: Arc::new(Cookies::new(secrets, &cookies)),
            limits,
            rate_rules: Arc::new(config.routes.rate_rules()),
            links: Links::new(&config.base_url),
            link_lifetimes: config.links.lifetimes(config.mail.mail_poll_interval)?,
            log: Arc::new(SecurityLog::new(proxies, Arc::clone(&clock))),
            providers,
            magic_links,
            codes,
            has_codes: config.email_sign_in.email_otp_enabled,
            capabilities: Arc::new(capabilities),
            diagnosis: Arc::new(diagnosis),
            clock,
        })
    }
}

/// The parts that all workers share.
#[derive(Clone)]
pub struct Shared {
    configured: Arc<Configured>,
    keys: Arc<KeyRing>,
    lists: Arc<StatusLists>,
    hashes: Arc<HashPool>,
    devices: Arc<Devices>,
    tokens: Arc<Tokens>,
    discovery: Discovery,
}

impl Shared {
    /// Adds the signing keys, the status lists and the threads that hash passwords.
    pub fn new(
        configured: Arc<Configured>,
        config: &Config,
        keys: Arc<KeyRing>,
        lists: Arc<StatusLists>,
    ) -> Result<Self, StartError> {
        let threads =
            config.hash_concurrency.map_or_else(std::thread::available_parallelism, Ok::<NonZeroUsize, _>)?;
        let (settings, clock) = (configured.tokens.clone(), Arc::clone(&configured.clock));
        let is_limited = configured.limits.is_some();
        Ok(Self {
            hashes: Arc::new(HashPool::new(threads, config.passwords.bcrypt_cost)?),
            devices: Arc::new(Devices::new(Arc::clone(&configured.cookies), is_limited)),
            discovery: Discovery::new(&settings, &config.base_url),
            tokens: Arc::new(Tokens::new(settings, Arc::clone(&keys), Arc::clone(&lists), clock)),
            keys,
            lists,
            configured,
        })
    }

    /// Creates the services of a worker, whose connections are `pool`, and registers them for handlers.
    pub fn register(&self, pool: Pool, cfg: &mut ServiceConfig<'_>) {
        let configured = &*self.configured;
        let (log, clock) = (Arc::clone(&configured.log), Arc::clone(&configured.clock));
        let limiter = RateLimiter {
            limits: configured.limits.clone(),
            rules: Arc::clone(&configured.rate_rules),
            pool: pool.clone(),
            log: Arc::clone(&log),
            clock: Arc::clone(&clock),
        };
        let mailer = LinkMailer {
            outbox: configured.outbox.clone(),
            links: configured.links.clone(),
            lifetimes: configured.link_lifetimes,
        };
        let sessions = Sessions {
            pool: pool.clone(),
            settings: configured.sessions,
            accounts: Arc::clone(&configured.accounts),
            cookies: Arc::clone(&configured.cookies),
            origins: Arc::clone(&configured.origins),
            factors: Arc::clone(&configured.factors),
            devices: Arc::clone(&self.devices),
            tokens: Arc::clone(&self.tokens),
            lists: Arc::clone(&self.lists),
            outbox: configured.outbox.clone(),
            log: Arc::clone(&log),
            clock: Arc::clone(&clock),
        };
        let attempts = PasswordAttempts {
            limits: configured.limits.clone(),
            devices: Arc::clone(&self.devices),
            pool: pool.clone(),
            log: Arc::clone(&log),
            clock: Arc::clone(&clock),
        };
        let passwords = Passwords {
            pool: pool.clone(),
            accounts: Arc::clone(&configured.accounts),
            rules: configured.rules,
            policy: Arc::clone(&configured.policy),
            hashes: Arc::clone(&self.hashes),
            attempts,
            sessions: sessions.clone(),
            mailer: mailer.clone(),
            cookies: Arc::clone(&configured.cookies),
            log: Arc::clone(&log),
            clock: Arc::clone(&clock),
        };
        let social = Social {
            pool: pool.clone(),
            providers: configured.providers.clone(),
            accounts: Arc::clone(&configured.accounts),
            sessions: sessions.clone(),
            mailer: mailer.clone(),
            cookies: Arc::clone(&configured.cookies),
            origins: Arc::clone(&configured.origins),
            encryption: Arc::clone(&configured.encryption),
            log: Arc::clone(&log),
            clock: Arc::clone(&clock),
        };
        let two_factor = TwoFactor {
            pool: pool.clone(),
            factors: Arc::clone(&configured.factors),
            accounts: Arc::clone(&configured.accounts),
            passwords: passwords.clone(),
            sessions: sessions.clone(),
            mailer: mailer.clone(),
            log: Arc::clone(&log),
            clock: Arc::clone(&clock),
        };
        let sign_in = EmailSignIn {
            accounts: Arc::clone(&configured.accounts),
            sessions: sessions.clone(),
            log: Arc::clone(&log),
        };
        let magic_links = MagicLinks {
            lifetime: configured.magic_links,
            pool: pool.clone(),
            sign_in: sign_in.clone(),
            mailer: mailer.clone(),
            cookies: Arc::clone(&configured.cookies),
            origins: Arc::clone(&configured.origins),
            log: Arc::clone(&log),
            clock: Arc::clone(&clock),
        };
        let email_otp = EmailOtp {
            codes: configured.codes.clone(),
            enabled: configured.has_codes,
            sign_in,
            passwords: passwords.clone(),
        };
        let accounts = Accounts {
            pool,
            settings: Arc::clone(&configured.accounts),
            passwords: passwords.clone(),
            sessions: sessions.clone(),
            mailer,
            log: Arc::clone(&log),
            clock,
        };
        cfg.app_data(Data::from(Arc::clone(&configured.origins)))
            .app_data(Data::from(log))
            .app_data(Data::new(configured.disabled_paths.clone()))
            .app_data(Data::new(IssuerPath(self.discovery.issuer_path().to_owned())))
            .app_data(Data::from(Arc::clone(&configured.capabilities)))
            .app_data(Data::from(Arc::clone(&configured.diagnosis)))
            .app_data(Data::from(Arc::clone(&self.keys)))
            .app_data(Data::from(Arc::clone(&self.lists)))
            .app_data(Data::new(self.discovery.clone()))
            .app_data(Data::new(limiter))
            .app_data(Data::new(sessions))
            .app_data(Data::new(passwords))
            .app_data(Data::new(social))
            .app_data(Data::new(two_factor))
            .app_data(Data::new(magic_links))
            .app_data(Data::new(email_otp))
            .app_data(Data::new(accounts));
    }
}
