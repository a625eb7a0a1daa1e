//! The verifier of access tokens.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use crate::builder::VerifierBuilder;
use crate::claims::{Claims, Payload, Verified};
use crate::clock::SharedClock;
use crate::error::{Reason, VerifyError};
use crate::header::{self, TokenType};
use crate::keys::KeyStore;
use crate::metrics;
use crate::refused::RefusalReports;
use crate::requirement::{AuthenticationRequirement, InsufficientAuthentication};
use crate::status::StatusCheck;
use crate::verified::{TokenDigest, VerifiedTokens};

/// Maximum length of a token, in bytes. Those of auth-service have about one thousand.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Verifies access tokens against the key set and the status lists that the issuer publishes.
///
/// Clones are cheap. They share the fetched documents and the background tasks, which end when the last clone is dropped.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

/// Shared by all clones.
pub(crate) struct Inner {
    pub(crate) token_type: TokenType,
    pub(crate) validation: Validation,
    pub(crate) clock_skew: SignedDuration,
    pub(crate) clock: SharedClock,
    pub(crate) store: Arc<KeyStore>,
    pub(crate) fetches: Arc<AtomicU64>,
    /// Requests a fetch by the background task.
    pub(crate) nudge: mpsc::Sender<()>,
    pub(crate) jwks_url: Url,
    /// `None` without the check for revoked tokens.
    pub(crate) status: Option<StatusCheck>,
    pub(crate) status_fetches: Arc<AtomicU64>,
    pub(crate) refusals: RefusalReports,
    /// `None` if every signature is checked, however often a token comes.
    pub(crate) verified: Option<VerifiedTokens>,
    /// The background tasks. They end when this is dropped.
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

    /// Creates the settings of a verifier for tokens whose `iss` is `issuer` and whose `aud` is or contains `audience`.
    ///
    /// Both are compared byte for byte. An http or https URL is accepted in two spellings: as written here, and in its
    /// canonical form ([`canonical_url`](crate::canonical_url)), which is the one auth-service derives from its
    /// `BASE_URL`. For `https://Auth.Example.com:443/` that is `https://auth.example.com`. No other spelling is
    /// accepted.
    pub fn builder(issuer: impl Into<String>, audience: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder::new(issuer.into(), audience.into())
    }

    /// Verifies `token` and returns its claims.
    ///
    /// Takes no lock and does no I/O. The signature of a token is checked the first time that it comes, and again when the key
    /// set changes. Expiry and status list are checked every time. A token with an unknown key id is refused, and the background task fetches the key set
    /// as soon as its cooldown allows. A valid token that refers to an unknown status list triggers a fetch of the lists in
    /// the same way.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] if the token is invalid: answer 401. [`VerifyError::Unavailable`] if the key set or the status
    /// list is missing or past its maximum age: answer 503. A token that is invalid with any key (not a JWT, wrong `alg` or
    /// `typ`, too long) is `Invalid` even without keys, and one that is invalid with any list (forged, expired) is `Invalid`
    /// even without lists.
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
        let now = inner.clock.now();
        let remembered = inner.verified.as_ref().map(|tokens| (tokens, TokenDigest::of(token)));
        let known = remembered.and_then(|(tokens, digest)| {
            let key_set = inner.store.snapshot(now).ok()?.number()?;
            tokens.get(digest, key_set)
        });
        if let Some(known) = known {
            return self.accept(&known, now);
        }
        let (verified, key_set) = self.read(token, now)?;
        let claims = self.accept(&verified, now)?;
        if let (Some((tokens, digest)), Some(key_set)) = (remembered, key_set) {
            tokens.insert(digest, key_set, Arc::new(verified));
        }
        Ok(claims)
    }

    /// Whether the sender of `token` may learn why it was refused: it says that it is a diagnosis, and a published key signed
    /// it. The issuer gives no such token to users; its operator creates them, to check the settings of a verifier.
    pub(crate) fn is_diagnosis(&self, token: &str) -> bool {
        // Without this, every refused token would cost another check of a signature.
        if token.len() > MAX_TOKEN_BYTES || !Diagnosis::is_claimed_by(token) {
            return false;
        }
        let inner = &*self.inner;
        let Ok(keys) = inner.store.snapshot(inner.clock.now()) else { return false };
        let key = header::key_id_of_any_type(token).ok().and_then(|kid| keys.get(&kid));
        key.is_some_and(|key| jsonwebtoken::decode::<Diagnosis>(token, key, &signature_only()).is_ok())
    }

    /// Checks everything that stays the same as long as the key set does. Returns the number of the key set too.
    fn read(&self, token: &str, now: Timestamp) -> Result<(Verified, Option<u64>), VerifyError> {
        let inner = &*self.inner;
        let kid = header::key_id(token, &inner.token_type)?;
        let keys = inner.store.snapshot(now)?;
        let Some(key) = keys.get(&kid) else {
            // If the channel is full, a fetch was requested already.
            let _ = inner.nudge.try_send(());
            return Err(Reason::UnknownKey.into());
        };
        let payload = jsonwebtoken::decode::<Payload>(token, key, &inner.validation)
            .map_err(|error| reason(error.kind()))?
            .claims;
        Ok((payload.read()?, keys.number()))
    }

    /// Checks what can change at any time: the clock and the status list.
    fn accept(&self, verified: &Verified, now: Timestamp) -> Result<Claims, VerifyError> {
        let claims = verified.at(now, self.inner.clock_skew)?;
        if let Some(lists) = &self.inner.status {
            lists.check(&verified.status, now)?;
        }
        Ok(claims)
    }

    /// Checks that the authentication behind a token is recent and strong enough (RFC 9470).
    ///
    /// # Errors
    ///
    /// If it is too old, too weak or unknown.
    pub fn require(
        &self,
        claims: &Claims,
        requirement: AuthenticationRequirement,
    ) -> Result<(), InsufficientAuthentication> {
        let (now, skew) = (self.inner.clock.now(), self.inner.clock_skew);
        if requirement.is_met(claims, now, skew) {
            Ok(())
        } else {
            Err(InsufficientAuthentication(requirement))
        }
    }

    /// Returns whether tokens can be verified now: the key set and every status list were fetched, and none is past its maximum
    /// age.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let inner = &*self.inner;
        let now = inner.clock.now();
        let lists = inner.status.as_ref().is_none_or(|lists| lists.store.is_ready(now));
        lists && inner.store.snapshot(now).is_ok()
    }

    /// Waits until [`is_ready`](Self::is_ready). There is no timeout: while the issuer is unavailable, it waits.
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

    /// Returns the number of fetches of the key set that were started since the verifier was built.
    #[must_use]
    pub fn fetches(&self) -> u64 {
        self.inner.fetches.load(Ordering::Relaxed)
    }

    /// Returns the number of fetches of status lists and of the aggregation that were started since the verifier was built.
    #[must_use]
    pub fn status_fetches(&self) -> u64 {
        self.inner.status_fetches.load(Ordering::Relaxed)
    }

    /// Returns the URL of the key set.
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

/// The claim of a diagnosis.
#[derive(Deserialize)]
struct Diagnosis {
    latchkey_diagnosis: bool,
}

impl Diagnosis {
    /// Whether the unverified `token` has the claim.
    fn is_claimed_by(token: &str) -> bool {
        let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
        let claims = payload.and_then(|json| serde_json::from_slice::<Self>(&json).ok());
        claims.is_some_and(|claims| claims.latchkey_diagnosis)
    }
}

/// Checks the signature: the claims of a diagnosis may all be wrong.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
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
