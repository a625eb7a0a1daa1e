//! The mail that asks for a click. Each is put into the outbox by the transaction that makes its link.

use jiff::Timestamp;
use service_kit::database::Executor;
use shared_claims::UserId;

use crate::email::{Addressee, Message};
use crate::error::ApiError;
use crate::limits::Asker;
use crate::protocol::email_address::Email;
use crate::protocol::redirect::CheckedTarget;
use crate::protocol::session_id::SessionId;
use crate::state::State;
use crate::users::User;
use crate::verifications::{self, LinkToken, NewLink};

/// Whose email is to be verified.
#[derive(Debug, Clone, Copy)]
pub enum Verified<'a> {
    /// An account's.
    User(&'a User),
    /// That of a sign-up, by its id.
    SignUp(&'a UserId, &'a Email),
    /// That of a sign-up whose email has a verified account. The link is created and not sent, so that the response takes as
    /// long as if there were no account.
    Taken(&'a UserId, &'a Email),
}

impl<'a> Verified<'a> {
    /// The id of the user, or of the user that the sign-up would become.
    pub(super) fn id(self) -> &'a UserId {
        match self {
            Self::User(user) => &user.id,
            Self::SignUp(id, _) | Self::Taken(id, _) => id,
        }
    }
}

/// Sends the link that verifies an email, unless the account was deleted or the sign-up completed. Returns whether a mail
/// was stored, to be committed, which `asker` must not learn. That of [`Verified::Taken`] is stored and not sent.
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
    let (new, to) = match whose {
        Verified::User(user) => (NewLink::VerifyEmail(user), Addressee::account(user)),
        Verified::SignUp(id, email) | Verified::Taken(id, email) => {
            (NewLink::CompleteSignUp(id, email), Addressee::unverified(email))
        }
    };
    let Some((token, expires_at)) = create_link(client, state, new, now).await? else { return Ok(false) };
    let link = state.settings.links.verify_email(&token, callback);
    let message = Message::VerifyEmail { link: &link };
    if matches!(whose, Verified::Taken(..)) {
        return outbox.put_unsent(client, asker, to.email(), &message, now).await.map(|()| true);
    }
    outbox.put(client, asker, to, &message, expires_at, now).await
}

/// Creates the link of a sign-up that nobody gets, because its email has a verified account. See [`Verified::Taken`].
///
/// # Errors
/// If the query fails.
pub async fn withhold_link(
    client: &impl Executor,
    state: &State,
    sign_up: (&UserId, &Email),
    now: Timestamp,
) -> Result<(), ApiError> {
    let (id, email) = sign_up;
    create_link(client, state, NewLink::CompleteSignUp(id, email), now).await?;
    Ok(())
}

async fn create_link(
    client: &impl Executor,
    state: &State,
    new: NewLink<'_>,
    now: Timestamp,
) -> Result<Option<(LinkToken, Timestamp)>, ApiError> {
    let token = LinkToken::generate()?;
    let created = verifications::create(client, new, &state.settings.link_lifetimes, &token, now).await?;
    Ok(created.map(|expires_at| (token, expires_at)))
}

/// Sends that link in a transaction of its own. Where there is nobody to send it to, a mail to `email` is counted and stored
/// all the same: nobody learns by the limits or the time whether one was sent.
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
    let transaction = state.pool.begin().await?;
    let is_stored = match whose {
        Some(whose) => send_verification(&transaction, state, asker, whose, callback, now).await?,
        None => {
            let link = state.settings.links.verify_email(&LinkToken::generate()?, callback);
            let message = Message::VerifyEmail { link: &link };
            outbox.put_unsent(&transaction, asker, email, &message, now).await?;
            true
        }
    };
    if is_stored {
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
    /// Whether another account has that email. Then nobody gets a link, and who asked must not learn it.
    pub is_taken: bool,
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
    Change { user, session, new_email, is_taken }: Change<'_>,
    callback: Option<&CheckedTarget>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let Some(outbox) = &state.outbox else { return Err(ApiError::ChangeEmailDisabled) };
    let new = match asked {
        Asked::PresentAddress => NewLink::ConfirmEmailChange(user, session, new_email),
        Asked::NewAddress => NewLink::ChangeEmail(user, session, new_email),
    };
    let created = create_link(client, state, new, now).await?;
    let (token, expires_at) = created.ok_or(ApiError::Unauthorized)?;
    let link = state.settings.links.verify_email(&token, callback);
    let (to, message) = match asked {
        Asked::PresentAddress => {
            let message = Message::ConfirmEmailChange { new_email: new_email.as_str(), link: &link };
            (Addressee::account(user), message)
        }
        Asked::NewAddress => (Addressee::unverified(new_email), Message::VerifyNewEmail { link: &link }),
    };
    if is_taken {
        return outbox.put_unsent(client, asker, to.email(), &message, now).await.map(|()| true);
    }
    outbox.put(client, asker, to, &message, expires_at, now).await
}
