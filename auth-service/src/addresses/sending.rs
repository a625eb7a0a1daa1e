//! The mail that asks for a click. Each is put into the outbox by the transaction that makes its link.

use jiff::Timestamp;
use service_kit::database::Executor;
use shared_claims::UserId;

use crate::email::{Addressee, Message};
use crate::error::ApiError;
use crate::limits::Asker;
use crate::protocol::redirect::CheckedTarget;
use crate::sessions::SessionId;
use crate::state::State;
use crate::users::{Email, User};
use crate::verifications::{self, LinkToken, NewLink};

/// Whose email is to be verified.
#[derive(Debug, Clone, Copy)]
pub enum Verified<'a> {
    /// An account's.
    User(&'a User),
    /// That of a sign-up, by its id.
    SignUp(&'a UserId, &'a Email),
}

/// Sends the link that verifies an email, unless the account was deleted or the sign-up completed. Returns whether a mail
/// is sent, which `asker` must not learn.
///
/// # Errors
/// If the query fails, or no mail can be sent.
pub async fn send_verification(
    client: &impl Executor,
    state: &State,
    asker: &Asker<'_>,
    whose: Verified<'_>,
    callback: Option<&CheckedTarget>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let Some(outbox) = &state.outbox else { return Err(ApiError::VerificationEmailNotEnabled) };
    let token = LinkToken::generate()?;
    let (new, to) = match whose {
        Verified::User(user) => (NewLink::VerifyEmail(user), Addressee::account(user)),
        Verified::SignUp(id, email) => (NewLink::CompleteSignUp(id, email), Addressee::unverified(email)),
    };
    let Some(expires_at) =
        verifications::create(client, new, &state.settings.link_lifetimes, &token, now).await?
    else {
        return Ok(false);
    };
    let link = state.settings.links.verify_email(&token, callback);
    outbox.put(client, asker, to, &Message::VerifyEmail { link: &link }, expires_at, now).await
}

/// Sends that link in a transaction of its own. Where there is nobody to send it to, a mail to `email` is counted all the
/// same: nobody learns by the limits whether one was sent.
///
/// # Errors
/// If the query fails.
pub async fn send_verification_again(
    state: &State,
    asker: &Asker<'_>,
    whose: Option<Verified<'_>>,
    email: &Email,
    callback: Option<&CheckedTarget>,
) -> Result<(), ApiError> {
    let Some(outbox) = &state.outbox else { return Ok(()) };
    let now = state.clock.now();
    let Some(whose) = whose else { return outbox.count_unsent(&state.pool, asker, email, now).await };
    let transaction = state.pool.begin().await?;
    if send_verification(&transaction, state, asker, whose, callback, now).await? {
        transaction.commit().await?;
        outbox.wake();
    }
    Ok(())
}

/// A change of an account's email that a session asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    /// Whose.
    pub user: &'a User,
    /// The session that asked for it.
    pub session: SessionId,
    /// The email that the account is to have.
    pub new_email: &'a Email,
}

/// Who is asked about a change.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// The account's present address: whether it agrees.
    PresentAddress,
    /// The address it is to have: whether it is the user's.
    NewAddress,
}

/// Asks about a change of an account's email. Answers whether a mail is sent, which `asker` must not learn.
///
/// # Errors
/// [`ApiError::Unauthorized`] when the session that asked for it has ended; if the query fails, or no mail can be
/// sent.
pub(super) async fn send_change(
    client: &impl Executor,
    state: &State,
    asker: &Asker<'_>,
    asked: Asked,
    Change { user, session, new_email }: Change<'_>,
    callback: Option<&CheckedTarget>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let Some(outbox) = &state.outbox else { return Err(ApiError::ChangeEmailDisabled) };
    let new = match asked {
        Asked::PresentAddress => NewLink::ConfirmEmailChange(user, session, new_email),
        Asked::NewAddress => NewLink::ChangeEmail(user, session, new_email),
    };
    let token = LinkToken::generate()?;
    let created = verifications::create(client, new, &state.settings.link_lifetimes, &token, now).await?;
    let expires_at = created.ok_or(ApiError::Unauthorized)?;
    let link = state.settings.links.verify_email(&token, callback);
    let (to, message) = match asked {
        Asked::PresentAddress => {
            let message = Message::ConfirmEmailChange { new_email: new_email.as_str(), link: &link };
            (Addressee::account(user), message)
        }
        Asked::NewAddress => (Addressee::unverified(new_email), Message::VerifyNewEmail { link: &link }),
    };
    outbox.put(client, asker, to, &message, expires_at, now).await
}
