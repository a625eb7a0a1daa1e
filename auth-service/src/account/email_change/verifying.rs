//! `verify-email`: the links about an email, and the page that asks for confirmation.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use secrecy::SecretString;
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::service::Accounts;
use super::link::follow;
use super::outcome::{Followed, Outcome, Proof, VerifiedSession};
use super::page;
use crate::error::{ApiError, RedirectTarget};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::page::is_navigation;
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::redirect::{self, CheckedTarget};
use crate::protocol::status::DONE;
use crate::users::{User, UserView};
use crate::verifications::LinkToken;

pub struct Link {
    token: String,
    callback_url: Option<CheckedTarget>,
}

impl QuerySchema for Link {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.string("token");
        let callback_url = fields.optional_target(RedirectTarget::Callback).flatten();
        Some(Self { token: token?.to_owned(), callback_url })
    }
}

/// The token of a link, and the password if the link asks for it.
#[derive(ToSchema)]
#[schema(example = json!({"token": "mFVJ3qSGvVCsGrSGNbLwMSsmM2uXcvNnX9LMuTXgvQE", "password": "correct horse battery"}))]
pub struct Confirmation {
    /// The token of the link.
    token: String,
    /// Where a browser is redirected to.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<CheckedTarget>,
    /// The account's password, if the link asks for it.
    #[schema(value_type = String, required = false)]
    password: Option<SecretString>,
}

impl Schema for Confirmation {
    // The form is on a page of this service and changes an account, so no other page may send it.
    const SIGNS_IN: bool = true;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.string("token");
        let callback_url = fields.optional_target(RedirectTarget::Callback).flatten();
        let password = fields.optional_password("password");
        Some(Self { token: token?.to_owned(), callback_url, password })
    }
}

/// The outcome of a link about an email.
#[derive(Serialize, ToSchema)]
struct Verified<'a> {
    /// Always true.
    status: bool,
    /// The account, if its email was changed.
    #[schema(value_type = Option<User>)]
    user: Option<UserView<'a>>,
}

/// Follow a link about an email.
///
/// Verifies the email, confirms its change, or changes it. Requires a session of the account or, after a sign-up, the
/// browser that signed up. Other browsers get a page that asks for a click or the password. Other clients get
/// CONFIRMATION_REQUIRED: opening a link is not enough to change anything.
#[utoipa::path(tag = "users", security((), ("cookie" = []), ("bearer" = [])),
    params(("token" = String, Query, description = "The token of the link"), ("callbackURL" = Option<String>, Query, description = "Where a browser is redirected to")),
    responses(
        (status = 200, body = Verified, description = "The outcome, or a page that asks for confirmation"),
        (status = 302, description = "Redirects to `callbackURL`, with `error` if the link failed"),
        (status = 401, body = Envelope, description = "INVALID_TOKEN, TOKEN_EXPIRED, INVALID_USER"),
        (status = 403, body = Envelope, description = "CONFIRMATION_REQUIRED: `POST verify-email`, with the password if the email is to be verified; or BANNED_USER"),
    ))]
#[get("/verify-email")]
pub async fn verify_email(
    request: HttpRequest,
    accounts: web::Data<Accounts>,
    Query(link): Query<Link>,
) -> Result<HttpResponse, ApiError> {
    let followed = Followed {
        token: LinkToken::from(link.token.as_str()),
        callback: link.callback_url.as_ref(),
        password: None,
        pressed: false,
    };
    let outcome = follow(&accounts, &request, &followed).await?;
    answer(&accounts, &request, &link, outcome, None).await
}

/// Confirm a link about an email.
///
/// Sent by the page that the link shows, with the password if the page asks for it.
#[utoipa::path(tag = "users", security((), ("cookie" = []), ("bearer" = [])), request_body = Confirmation, responses(
    (status = 200, body = Verified, description = "The outcome"),
    (status = 302, description = "Redirects a browser to `callbackURL`, with `error` if the link failed"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_PASSWORD, CREDENTIAL_ACCOUNT_NOT_FOUND"),
    (status = 401, body = Envelope, description = "INVALID_TOKEN, TOKEN_EXPIRED, INVALID_USER"),
    (status = 403, body = Envelope, description = "CONFIRMATION_REQUIRED: the password is missing; BANNED_USER; or the origin is not trusted"),
    (status = 429, description = "Too many requests from this client or for this account; wait for X-Retry-After seconds"),
))]
#[post("/verify-email")]
pub async fn confirm_email(
    request: HttpRequest,
    accounts: web::Data<Accounts>,
    Body(form): Body<Confirmation>,
) -> Result<HttpResponse, ApiError> {
    let link = Link { token: form.token, callback_url: form.callback_url };
    let followed = Followed {
        token: LinkToken::from(link.token.as_str()),
        callback: link.callback_url.as_ref(),
        password: form.password.as_ref(),
        pressed: true,
    };
    match follow(&accounts, &request, &followed).await {
        Ok(outcome) => answer(&accounts, &request, &link, outcome, None).await,
        // The page explains the error and asks again.
        Err(error) if is_navigation(request.headers()) && page::explains(&error) => {
            answer(&accounts, &request, &link, Outcome::Needs(Proof::Password), Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn answer(
    accounts: &Accounts,
    request: &HttpRequest,
    link: &Link,
    outcome: Outcome,
    error: Option<&ApiError>,
) -> Result<HttpResponse, ApiError> {
    // As in Better Auth, a GET redirects API clients to `callbackURL`. A POST of an API client returns the outcome.
    let callback = link
        .callback_url
        .as_ref()
        .filter(|_| request.method() == actix_web::http::Method::GET || is_navigation(request.headers()));
    let mut response = match (&outcome, callback) {
        (Outcome::Needs(proof), _) if is_navigation(request.headers()) => {
            return Ok(page::ask(*proof, &link.token, link.callback_url.as_ref(), error));
        }
        (Outcome::Needs(_), _) => return Err(ApiError::ConfirmationRequired),
        (Outcome::Refused(refusal), None) => return Err(ApiError::Link(StatusCode::UNAUTHORIZED, *refusal)),
        (Outcome::Refused(refusal), Some(callback)) => {
            redirect::found(&callback.with_parameter("error", refusal.code()))
        }
        (Outcome::Verified(VerifiedSession::Challenged(challenged)), Some(callback)) => {
            accounts.sessions.redirect_to(challenged, callback)
        }
        (Outcome::Verified(VerifiedSession::Challenged(challenged)), None) => challenged.json(|body| body),
        (_, Some(callback)) => redirect::found(callback),
        (Outcome::Verified(_), None) => HttpResponse::Ok().json(Verified { status: true, user: None }),
        (Outcome::Confirmed, None) => HttpResponse::Ok().json(DONE),
        (Outcome::Changed(user, _), None) => {
            HttpResponse::Ok().json(Verified { status: true, user: Some(accounts.settings.view(user)) })
        }
    };
    match &outcome {
        Outcome::Changed(_, Some(current)) | Outcome::Verified(VerifiedSession::Present(current)) => {
            accounts.sessions.set_cookies(&mut response, request, current);
        }
        Outcome::Verified(VerifiedSession::New(new)) => {
            let (started, user) = &**new;
            accounts.sessions.respond_with(&mut response, request, started, user).await?;
        }
        Outcome::Verified(VerifiedSession::Proven(user)) => {
            accounts.sessions.devices.remember(&mut response, request, user)?;
        }
        _ => {}
    }
    Ok(response)
}
