//! The mail that asks for a click. Each is put into the outbox by the transaction that makes its link.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use crate::email::{Message, Outbox};
use crate::error::ApiError;
use crate::users::{Email, User};
use crate::verifications::{self, LinkToken, Links, Purpose};

/// Asks a user to show that the account's address is theirs.
///
/// # Errors
/// When the database cannot.
pub async fn send_verification(
    client: &impl GenericClient,
    links: &Links,
    outbox: &Outbox,
    user: &User,
    callback: Option<&str>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let token = LinkToken::generate()?;
    let expires_at = verifications::create(client, user, Purpose::VerifyEmail, &token, None, now).await?;
    let link = links.verify_email(&token, callback);
    outbox.put(client, &user.email, &Message::VerifyEmail { link: &link }, expires_at, now).await
}

/// Asks, at the present address, whether the account is to have a new one.
pub(super) async fn send_confirmation(
    client: &impl GenericClient,
    links: &Links,
    outbox: &Outbox,
    (user, new_email): (&User, &Email),
    callback: Option<&str>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let token = LinkToken::generate()?;
    let purpose = Purpose::ConfirmEmailChange;
    let expires_at = verifications::create(client, user, purpose, &token, Some(new_email), now).await?;
    let link = links.verify_email(&token, callback);
    let message = Message::ConfirmEmailChange { new_email: new_email.as_str(), link: &link };
    outbox.put(client, &user.email, &message, expires_at, now).await
}

/// Asks, at the new address, to show that it is theirs.
pub(super) async fn send_change(
    client: &impl GenericClient,
    links: &Links,
    outbox: &Outbox,
    (user, new_email): (&User, &Email),
    callback: Option<&str>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let token = LinkToken::generate()?;
    let purpose = Purpose::ChangeEmail;
    let expires_at = verifications::create(client, user, purpose, &token, Some(new_email), now).await?;
    let link = links.verify_email(&token, callback);
    outbox.put(client, new_email, &Message::VerifyNewEmail { link: &link }, expires_at, now).await
}
