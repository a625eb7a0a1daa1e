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

/// The settings of a [`Verifier`](crate::Verifier), created by [`Verifier::builder`](crate::Verifier::builder).
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
    pub(crate) remembers_tokens: bool,
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
            remembers_tokens: true,
        }
    }

    /// Where the key set is published, `http` or `https`. Default: `{issuer}/.well-known/jwks.json`.
    ///
    /// Anybody who can change the response of this URL can forge tokens. Use `https` on networks that others share.
    #[must_use]
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = Some(url.into());
        self
    }

    /// The required `typ` of tokens. Default: `at+jwt` (RFC 9068). Case and a leading `application/` are ignored.
    #[must_use]
    pub fn token_type(mut self, typ: impl Into<String>) -> Self {
        self.token_type = typ.into();
        self
    }

    /// Maximum difference between the clocks of issuer and verifier, up to 5 minutes. Default: 30 seconds, which is ample for
    /// machines with NTP and short compared with a token lifetime of 15 minutes.
    #[must_use]
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Time between two successful fetches of the key set. Default: 5 minutes.
    #[must_use]
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.refresh_interval = interval;
        self
    }

    /// Minimum time between two fetches, whatever triggers the second: the schedule, a failure, or any number of unknown key
    /// ids. A failed fetch is retried after this time. Default: 10 seconds.
    ///
    /// Until the first fetch succeeds, failed fetches are retried sooner: after at most 0.2 seconds, then with exponential
    /// backoff up to the cooldown.
    #[must_use]
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// How long the last good key set is used while it cannot be refreshed. Default: 24 hours.
    ///
    /// It limits how long this service works while the issuer is unavailable, and how long a withdrawn key remains usable
    /// against a service that is cut off from the issuer.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Timeout of a fetch. Default: 5 seconds.
    #[must_use]
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = timeout;
        self
    }

    /// Maximum size of the key set, in bytes. Default: 256 KiB.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Where the status lists are published, `http` or `https`: this URL returns the list of all lists, and list 7 is at `{url}/7`.
    /// Default: `{issuer}/.well-known/status-lists`.
    #[must_use]
    pub fn status_list_url(mut self, url: impl Into<String>) -> Self {
        self.status_mut().url = Some(url.into());
        self
    }

    /// The URI prefix of status lists in tokens, if it differs from the URL where they are fetched: list 7 is `{prefix}/7`.
    /// Default: `{issuer}/.well-known/status-lists`. Like the issuer, it is accepted as written and in its canonical
    /// spelling.
    #[must_use]
    pub fn status_list_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.status_mut().prefix = Some(prefix.into());
        self
    }

    /// Maximum time between two successful fetches of a status list, and so the maximum time until a revoked token is refused.
    /// Default: 1 second. A list that has not changed is a response without a body.
    #[must_use]
    pub fn status_interval(mut self, interval: Duration) -> Self {
        self.status_mut().interval = interval;
        self
    }

    /// How long the last good status list is used while the issuer does not confirm it. Default: 15 minutes and 30 seconds,
    /// the lifetime of a token and the clock skew: while the issuer is unavailable, issued tokens work until they expire.
    ///
    /// It limits how long a revoked token remains usable against a service that is cut off from the issuer.
    #[must_use]
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.status_mut().max_stale = max_stale;
        self
    }

    /// Disables the check for revoked tokens, for an issuer that publishes no status lists. The `status` claim of tokens is
    /// then ignored.
    #[must_use]
    pub fn without_status_lists(mut self) -> Self {
        self.status = None;
        self
    }

    /// Checks the signature of every token every time. Default: the verifier remembers the SHA-256 digests and claims of up to
    /// 4,096 tokens that it has verified, until the key set changes, and checks only expiry and status list when one of them
    /// comes again.
    #[must_use]
    pub fn without_token_cache(mut self) -> Self {
        self.remembers_tokens = false;
        self
    }

    /// The clock for `exp`, `nbf`, `iat`, the age of fetched documents and the waits between fetches. Default: the system
    /// clock.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Receives reports about settings that do not match those of the issuer. Default: [`LogDiagnostics`].
    #[must_use]
    pub fn diagnostics(mut self, diagnostics: impl Diagnostics) -> Self {
        self.diagnostics = Arc::new(diagnostics);
        self
    }

    /// Compares issuer, audience and token type with what the issuer publishes in its metadata (RFC 8414), and reports
    /// differences as [`Mismatch`](crate::Mismatch). Default: no comparison.
    ///
    /// It happens once, in the background. If the issuer is unavailable, it is retried until the issuer responds; if it
    /// publishes no such metadata, nothing is compared. Neither affects whether tokens are accepted. Only the host of the key
    /// set is contacted.
    #[must_use]
    pub fn compare_settings(mut self) -> Self {
        self.compares_settings = true;
        self
    }

    /// Enables status lists: each of their setters does.
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
