//! The mail that asks for a click. Each is put into the outbox by the transaction that makes its link.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use crate::email::Message;
use crate::error::ApiError;
use crate::state::State;
use crate::users::{Email, User};
use crate::verifications::{self, LinkToken, Purpose};

/// Asks a user to show that the account's address is theirs.
///
/// # Errors
/// When the database cannot, or no mail can be sent.
pub async fn send_verification(
    client: &impl GenericClient,
    state: &State,
    user: &User,
    callback: Option<&str>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Some(outbox) = &state.outbox else { return Err(ApiError::VerificationEmailNotEnabled) };
    let token = LinkToken::generate()?;
    let expires_at = verifications::create(client, user, Purpose::VerifyEmail, &token, None, now).await?;
    let link = state.settings.links.verify_email(&token, callback);
    outbox.put(client, &user.email, &Message::VerifyEmail { link: &link }, expires_at, now).await
}

/// Asks whether an account is to have `new_email`: the present address whether it agrees, or the new one to show that it
/// is theirs.
pub(super) async fn send_change(
    client: &impl GenericClient,
    state: &State,
    asked: Asked,
    (user, new_email): (&User, &Email),
    callback: Option<&str>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Some(outbox) = &state.outbox else { return Err(ApiError::ChangeEmailDisabled) };
    let purpose = match asked {
        Asked::PresentAddress => Purpose::ConfirmEmailChange,
        Asked::NewAddress => Purpose::ChangeEmail,
    };
    let token = LinkToken::generate()?;
    let expires_at = verifications::create(client, user, purpose, &token, Some(new_email), now).await?;
    let link = state.settings.links.verify_email(&token, callback);
    let (to, message) = match asked {
        Asked::PresentAddress => {
            (&user.email, Message::ConfirmEmailChange { new_email: new_email.as_str(), link: &link })
        }
        Asked::NewAddress => (new_email, Message::VerifyNewEmail { link: &link }),
    };
    outbox.put(client, to, &message, expires_at, now).await
}

/// Who is asked about a change.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// The account's present address.
    PresentAddress,
    /// The address it is to have.
    NewAddress,
}
