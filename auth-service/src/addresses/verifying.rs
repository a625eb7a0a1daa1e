//! `verify-email`: the links of every mail about an address.

use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, web};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::envelope::Envelope;
use service_kit::store::StoreError;
use utoipa::ToSchema;

use super::sending::{Asked, send_change};
use crate::email::Message;
use crate::error::{ApiError, LinkRefusal};
use crate::protocol::body::Fields;
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::redirect;
use crate::protocol::status::DONE;
use crate::sessions::{self, MaybeSignedIn, SignedIn};
use crate::state::State;
use crate::users::{self, Email, User};
use crate::verifications::{self, LinkToken, Purpose, Verification};

/// The query of a link.
pub struct Link {
    token: String,
    callback_url: Option<String>,
}

impl QuerySchema for Link {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.string("token");
        let callback_url = fields.optional_string("callbackURL");
        Some(Self { token: token?.to_owned(), callback_url: callback_url.map(str::to_owned) })
    }

    fn callback(&self) -> Option<&str> {
        self.callback_url.as_deref().filter(|url| !url.is_empty())
    }
}

/// What following a link led to.
enum Outcome {
    /// The address is verified now, or was.
    Verified,
    /// The change is agreed to; the new address is asked next.
    Confirmed,
    /// The account has the new address.
    Changed(User),
    /// Nothing.
    Refused(LinkRefusal),
}

/// It worked. `user` is there when the address was changed.
#[derive(Serialize, ToSchema)]
struct Verified<'a> {
    status: bool,
    user: Option<&'a User>,
}

/// Follows a link about an address: verifies it, agrees to its change, or changes it.
#[utoipa::path(tag = "users", security((), ("cookie" = []), ("bearer" = [])),
    params(("token" = String, Query, description = "The token"), ("callbackURL" = Option<String>, Query, description = "Where to go on to")),
    responses(
        (status = 200, body = Verified, description = "It worked"),
        (status = 302, description = "To `callbackURL`, with `error` when it did not work"),
        (status = 401, body = Envelope, description = "INVALID_TOKEN, TOKEN_EXPIRED, INVALID_USER"),
    ))]
#[get("/verify-email")]
pub async fn verify_email(
    request: HttpRequest,
    state: web::Data<State>,
    Query(link): Query<Link>,
) -> Result<HttpResponse, ApiError> {
    let (outcome, current) = follow(&state, &request, &link).await?;
    let mut response = match (&outcome, link.callback()) {
        (Outcome::Refused(refusal), None) => return Err(ApiError::Link(StatusCode::UNAUTHORIZED, *refusal)),
        (Outcome::Refused(refusal), Some(callback)) => {
            let target = redirect::with_parameter(callback, "error", refusal.code());
            redirect::found(
                &target.ok_or_else(|| ApiError::Internal("a checked target is no URL".to_owned()))?,
            )
        }
        (_, Some(callback)) => redirect::found(callback),
        (Outcome::Verified, None) => HttpResponse::Ok().json(Verified { status: true, user: None }),
        (Outcome::Confirmed, None) => HttpResponse::Ok().json(DONE),
        (Outcome::Changed(user), None) => {
            HttpResponse::Ok().json(Verified { status: true, user: Some(user) })
        }
    };
    if let (Outcome::Changed(_), Some(SignedIn { session, token, .. })) = (&outcome, current.signed_in()) {
        sessions::set_cookies_of(&mut response, &state, &request, token, session.remembered);
    }
    Ok(response)
}

/// Does what the link is for. Answers, for a change, who is signed in where it was followed.
async fn follow(
    state: &State,
    request: &HttpRequest,
    link: &Link,
) -> Result<(Outcome, MaybeSignedIn), ApiError> {
    let refused = |refusal| Ok((Outcome::Refused(refusal), MaybeSignedIn::Nobody));
    let (token, now) = (LinkToken::from(link.token.as_str()), state.clock.now());
    let client = state.pool.get().await.map_err(StoreError::from)?;
    let Some(found) = verifications::find(&client, &token).await? else {
        return refused(LinkRefusal::InvalidToken);
    };
    let Some(user) = users::find(&client, &found.user_id).await? else {
        return refused(LinkRefusal::InvalidToken);
    };
    if matches!(found.purpose, Purpose::ResetPassword | Purpose::DeleteUser)
        || user.email.as_str() != found.email
    {
        return refused(LinkRefusal::InvalidToken);
    }
    if now >= found.expires_at {
        return refused(LinkRefusal::TokenExpired);
    }
    // Mail scanners follow links before people do: a second time changes nothing, and is no failure.
    if found.purpose == Purpose::VerifyEmail && user.email_verified {
        return Ok((Outcome::Verified, MaybeSignedIn::Nobody));
    }
    // Looking the session up takes a connection of its own.
    drop(client);
    let current = if found.purpose == Purpose::VerifyEmail {
        MaybeSignedIn::Nobody
    } else {
        MaybeSignedIn::extract(request).await?
    };
    if current.signed_in().is_some_and(|current| current.user.id != user.id) {
        return refused(LinkRefusal::InvalidUser);
    }
    let mut client = state.pool.get().await.map_err(StoreError::from)?;
    let transaction = client.transaction().await.map_err(StoreError::from)?;
    if !verifications::use_up(&transaction, &token, found.purpose, now).await? {
        return refused(LinkRefusal::InvalidToken);
    }
    let outcome = carry_out(state, &transaction, user, &found, link.callback(), now).await?;
    if !matches!(outcome, Outcome::Refused(_)) {
        transaction.commit().await.map_err(StoreError::from)?;
    }
    if let Some(outbox) = &state.outbox {
        outbox.wake();
    }
    Ok((outcome, current))
}

async fn carry_out(
    state: &State,
    transaction: &Transaction<'_>,
    user: User,
    link: &Verification,
    callback: Option<&str>,
    now: Timestamp,
) -> Result<Outcome, ApiError> {
    if link.purpose == Purpose::VerifyEmail {
        users::set_verified(transaction, &user.id, now).await?;
        return Ok(Outcome::Verified);
    }
    let (Some(outbox), Some(new_email)) = (&state.outbox, link.new_email.as_deref().and_then(Email::parse))
    else {
        return Ok(Outcome::Refused(LinkRefusal::InvalidToken));
    };
    if link.purpose == Purpose::ConfirmEmailChange {
        let to_what = (&user, &new_email);
        send_change(transaction, state, Asked::NewAddress, to_what, callback, now).await?;
        return Ok(Outcome::Confirmed);
    }
    match users::set_email(transaction, &user.id, &new_email, now).await {
        Ok(()) => {}
        // Somebody else was faster to sign up with it.
        Err(ApiError::UserAlreadyExists) => return Ok(Outcome::Refused(LinkRefusal::InvalidToken)),
        Err(error) => return Err(error),
    }
    // Whoever reads the former mailbox must not reset the password any more.
    for purpose in [Purpose::ResetPassword, Purpose::DeleteUser] {
        verifications::forget(transaction, &user.id, purpose).await?;
    }
    let notice = Message::EmailChanged { new_email: new_email.as_str() };
    outbox.notify(transaction, &user.email, &notice, now).await?;
    Ok(Outcome::Changed(User { email: new_email, updated_at: now, ..user }))
}
