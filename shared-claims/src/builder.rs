//! The settings of a verifier.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{SharedClock, SystemClock};
use crate::diagnostics::{Diagnostics, LogDiagnostics};

/// The settings of the status lists.
#[derive(Clone)]
pub(crate) struct StatusSettings {
    pub(crate) url: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) interval: Duration,
    pub(crate) max_stale: Duration,
}

impl Default for StatusSettings {
    fn default() -> Self {
        Self {
            url: None,
            prefix: None,
            interval: Duration::from_secs(1),
            max_stale: Duration::from_secs(15 * 60 + 30),
        }
    }
}

/// The settings of a [`Verifier`](crate::Verifier); made by [`Verifier::builder`](crate::Verifier::builder).
#[derive(Clone)]
pub struct VerifierBuilder {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) jwks_url: Option<String>,
    pub(crate) token_type: String,
    pub(crate) clock_skew: Duration,
    pub(crate) refresh_interval: Duration,
    pub(crate) cooldown: Duration,
    pub(crate) max_age: Duration,
    pub(crate) fetch_timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) status: Option<StatusSettings>,
    pub(crate) clock: SharedClock,
    pub(crate) diagnostics: Arc<dyn Diagnostics>,
    pub(crate) compares_settings: bool,
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
            status: Some(StatusSettings::default()),
            clock: Arc::new(SystemClock),
            diagnostics: Arc::new(LogDiagnostics),
            compares_settings: false,
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
    ///
    /// Until the first fetch succeeds, failed ones are retried sooner: after at most 0.2 seconds, then after waits that
    /// double up to this one.
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

    /// Where the status lists are published, `http` or `https`: this URL names them all, and list 7 is at `{url}/7`.
    /// Default: `{issuer}/.well-known/status-lists`.
    #[must_use]
    pub fn status_list_url(mut self, url: impl Into<String>) -> Self {
        self.status_mut().url = Some(url.into());
        self
    }

    /// What tokens call the status lists, where that differs from how they are reached from here: list 7 is
    /// `{prefix}/7`. Default: `{issuer}/.well-known/status-lists`. Like the issuer it is accepted as written and in its
    /// canonical spelling.
    #[must_use]
    pub fn status_list_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.status_mut().prefix = Some(prefix.into());
        self
    }

    /// Longest time between two fetches of a status list while all is well: how soon a revoked token is refused.
    /// Default: 1 second. What has not changed is an answer without a body.
    #[must_use]
    pub fn status_interval(mut self, interval: Duration) -> Self {
        self.status_mut().interval = interval;
        self
    }

    /// How long the last good status list serves while the issuer does not confirm it. Default: 15 minutes and 30
    /// seconds, the life of a token and the clock skew; so with the issuer away, tokens that are out go on working
    /// until they expire.
    ///
    /// It bounds how long a token that was revoked can still be used against a service that is cut off from the issuer.
    #[must_use]
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.status_mut().max_stale = max_stale;
        self
    }

    /// Looks for no revoked tokens: for an issuer that publishes no status lists. What a token says of its status is
    /// not looked at then.
    #[must_use]
    pub fn without_status_lists(mut self) -> Self {
        self.status = None;
        self
    }

    /// The clock that `exp`, `nbf`, `iat` and the age of what was fetched are judged by, and that the waits between
    /// fetches go by. Default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Receives what the verifier notices about settings that do not fit those of the issuer. Default: [`LogDiagnostics`].
    #[must_use]
    pub fn diagnostics(mut self, diagnostics: impl Diagnostics) -> Self {
        self.diagnostics = Arc::new(diagnostics);
        self
    }

    /// Compares issuer, audience and token type with what the issuer publishes in its metadata (RFC 8414), and reports
    /// differences as [`Mismatch`](crate::Mismatch). Default: no comparison.
    ///
    /// It happens once, in the background. An issuer that is away is asked again until it answers, and one that publishes
    /// no such metadata is left alone; neither changes whether tokens are accepted. Only the host of the key set is asked.
    #[must_use]
    pub fn compare_settings(mut self) -> Self {
        self.compares_settings = true;
        self
    }

    /// Asking for something of the lists is asking for lists.
    fn status_mut(&mut self) -> &mut StatusSettings {
        self.status.get_or_insert_default()
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
