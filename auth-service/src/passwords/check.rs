//! Comparing a password with the one an account has.

use actix_web::HttpRequest;
use shared_claims::UserId;

use super::hashing::Verdict;
use super::model::{Password, StoredHash};
use super::sign_ups::SignUp;
use super::store;
use crate::error::ApiError;
use crate::limits::{self, Requester};
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
    let (stored, epoch) = found.ok_or(ApiError::CredentialAccountNotFound)?;
    let check = compare(state, Requester::proven(state, request, user), password, stored);
    limits::guess(state, request, &user.email, epoch, check).await?.ok_or(ApiError::InvalidPassword)?;
    Ok(epoch)
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
    limits::guess(state, request, &sign_up.email, epoch, check).await?.ok_or(ApiError::InvalidPassword)
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
