//! Completes a sign-up when its link is followed.

use actix_web::HttpRequest;
use shared_claims::UserId;

use super::super::service::Accounts;
use super::events;
use super::following::sign_in;
use super::outcome::{Followed, Outcome, Proof, VerifiedSession};
use crate::audit;
use crate::error::{ApiError, LinkRefusal};
use crate::passwords;
use crate::verifications::Verification;

/// Completes a sign-up in the browser that signed up, or with its password. Access to the mailbox alone must not be
/// enough: somebody else may have chosen the password.
pub(super) async fn follow_for_sign_up(
    accounts: &Accounts,
    request: &HttpRequest,
    link: &Followed<'_>,
    found: &Verification,
    id: &UserId,
) -> Result<Outcome, ApiError> {
    let now = accounts.clock.now();
    if now >= found.expires_at {
        return Ok(Outcome::Refused(LinkRefusal::TokenExpired));
    }
    let sign_up = passwords::find_sign_up(&accounts.pool, id, now).await?;
    let Some(sign_up) = sign_up else { return Ok(Outcome::Refused(LinkRefusal::InvalidToken)) };
    let knows_password = match link.password {
        _ if accounts.passwords.is_browser_of(request.headers(), id) => true,
        _ if accounts.settings.verify_email_by_link_alone => false,
        Some(password) => {
            accounts.passwords.confirm_sign_up(request, &sign_up, password).await?;
            true
        }
        None => return Ok(Outcome::Needs(Proof::Password)),
    };
    let now = accounts.clock.now();
    let transaction = accounts.pool.begin().await?;
    let Some(user) = passwords::complete_sign_up(&transaction, sign_up, &link.token, now).await? else {
        return Ok(Outcome::Refused(LinkRefusal::InvalidToken));
    };
    let new_user = user.id.clone();
    let session = if knows_password {
        sign_in(&transaction, accounts, request, user, now).await?
    } else {
        VerifiedSession::Unchanged
    };
    let (client, outcome) = (accounts.log.client(request), Outcome::Verified(session));
    let mut events = events::used(client, found.purpose, &new_user, &outcome);
    events.insert(0, events::completed_sign_up(client, id, &new_user));
    audit::commit(transaction, &events).await?;
    events::started(client, &outcome);
    Ok(outcome)
}
