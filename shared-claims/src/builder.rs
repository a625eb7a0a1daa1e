//! The settings of a verifier, and how one is put together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, Validation};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use url::Url;

use crate::clock::{SharedClock, SystemClock};
use crate::error::BuildError;
use crate::header::TokenType;
use crate::keys::KeyStore;
use crate::refresh::Refresher;
use crate::remote::RemoteJwks;
use crate::verifier::{Inner, Verifier};

/// Largest clock skew that can be set: past this it is not tolerance but a longer life for every token.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(300);

/// The settings of a [`Verifier`]; made by [`Verifier::builder`].
#[derive(Clone)]
pub struct VerifierBuilder {
    issuer: String,
    audience: String,
    jwks_url: Option<String>,
    token_type: String,
    clock_skew: Duration,
    refresh_interval: Duration,
    cooldown: Duration,
    max_age: Duration,
    fetch_timeout: Duration,
    max_body: usize,
    clock: SharedClock,
}

impl VerifierBuilder {
    pub(crate) fn new(issuer: String, audience: String) -> Self {
        Self {
            issuer,
            audience,
            jwks_url: None,
            token_type: "at+jwt".to_owned(),
            clock_skew: Duration::from_secs(30),
            refresh_interval: Duration::from_secs(5 * 60),
            cooldown: Duration::from_secs(10),
            max_age: Duration::from_secs(24 * 60 * 60),
            fetch_timeout: Duration::from_secs(5),
            max_body: 256 * 1024,
            clock: Arc::new(SystemClock),
        }
    }

    /// Where the key set is published, `http` or `https`. Default: `{issuer}/.well-known/jwks.json`.
    ///
    /// Whoever can change what this URL answers can make tokens: use `https` across a network that others share.
    #[must_use]
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = Some(url.into());
        self
    }

    /// The `typ` a token must have. Default: `at+jwt` (RFC 9068). Case and a leading `application/` do not matter.
    #[must_use]
    pub fn token_type(mut self, typ: impl Into<String>) -> Self {
        self.token_type = typ.into();
        self
    }

    /// How far apart the issuer's clock and this one may be; at most 5 minutes. Default: 30 seconds, plenty for
    /// machines that keep their time by NTP and little beside a token's life of 15 minutes.
    #[must_use]
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Time between two fetches of the key set while all is well. Default: 5 minutes.
    #[must_use]
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.refresh_interval = interval;
        self
    }

    /// Least time between two fetches, whatever asks for the second: the schedule, a failure, or any number of
    /// unknown key ids. Also the time after which a failed fetch is tried again. Default: 10 seconds.
    #[must_use]
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// How long the last good key set serves while no newer one can be had. Default: 24 hours.
    ///
    /// It bounds two things: how long this service outlives its issuer's absence, and how long a key that was
    /// withdrawn can still be used against a service that is cut off from the issuer.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Time for one whole fetch. Default: 5 seconds.
    #[must_use]
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = timeout;
        self
    }

    /// Largest key set that is read, in bytes. Default: 256 KiB.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// The clock that `exp`, `nbf`, `iat` and the age of the key set are judged by. Default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the verifier and starts its background task, which fetches the key set at once. It does not wait
    /// for it: see [`Verifier::wait_ready`].
    ///
    /// The task runs in the tokio runtime this is called in, which has to live as long as the verifier and to
    /// have I/O and time enabled (those of `#[tokio::main]` and `#[actix_web::main]` do).
    ///
    /// # Errors
    ///
    /// If a setting cannot work, the URL cannot be read, there is no runtime, or no HTTP client can be had.
    pub fn build(self) -> Result<Verifier, BuildError> {
        let runtime = Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let token_type = TokenType::new(&self.token_type);
        self.check(&token_type)?;
        let max_age = signed(self.max_age, "max_age")?;
        let clock_skew = signed(self.clock_skew, "clock_skew")?;
        let url = self.url()?;
        // Which of its cryptographic back ends jsonwebtoken uses is a setting of the process; another crate's
        // features could leave it without one. A choice that was made before stands.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();

        let remote = RemoteJwks::new(url.clone(), self.fetch_timeout, self.max_body)?;
        let store = Arc::new(KeyStore::new(max_age));
        let fetches = Arc::new(AtomicU64::new(0));
        let (nudge, nudges) = mpsc::channel(1);
        let refresher = Refresher {
            remote,
            store: Arc::clone(&store),
            clock: Arc::clone(&self.clock),
            fetches: Arc::clone(&fetches),
            nudges,
            interval: self.refresh_interval,
            cooldown: self.cooldown,
        };
        let inner = Inner {
            token_type,
            validation: validation(&self.issuer, &self.audience),
            clock_skew,
            clock: self.clock,
            store,
            fetches,
            nudge,
            refresher: runtime.spawn(refresher.run()),
            jwks_url: url,
        };
        Ok(Verifier::new(inner))
    }

    fn check(&self, token_type: &TokenType) -> Result<(), BuildError> {
        let rules = [
            (!self.issuer.is_empty(), "issuer", "must not be empty"),
            (!self.audience.is_empty(), "audience", "must not be empty"),
            (!token_type.is_empty(), "token_type", "must not be empty"),
            (self.clock_skew <= MAX_CLOCK_SKEW, "clock_skew", "must be 5 minutes or less"),
            (!self.refresh_interval.is_zero(), "refresh_interval", "must be longer than nothing"),
            (!self.cooldown.is_zero(), "cooldown", "must be longer than nothing"),
            (!self.fetch_timeout.is_zero(), "fetch_timeout", "must be longer than nothing"),
            (self.max_age >= self.refresh_interval, "max_age", "must not be shorter than refresh_interval"),
            (self.max_body > 0, "max_body", "must be more than nothing"),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            Some((_, setting, rule)) => Err(BuildError::Setting { setting, rule }),
            None => Ok(()),
        }
    }

    fn url(&self) -> Result<Url, BuildError> {
        let default = || format!("{}/.well-known/jwks.json", self.issuer.trim_end_matches('/'));
        let url = Url::parse(&self.jwks_url.clone().unwrap_or_else(default))?;
        let refuse = |rule| Err(BuildError::Setting { setting: "jwks_url", rule });
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("must begin with http:// or https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("must not contain credentials; public keys need none, and the URL is logged");
        }
        Ok(url)
    }
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// What jsonwebtoken is to check besides the signature.
///
/// Its checks of time are off, since they read the system's clock; `exp` is required by the type of the payload.
/// Without the list of required claims a token that lacks `iss`, `aud` or `sub` would pass.
fn validation(issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["iss", "aud", "sub"]);
    validation
}

fn signed(duration: Duration, setting: &'static str) -> Result<SignedDuration, BuildError> {
    SignedDuration::try_from(duration).map_err(|_| BuildError::Setting { setting, rule: "is too long" })
}
