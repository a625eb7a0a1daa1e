//! Pending sign-ins at providers. What the callback needs is stored under the hash of the state, encrypted. The state
//! itself is with the browser twice: in a signed cookie, and in the URL that it opens at the provider.

use actix_web::http::header::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shared_claims::UserId;

use super::service::Social;
use super::store::{self, StoredRequest};
use crate::error::ApiError;
use crate::protocol::cookies::Mark;
use crate::protocol::opaque_token::OpaqueToken;
use crate::protocol::redirect::CheckedTarget;
use crate::protocol::session_id::SessionId;

/// How long a user has to sign in at the provider, as in Better Auth. The cookie expires before.
const TTL: SignedDuration = SignedDuration::from_mins(10);
/// Lifetime of the cookie, as in Better Auth: the time for signing in at the provider.
const COOKIE_TTL: SignedDuration = SignedDuration::from_mins(5);

/// The kind of states.
pub(super) enum StateKind {}

/// A state: the browser that brings it back began this sign-in (RFC 6749, section 10.12).
pub(super) type State = OpaqueToken<StateKind>;

/// The kind of code verifiers and nonces.
enum ProofKind {}

/// A pending sign-in at a provider.
pub(super) struct Pending {
    /// The provider to which the browser goes. The response of another one is refused (RFC 9700, section 4.4).
    pub(super) provider: String,
    pub(super) callback: CheckedTarget,
    pub(super) error_callback: Option<CheckedTarget>,
    pub(super) new_user_callback: Option<CheckedTarget>,
    /// The code verifier of PKCE (RFC 7636).
    pub(super) code_verifier: SecretString,
    /// The nonce that the ID token must contain.
    pub(super) nonce: SecretString,
    /// Whether the page asked to sign up.
    pub(super) sign_up: bool,
    /// The user to whom the account is linked, and their session.
    pub(super) link: Option<Link>,
}

/// Who asked to link an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) user: UserId,
    pub(super) session: SessionId,
}

/// The form in which it is encrypted.
#[derive(Serialize, Deserialize)]
struct Content {
    provider: String,
    callback: String,
    error_callback: Option<String>,
    new_user_callback: Option<String>,
    code_verifier: String,
    nonce: String,
    sign_up: bool,
    link: Option<Link>,
}

/// What a state led to.
pub(super) enum Found {
    /// The sign-in that this browser began.
    Pending(Box<Pending>),
    /// None that may go on.
    Mismatch {
        /// The page for errors, if it is known.
        page: Option<CheckedTarget>,
        /// Whether this browser began it.
        is_own: bool,
    },
}

impl Pending {
    /// Creates a sign-in with a new code verifier and nonce.
    pub(super) fn new(provider: &str, callback: CheckedTarget) -> Result<Self, ApiError> {
        let random = || Ok::<_, ApiError>(SecretString::from(OpaqueToken::<ProofKind>::generate()?.expose()));
        Ok(Self {
            provider: provider.to_owned(),
            callback,
            error_callback: None,
            new_user_callback: None,
            code_verifier: random()?,
            nonce: random()?,
            sign_up: false,
            link: None,
        })
    }

    /// The nonce in plain text.
    pub(super) fn nonce(&self) -> &str {
        self.nonce.expose_secret()
    }
}

impl Social {
    /// Stores a sign-in under a new state. Returns it, and the cookie that ties it to the browser.
    pub(super) async fn store_pending(
        &self,
        pending: &Pending,
        now: Timestamp,
    ) -> Result<(State, Option<HeaderValue>), ApiError> {
        let state = State::generate()?;
        let text = |target: &Option<CheckedTarget>| target.as_ref().map(|target| target.as_str().to_owned());
        let content = Content {
            provider: pending.provider.clone(),
            callback: pending.callback.as_str().to_owned(),
            error_callback: text(&pending.error_callback),
            new_user_callback: text(&pending.new_user_callback),
            code_verifier: pending.code_verifier.expose_secret().to_owned(),
            nonce: pending.nonce.expose_secret().to_owned(),
            sign_up: pending.sign_up,
            link: pending.link.clone(),
        };
        let internal =
            |error: &dyn std::fmt::Display| ApiError::Internal(format!("authorization request: {error}"));
        let plain = serde_json::to_vec(&content).map_err(|error| internal(&error))?;
        let content = self.encryption.seal(&row(&state), &plain).map_err(|error| internal(&error))?;
        let expires_at = now.checked_add(TTL).unwrap_or(Timestamp::MAX);
        store::create(&self.pool, &state.hash(), &StoredRequest { content, expires_at }, now).await?;
        let cookie = self.cookies.set_mark(Mark::State, state.expose(), COOKIE_TTL);
        Ok((state, cookie))
    }

    /// Takes the sign-in of a state that this browser brings back: it can do so once.
    pub(super) async fn take_pending(
        &self,
        headers: &HeaderMap,
        state: &State,
        now: Timestamp,
    ) -> Result<Found, ApiError> {
        let is_own = self.cookies.marks(headers, Mark::State).any(|text| text == state.expose());
        let hash = state.hash();
        let stored = if is_own {
            store::take(&self.pool, &hash).await?
        } else {
            store::find(&self.pool, &hash).await?
        };
        let Some(stored) = stored else { return Ok(Found::Mismatch { page: None, is_own: false }) };
        let Some(pending) = self.opened(state, &stored.content) else {
            return Ok(Found::Mismatch { page: None, is_own });
        };
        if !is_own || stored.expires_at <= now {
            return Ok(Found::Mismatch { page: pending.error_callback, is_own });
        }
        Ok(Found::Pending(Box::new(pending)))
    }

    /// Decrypts a sign-in. `None` if the keys were replaced meanwhile, or its callback is not trusted any more.
    fn opened(&self, state: &State, sealed: &[u8]) -> Option<Pending> {
        let content: Content = serde_json::from_slice(&self.encryption.open(&row(state), sealed)?).ok()?;
        let target = |text: Option<String>| text.and_then(|text| CheckedTarget::parse(&text, &self.origins));
        Some(Pending {
            provider: content.provider,
            callback: target(Some(content.callback))?,
            error_callback: target(content.error_callback),
            new_user_callback: target(content.new_user_callback),
            code_verifier: content.code_verifier.into(),
            nonce: content.nonce.into(),
            sign_up: content.sign_up,
            link: content.link,
        })
    }
}

/// What the content is bound to.
fn row(state: &State) -> String {
    let hash: String = state.hash().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("authorization-request:{hash}")
}
