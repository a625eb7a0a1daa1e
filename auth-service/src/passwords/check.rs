//! Comparing a password with the one an account has.

use actix_web::HttpRequest;
use service_kit::store::StoreError;
use shared_claims::UserId;

use super::hashing::Verdict;
use super::model::{Password, StoredHash};
use super::store;
use crate::error::ApiError;
use crate::limits;
use crate::state::State;
use crate::users::User;

/// Makes sure that `text` is the password of a signed-in user.
///
/// # Errors
/// [`ApiError::InvalidPassword`] when it is not, [`ApiError::CredentialAccountNotFound`] when there is none, and
/// [`ApiError::TooManyRequests`] after too many wrong ones.
pub async fn confirm(state: &State, request: &HttpRequest, user: &User, text: &str) -> Result<(), ApiError> {
    confirmed_hash(state, request, user, text).await.map(drop)
}

/// The same; answers the stored hash that it was compared with, which is not renewed.
pub(super) async fn confirmed_hash(
    state: &State,
    request: &HttpRequest,
    user: &User,
    text: &str,
) -> Result<String, ApiError> {
    let password = Password::claimed(text, state.settings.passwords)?;
    let check = async {
        let client = state.pool.get().await.map_err(StoreError::from)?;
        let stored = store::find(&client, &user.id).await?.ok_or(ApiError::CredentialAccountNotFound)?;
        drop(client);
        let hash = stored.hash.clone();
        let verdict = state.passwords.verify(password, Some(stored)).await?;
        Ok((!matches!(verdict, Verdict::Wrong)).then_some(hash))
    };
    limits::guess(state, request, &user.email, check).await?.ok_or(ApiError::InvalidPassword)
}

/// Whether a verdict is that the password was right; makes an outdated hash of it anew.
pub(super) async fn accept(state: &State, user: Option<&UserId>, verdict: Verdict) -> bool {
    match verdict {
        Verdict::Wrong => false,
        Verdict::Right => true,
        Verdict::Outdated { password, stored } => {
            if let Some(user) = user
                && let Err(error) = renew(state, user, password, &stored).await
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
    user: &UserId,
    password: Password,
    stored: &StoredHash,
) -> Result<(), ApiError> {
    let hash = state.passwords.hash(password).await?;
    let client = state.pool.get().await.map_err(StoreError::from)?;
    store::replace(&client, user, &stored.hash, &hash, state.clock.now()).await.map(drop)?;
    Ok(())
}
