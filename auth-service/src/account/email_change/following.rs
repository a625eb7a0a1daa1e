//! Follows the links about the email of an account.
//!
//! A link alone proves access to the mailbox at best, and mail scanners follow links too. So it takes effect only with
//! a second proof that the person who follows it owns the account.

use actix_web::{FromRequest, HttpRequest};
use jiff::Timestamp;
use secrecy::SecretString;
use service_kit::database::Transaction;
use shared_claims::UserId;

use super::super::service::Accounts;
use super::events;
use super::outcome::{Followed, Outcome, Proof, VerifiedSession};
use crate::email::{Addressee, Message};
use crate::error::{ApiError, LinkRefusal};
use crate::limits::MailRequester;
use crate::protocol::email_address::Email;
use crate::protocol::redirect::CheckedTarget;
use crate::security_event::SecurityEvent;
use crate::sessions::{self, Entry, MaybeSignedIn, SignedIn, Way};
use crate::users::{self, CredentialEpoch, User};
use crate::verifications::{self, NewLink, Purpose, Sending, Verification};

/// The proof that the request may follow the link.
pub(super) enum Proven {
    Session(Box<SignedIn>),
    /// The password, or the browser that signed up with it.
    Password,
    /// A click: a person followed the link.
    Button,
    /// Only the link, if `VERIFY_EMAIL_BY_LINK_ALONE` is on.
    LinkAlone,
}

pub(super) type Checked = Result<Proven, Outcome>;

pub(super) async fn follow_for_user(
    accounts: &Accounts,
    request: &HttpRequest,
    link: &Followed<'_>,
    found: &Verification,
    id: &UserId,
) -> Result<Outcome, ApiError> {
    let now = accounts.clock.now();
    let user = users::find(&accounts.pool, id).await?.filter(|user| found.belongs_to(user));
    let invalid = Ok(Outcome::Refused(LinkRefusal::InvalidToken));
    let Some(user) = user else { return invalid };
    if now >= found.expires_at {
        return Ok(Outcome::Refused(LinkRefusal::TokenExpired));
    }
    // Following the link again succeeds and changes nothing.
    if found.purpose == Purpose::VerifyEmail && user.email_verified {
        return Ok(Outcome::Verified(VerifiedSession::Unchanged));
    }
    if found.used {
        return invalid;
    }
    let proven = match found.purpose {
        Purpose::VerifyEmail => verifier(accounts, request, link.password, &user).await?,
        Purpose::ConfirmEmailChange | Purpose::ChangeEmail => {
            changer(accounts, request, link, found.purpose, &user).await?
        }
        Purpose::ResetPassword | Purpose::DeleteUser | Purpose::CompleteSignUp => return invalid,
    };
    let proven = match proven {
        Ok(proven) => proven,
        Err(outcome) => return Ok(outcome),
    };
    let now = accounts.clock.now();
    let transaction = accounts.pool.begin().await?;
    if !verifications::use_up(&transaction, &link.token, found.purpose, now).await? {
        return invalid;
    }
    if let Proven::Session(current) = &proven
        && !sessions::hold(&transaction, current.session.id, now).await?
    {
        // The session ended a moment ago.
        return invalid;
    }
    let outcome = if found.purpose == Purpose::VerifyEmail {
        Outcome::Verified(verify(&transaction, accounts, request, user, proven, now).await?)
    } else {
        let requester = MailRequester::described(&accounts.log, request, id);
        change(accounts, &transaction, &requester, (user, found), link.callback, proven, now).await?
    };
    if matches!(outcome, Outcome::Refused(_)) {
        return Ok(outcome);
    }
    let client = accounts.log.client(request);
    accounts.mailer.commit(transaction, &events::used(client, found.purpose, id, &outcome)).await?;
    events::started(client, &outcome);
    Ok(outcome)
}

/// Checks the proof for verifying an email: a session of the account, the browser that signed up, or the password.
pub(super) async fn verifier(
    accounts: &Accounts,
    request: &HttpRequest,
    password: Option<&SecretString>,
    user: &User,
) -> Result<Checked, ApiError> {
    if let MaybeSignedIn::SignedIn(current) = MaybeSignedIn::extract(request).await?
        && current.user.id == user.id
    {
        return Ok(Ok(Proven::Session(current)));
    }
    // The password that the browser chose is that of the account only in its first epoch.
    let signed_up = user.credential_epoch == CredentialEpoch::FIRST
        && accounts.passwords.is_browser_of(request.headers(), &user.id);
    if signed_up {
        return Ok(Ok(Proven::Password));
    }
    if accounts.settings.verify_email_by_link_alone {
        return Ok(Ok(Proven::LinkAlone));
    }
    by_password(accounts, request, password, user).await
}

/// Checks the proof for a change of email. For the link in the current mailbox: a session of the account, or a click.
/// For the link in the new mailbox: a session of the account, or the password. A session of another user is refused.
async fn changer(
    accounts: &Accounts,
    request: &HttpRequest,
    link: &Followed<'_>,
    purpose: Purpose,
    user: &User,
) -> Result<Checked, ApiError> {
    match MaybeSignedIn::extract(request).await? {
        MaybeSignedIn::SignedIn(current) if current.user.id == user.id => Ok(Ok(Proven::Session(current))),
        MaybeSignedIn::SignedIn(_) => Ok(Err(Outcome::Refused(LinkRefusal::InvalidUser))),
        MaybeSignedIn::Nobody if purpose == Purpose::ChangeEmail => {
            by_password(accounts, request, link.password, user).await
        }
        MaybeSignedIn::Nobody if link.pressed => Ok(Ok(Proven::Button)),
        MaybeSignedIn::Nobody => Ok(Err(Outcome::Needs(Proof::Button))),
    }
}

