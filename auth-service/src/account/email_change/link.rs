use actix_web::HttpRequest;

use super::super::service::Accounts;
use super::completing::follow_for_sign_up;
use super::events;
use super::following::follow_for_user;
use super::outcome::{Followed, Outcome};
use crate::error::{ApiError, LinkRefusal};
use crate::verifications::{self, Subject};

/// Follows a link about an email, for an account or a sign-up.
pub(super) async fn follow(
    accounts: &Accounts,
    request: &HttpRequest,
    link: &Followed<'_>,
) -> Result<Outcome, ApiError> {
    let found = verifications::find(&accounts.pool, &link.token).await?;
    let outcome = match found {
        Some(found) => match &found.subject {
            Subject::User(id, _) => follow_for_user(accounts, request, link, &found, id).await?,
            Subject::SignUp(id) => follow_for_sign_up(accounts, request, link, &found, id).await?,
        },
        None => Outcome::Refused(LinkRefusal::InvalidToken),
    };
    if let Outcome::Refused(refusal) = &outcome {
        events::refused(&accounts.log, request, *refusal);
    }
    Ok(outcome)
}
