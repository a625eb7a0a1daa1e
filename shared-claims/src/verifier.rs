//! The verifier of access tokens.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::SignedDuration;
use jsonwebtoken::Validation;
use jsonwebtoken::errors::ErrorKind;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use crate::builder::VerifierBuilder;
use crate::claims::{Claims, Payload};
use crate::clock::SharedClock;
use crate::error::{Reason, VerifyError};
use crate::header::{self, TokenType};
use crate::keys::KeyStore;
use crate::metrics;
use crate::refused::RefusalReports;
use crate::status::StatusCheck;

/// Longest token that is looked at, in bytes. Ours have about one thousand.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Verifies access tokens against the key set and the status lists that the issuer publishes.
///
/// Clones are cheap and share what was fetched and the background tasks, which end with the last of them.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

/// What all clones share.
pub(crate) struct Inner {
    pub(crate) token_type: TokenType,
    pub(crate) validation: Validation,
    pub(crate) clock_skew: SignedDuration,
    pub(crate) clock: SharedClock,
    pub(crate) store: Arc<KeyStore>,
    pub(crate) fetches: Arc<AtomicU64>,
    /// Asks the background task for a fetch.
    pub(crate) nudge: mpsc::Sender<()>,
    pub(crate) jwks_url: Url,
    /// `None` if revoked tokens are not looked for.
    pub(crate) status: Option<StatusCheck>,
    pub(crate) status_fetches: Arc<AtomicU64>,
    pub(crate) refusals: RefusalReports,
    /// The background tasks: dropped with this, they end.
    pub(crate) _tasks: JoinSet<()>,
}

impl Verifier {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    #[cfg(fuzzing)]
    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Settings for a verifier of tokens whose `iss` is `issuer` and whose `aud` is or contains `audience`.
    ///
    /// Both are compared byte for byte. An http or https URL is accepted in two spellings: as written here, and in its
    /// canonical form ([`canonical_url`](crate::canonical_url)), which is the one auth-service derives from its
    /// `BASE_URL`. For `https://Auth.Example.com:443/` that is `https://auth.example.com`. No other spelling is
    /// accepted.
    pub fn builder(issuer: impl Into<String>, audience: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder::new(issuer.into(), audience.into())
    }

    /// Checks `token` and gives its claims.
    ///
    /// It takes no lock and does no I/O. A token that names an unknown key is refused, and the background task
    /// is told to look for new keys as soon as its cooldown allows; so it is when a good token names a status list
    /// that is not known.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] if the token is no good: answer 401. [`VerifyError::Unavailable`] if there is no
    /// key set or status list to judge it with, or only one past its maximum age: answer 503. A token that no key
    /// could make good (not a JWT, wrong `alg` or `typ`, too long) is `Invalid` even without keys, and one that no
    /// list could make good (forged, expired) is `Invalid` even without lists.
    pub fn verify(&self, token: &str) -> Result<Claims, VerifyError> {
        let decision = self.decide(token);
        metrics::decided(&decision);
        if let Err(VerifyError::Invalid(reason)) = &decision {
            self.inner.refusals.note(*reason, token);
        }
        decision
    }

    fn decide(&self, token: &str) -> Result<Claims, VerifyError> {
        let inner = &*self.inner;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Reason::TooLong.into());
        }
        let kid = header::key_id(token, &inner.token_type)?;
        let now = inner.clock.now();
        let keys = inner.store.snapshot(now)?;
        let Some(key) = keys.get(&kid) else {
            // A full channel means that the same was asked already.
            let _ = inner.nudge.try_send(());
            return Err(Reason::UnknownKey.into());
        };
        let payload = jsonwebtoken::decode::<Payload>(token, key, &inner.validation)
            .map_err(|error| reason(error.kind()))?
            .claims;
        let (claims, status) = payload.check(now, inner.clock_skew)?;
        if let Some(lists) = &inner.status {
            lists.check(&status, now)?;
        }
        Ok(claims)
    }

    /// Whether tokens can be judged now: a key set and every status list are there, and none is past its maximum age.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let inner = &*self.inner;
        let now = inner.clock.now();
        let lists = inner.status.as_ref().is_none_or(|lists| lists.store.is_ready(now));
        lists && inner.store.snapshot(now).is_ok()
    }

    /// Waits until [`is_ready`](Self::is_ready). With the issuer away this takes as long as it is away, so put a
    /// time-out around it where that matters.
    pub async fn wait_ready(&self) {
        loop {
            let keys = self.inner.store.replaced();
            let lists = self.inner.status.as_ref().map(|lists| lists.store.changed());
            if self.is_ready() {
                return;
            }
            match lists {
                Some(lists) => tokio::select! { () = keys => {}, () = lists => {} },
                None => keys.await,
            }
        }
    }

    /// How many fetches of the key set were begun since the verifier was built.
    #[must_use]
    pub fn fetches(&self) -> u64 {
        self.inner.fetches.load(Ordering::Relaxed)
    }

    /// How many fetches of status lists, and of the list of them, were begun since the verifier was built.
    #[must_use]
    pub fn status_fetches(&self) -> u64 {
        self.inner.status_fetches.load(Ordering::Relaxed)
    }

    /// Where the key set is fetched from.
    #[must_use]
    pub fn jwks_url(&self) -> &Url {
        &self.inner.jwks_url
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("jwks_url", &self.inner.jwks_url.as_str())
            .field("ready", &self.is_ready())
            .finish_non_exhaustive()
    }
}

fn reason(error: &ErrorKind) -> Reason {
    match error {
        ErrorKind::InvalidSignature => Reason::Signature,
        ErrorKind::InvalidIssuer => Reason::Issuer,
        ErrorKind::InvalidAudience => Reason::Audience,
        ErrorKind::InvalidAlgorithm => Reason::Algorithm,
        _ => Reason::Malformed,
    }
}