async fn by_password(
    accounts: &Accounts,
    request: &HttpRequest,
    password: Option<&SecretString>,
    user: &User,
) -> Result<Checked, ApiError> {
    let Some(password) = password else { return Ok(Err(Outcome::Needs(Proof::Password))) };
    // If the password belongs to another epoch than the link, using the link fails.
    accounts.passwords.confirm(request, user, password).await?;
    Ok(Ok(Proven::Password))
}

/// Verifies the account's email and ends the sessions that proved neither the mailbox nor the password: somebody else
/// may have created the account with this email.
pub(super) async fn verify(
    transaction: &Transaction,
    accounts: &Accounts,
    request: &HttpRequest,
    user: User,
    proven: Proven,
    now: Timestamp,
) -> Result<VerifiedSession, ApiError> {
    users::set_verified(transaction, &user.id, now).await?;
    let signs_in = accounts.settings.auto_sign_in_after_verification;
    Ok(match proven {
        Proven::Session(current) => {
            sessions::end_all(transaction, &user.id, Some(current.session.id)).await?;
            if signs_in { VerifiedSession::Present(current) } else { VerifiedSession::Unchanged }
        }
        Proven::Password => {
            sessions::end_all(transaction, &user.id, None).await?;
            let user = User { email_verified: true, updated_at: now, ..user };
            sign_in(transaction, accounts, request, user, now).await?
        }
        Proven::Button => {
            sessions::end_all(transaction, &user.id, None).await?;
            VerifiedSession::Unchanged
        }
        // The link alone does not prove that this browser's user knows the password.
        Proven::LinkAlone => VerifiedSession::Unchanged,
    })
}

/// Starts a session for a user who proved the password and whose email was just verified, if
/// `AUTO_SIGN_IN_AFTER_VERIFICATION` is on.
pub(super) async fn sign_in(
    transaction: &Transaction,
    accounts: &Accounts,
    request: &HttpRequest,
    user: User,
    now: Timestamp,
) -> Result<VerifiedSession, ApiError> {
    if !accounts.settings.auto_sign_in_after_verification {
        return Ok(VerifiedSession::Proven(Box::new(user)));
    }
    let admission = accounts.sessions.admit(&user, Way::VerifiedEmail)?;
    let entry = accounts.sessions.sign_in_within(transaction, request, (admission, true), now).await;
    if matches!(entry, Err(ApiError::BannedUser)) {
        let refused = SecurityEvent::SignInRefused.by(accounts.log.client(request)).user(user.id.as_str());
        accounts.log.refused(refused.reason("banned"));
    }
    Ok(match entry? {
        Entry::Started(started) => VerifiedSession::New(Box::new((*started, user))),
        Entry::Challenged(challenged) => VerifiedSession::Challenged(challenged),
    })
}

/// Gives the account its new email, which was verified. The owner gets a mail at the former one. False, with nothing to
/// commit, if somebody else has signed up with the email in the meantime.
pub(super) async fn set_new_email(
    accounts: &Accounts,
    transaction: &Transaction,
    requester: &MailRequester<'_>,
    (user, new_email): (&User, &Email),
    now: Timestamp,
) -> Result<bool, ApiError> {
    match users::set_email(transaction, &user.id, new_email, now).await {
        Ok(()) => {}
        Err(ApiError::UserAlreadyExists) => return Ok(false),
        Err(error) => return Err(error),
    }
    // They were for the former email.
    verifications::void(transaction, &user.id).await?;
    let notice = Message::EmailChanged { new_email: new_email.as_str() };
    accounts.mailer.notify(transaction, requester, Addressee::account(user), &notice, now).await?;
    Ok(true)
}

/// Sends the link to the new email, or changes the account's email, depending on the purpose of the link.
async fn change(
    accounts: &Accounts,
    transaction: &Transaction,
    requester: &MailRequester<'_>,
    (user, link): (User, &Verification),
    callback: Option<&CheckedTarget>,
    proven: Proven,
    now: Timestamp,
) -> Result<Outcome, ApiError> {
    let refused = Ok(Outcome::Refused(LinkRefusal::InvalidToken));
    let (Some(new_email), Some(session)) = (&link.new_email, link.session_id) else { return refused };
    let mailer = &accounts.mailer;
    if link.purpose == Purpose::ConfirmEmailChange {
        let next = NewLink::ChangeEmail(&user, session, new_email);
        return match mailer.send(transaction, requester, next, callback, now).await? {
            Sending::Stored | Sending::Limited => Ok(Outcome::Confirmed),
            Sending::Gone => refused,
        };
    }
    if !set_new_email(accounts, transaction, requester, (&user, new_email), now).await? {
        return refused;
    }
    let current = match proven {
        Proven::Session(current) => Some(current),
        Proven::Password | Proven::Button | Proven::LinkAlone => None,
    };
    Ok(Outcome::Changed(User { email: new_email.clone(), updated_at: now, ..user }, current))
}
