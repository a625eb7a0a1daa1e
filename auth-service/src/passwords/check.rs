//! Comparing a password with the one an account has.

use actix_web::HttpRequest;
use shared_claims::UserId;

use super::hashing::Verdict;
use super::model::{Password, StoredHash};
use super::sign_ups::SignUp;
use super::store;
use crate::error::ApiError;
use crate::limits::{self, Requester};
use crate::security_event::{self, SecurityEvent};
use crate::state::State;
use crate::users::{CredentialEpoch, User};

/// Makes sure that `text` is the password of a user, and answers the credential epoch that it belongs to: whatever is done
/// for having it is done in that epoch or not at all.
///
/// # Errors
/// [`ApiError::InvalidPassword`] when it is not, [`ApiError::CredentialAccountNotFound`] when there is none, and
/// [`ApiError::TooManyRequests`] after too many wrong ones.
pub async fn confirm(
    state: &State,
    request: &HttpRequest,
    user: &User,
    text: &str,
) -> Result<CredentialEpoch, ApiError> {
    let password = Password::claimed(text, state.settings.passwords)?;
    let found = store::find(&state.pool, &user.id).await?;
    let Some((stored, epoch)) = found else {
        record_refused(state, request, &user.id, "no_password");
        return Err(ApiError::CredentialAccountNotFound);
    };
    let check = compare(state, Requester::proven(state, request, user), password, stored);
    match limits::guess(state, request, (&user.email, Some(&user.id)), epoch, check).await? {
        Some(()) => Ok(epoch),
        None => {
            record_refused(state, request, &user.id, "wrong_password");
            Err(ApiError::InvalidPassword)
        }
    }
}

/// Makes sure that `text` is the password of a sign-up.
///
/// # Errors
/// [`ApiError::InvalidPassword`] when it is not, and [`ApiError::TooManyRequests`] after too many wrong ones.
pub async fn confirm_sign_up(
    state: &State,
    request: &HttpRequest,
    sign_up: &SignUp,
    text: &str,
) -> Result<(), ApiError> {
    let password = Password::claimed(text, state.settings.passwords)?;
    let epoch = CredentialEpoch::FIRST;
    let requester = Requester::claiming(state, request, &sign_up.email, epoch);
    let check = compare(state, requester, password, sign_up.password.clone());
    let guessed = limits::guess(state, request, (&sign_up.email, Some(&sign_up.id)), epoch, check).await?;
    if guessed.is_none() {
        record_refused(state, request, &sign_up.id, "wrong_password");
    }
    guessed.ok_or(ApiError::InvalidPassword)
}

fn record_refused(state: &State, request: &HttpRequest, user: &UserId, reason: &'static str) {
    let client = security_event::client(&state.settings.trusted_proxies, request);
    SecurityEvent::PasswordRefused.by(client).user(user.as_str()).reason(reason).emit();
}

async fn compare(
    state: &State,
    requester: Requester,
    password: Password,
    stored: StoredHash,
) -> Result<Option<()>, ApiError> {
    let verdict = state.passwords.verify(requester, password, Some(stored)).await?;
    Ok((!matches!(verdict, Verdict::Wrong)).then_some(()))
}

/// Whether a verdict is that the password was right; makes an outdated hash of it anew.
pub(super) async fn accept(
    state: &State,
    requester: Requester,
    user: Option<&UserId>,
    verdict: Verdict,
) -> bool {
    match verdict {
        Verdict::Wrong => false,
        Verdict::Right => true,
        Verdict::Outdated { password, stored } => {
            if let Some(user) = user
                && let Err(error) = renew(state, requester, user, password, &stored).await
            {
                // The password was right; its hash can be made anew the next time.
                tracing::warn!(%error, "a password hash was not renewed");
            }
            true
        }
    }
}

async fn renew(
    state: &State,
    requester: Requester,
    user: &UserId,
    password: Password,
    stored: &StoredHash,
) -> Result<(), ApiError> {
    let hash = state.passwords.hash(requester, password).await?;
    store::replace(&state.pool, user, &stored.hash, &hash, state.clock.now()).await.map(drop)?;
    Ok(())
}
