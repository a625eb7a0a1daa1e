//! `magic-link/verify`: signs in by a link.

use actix_web::http::header::SET_COOKIE;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::page;
use super::service::{LINK, MagicLinks};
use super::store::{self, MagicLinkToken};
use crate::email_sign_in::{Owner, Unproven};
use crate::error::{ApiError, BANNED_MESSAGE, LinkRefusal, RedirectTarget};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::cookies::Mark;
use crate::protocol::page::is_navigation;
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::redirect::{self, CheckedTarget};
use crate::protocol::service::Enabled;
use crate::security_event::SecurityEvent;
use crate::sessions::{Entry, SessionView, Way};
use crate::users::{User, UserView};

const INVALID_TOKEN: ApiError = ApiError::Link(StatusCode::UNAUTHORIZED, LinkRefusal::InvalidToken);

/// The token of a link that signs in.
#[derive(ToSchema)]
#[schema(example = json!({"token": "mFVJ3qSGvVCsGrSGNbLwMSsmM2uXcvNnX9LMuTXgvQE"}))]
pub struct Link {
    /// The token of the link.
    token: String,
    /// Where a browser is redirected to.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<CheckedTarget>,
    /// Where the browser of a new user is redirected to.
    #[schema(rename = "newUserCallbackURL", value_type = String, required = false)]
    new_user_callback_url: Option<CheckedTarget>,
    /// Where a browser is redirected to with an `error`.
    #[schema(rename = "errorCallbackURL", value_type = String, required = false)]
    error_callback_url: Option<CheckedTarget>,
}

impl Link {
    fn of_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.string("token");
        let mut target =
            |target| fields.optional_target_reported_as(target, RedirectTarget::Callback).flatten();
        let callback_url = target(RedirectTarget::Callback);
        let new_user_callback_url = target(RedirectTarget::NewUserCallback);
        let error_callback_url = target(RedirectTarget::ErrorCallback);
        Some(Self { token: token?.to_owned(), callback_url, new_user_callback_url, error_callback_url })
    }

    /// The redirect targets that the page sends again.
    fn targets(&self) -> page::Targets<'_> {
        [
            (RedirectTarget::Callback, &self.callback_url),
            (RedirectTarget::NewUserCallback, &self.new_user_callback_url),
            (RedirectTarget::ErrorCallback, &self.error_callback_url),
        ]
    }
}

impl QuerySchema for Link {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Self::of_fields(fields)
    }
}

impl Schema for Link {
    // The form is on a page of this service and signs in, so no other page may send it.
    const SIGNS_IN: bool = true;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Self::of_fields(fields)
    }
}

/// A new session and its user.
#[derive(Serialize, ToSchema)]
struct SignedInByLink<'a> {
    /// The session token: a bearer token for `/api/auth`. No later response has it.
    token: &'a str,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
    /// The session.
    session: SessionView<'a>,
}

/// What following a link led to.
enum Outcome {
    SignedIn(Box<(Entry, Owner)>),
    /// A page asks for a click first.
    Asked(HttpResponse),
    Refused(ApiError),
}

/// Follow a link that signs in.
///
/// Signs in the browser that requested the link. Other browsers get a page with a button. Other clients get
/// CONFIRMATION_REQUIRED: opening a link is not enough to sign in.
#[utoipa::path(tag = "credentials", params(
        ("token" = String, Query, description = "The token of the link"),
        ("callbackURL" = Option<String>, Query, description = "Where the browser is redirected to"),
        ("newUserCallbackURL" = Option<String>, Query, description = "Where the browser of a new user is redirected to"),
        ("errorCallbackURL" = Option<String>, Query, description = "Where the browser is redirected to with an `error`"),
    ), responses(
        (status = 200, body = SignedInByLink, description = "The new session, or a page with a button"),
        (status = 302, description = "Redirects to `callbackURL` or `newUserCallbackURL`, or with an `error` to `errorCallbackURL`"),
        (status = 403, body = Envelope, description = "CONFIRMATION_REQUIRED: `POST magic-link/verify`"),
        (status = 404, description = "Disabled (no body)"),
    ))]
#[get("/magic-link/verify")]
pub async fn verify_magic_link(
    links: Enabled<MagicLinks>,
    request: HttpRequest,
    Query(link): Query<Link>,
) -> Result<HttpResponse, ApiError> {
    let outcome = links.follow(&request, &link, false).await?;
    links.respond(&request, &link, outcome).await
}

/// Sign in by a link.
///
/// Sent by the page that the link shows, and by apps.
#[utoipa::path(tag = "credentials", request_body = Link, responses(
    (status = 200, body = SignedInByLink, description = "The new session"),
    (status = 302, description = "Redirects a browser to `callbackURL` or `newUserCallbackURL`, or with an `error` to `errorCallbackURL`"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, EMAIL_PASSWORD_SIGN_UP_DISABLED"),
    (status = 401, body = Envelope, description = "INVALID_TOKEN"),
    (status = 403, body = Envelope, description = "BANNED_USER, or the origin is not trusted"),
    (status = 404, description = "Disabled (no body)"),
    (status = 429, description = "Too many requests from this client; wait for X-Retry-After seconds"),
))]
#[post("/magic-link/verify")]
pub async fn confirm_magic_link(
    links: Enabled<MagicLinks>,
    request: HttpRequest,
    Body(link): Body<Link>,
) -> Result<HttpResponse, ApiError> {
    let outcome = links.follow(&request, &link, true).await?;
    links.respond(&request, &link, outcome).await
}

impl MagicLinks {
    /// Signs in by a link, if its browser opened it or a person `pressed` the button.
    async fn follow(&self, request: &HttpRequest, link: &Link, pressed: bool) -> Result<Outcome, ApiError> {
        let (token, now) = (MagicLinkToken::from(link.token.as_str()), self.clock.now());
        let Some(found) = store::find(&self.pool, &token, now).await? else {
            return Ok(self.refuse(request, INVALID_TOKEN));
        };
        if !pressed && !self.is_browser_of(request.headers(), &found) {
            return match is_navigation(request.headers()) {
                true => Ok(Outcome::Asked(page::ask(&link.token, &link.targets(), &found.email))),
                false => Err(ApiError::ConfirmationRequired),
            };
        }
        let owner = match self.redeem(request, (&token, &found.email), now).await {
            Ok(Some(owner)) => owner,
            Ok(None) | Err(Unproven::Outdated) => return Ok(self.refuse(request, INVALID_TOKEN)),
            Err(Unproven::SignUpDisabled) => return Ok(self.refuse(request, ApiError::SignUpDisabled)),
            Err(Unproven::Failed(error)) => return Err(error),
        };
        match self.sign_in.start(request, &owner, Way::MagicLink, now).await {
            Ok(entry) => Ok(Outcome::SignedIn(Box::new((entry, owner)))),
            Err(ApiError::InvalidEmailOrPassword) => Ok(Outcome::Refused(INVALID_TOKEN)),
            Err(error @ ApiError::BannedUser) => Ok(Outcome::Refused(error)),
            Err(error) => Err(error),
        }
    }

    /// Records a link that signs nobody in, once a minute for each network: anybody can send any token.
    fn refuse(&self, request: &HttpRequest, error: ApiError) -> Outcome {
        let reason = match error {
            ApiError::SignUpDisabled => "sign_up_disabled",
            _ => LinkRefusal::InvalidToken.reason(),
        };
        let event = SecurityEvent::LinkRefused.by(self.log.client(request)).link(LINK).reason(reason);
        self.log.throttled(event, &self.log.network(request));
        Outcome::Refused(error)
    }

    /// Redirects browsers, and returns the session or the error to other clients. As in Better Auth, a GET without a
    /// `callbackURL` returns the session, and every other GET redirects.
    async fn respond(
        &self,
        request: &HttpRequest,
        link: &Link,
        outcome: Outcome,
    ) -> Result<HttpResponse, ApiError> {
        let is_get = request.method() == Method::GET;
        let redirects = is_get || is_navigation(request.headers());
        let home = || CheckedTarget::parse("/", &self.origins);
        let callback = link.callback_url.clone().or_else(home).filter(|_| redirects);
        let (entry, owner) = match outcome {
            Outcome::Asked(page) => return Ok(page),
            Outcome::Refused(error) => {
                return match link.error_callback_url.as_ref().filter(|_| redirects).or(callback.as_ref()) {
                    Some(target) => Ok(refusal(target, &error)),
                    None => Err(error),
                };
            }
            Outcome::SignedIn(entered) => *entered,
        };
        let new_user = link.new_user_callback_url.as_ref().filter(|_| owner.is_new());
        let target = callback.as_ref().map(|callback| new_user.unwrap_or(callback));
        let target = target.filter(|_| !is_get || link.callback_url.is_some());
        let started = match entry {
            Entry::Started(started) => started,
            Entry::Challenged(challenged) => {
                challenged.record(self.log.client(request));
                return Ok(self.without_mark(match target {
                    Some(target) => self.sign_in.sessions.redirect_to(&challenged, target),
                    None => challenged.json(|body| body),
                }));
            }
        };
        started.record(self.log.client(request));
        let mut response = self.without_mark(match target {
            Some(target) => redirect::found(&target.absolute()),
            None => HttpResponse::Ok().json(SignedInByLink {
                token: started.token.expose(),
                user: self.sign_in.accounts.view(&owner.user),
                session: SessionView::from(&started.session),
            }),
        });
        self.sign_in.sessions.respond_with(&mut response, request, &started, &owner.user).await?;
        Ok(response)
    }

    /// Clears the cookie of the browser that requested the link, which was used.
    fn without_mark(&self, mut response: HttpResponse) -> HttpResponse {
        if let Some(cookie) = self.cookies.clear_mark(Mark::MagicLink) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

/// The redirect with the reason. The codes are Better Auth's.
fn refusal(target: &CheckedTarget, error: &ApiError) -> HttpResponse {
    let with = |code| target.absolute_with_parameter("error", code);
    redirect::found(&match error {
        ApiError::SignUpDisabled => with("new_user_signup_disabled"),
        ApiError::BannedUser => with("banned").with_parameter("error_description", BANNED_MESSAGE),
        _ => with(LinkRefusal::InvalidToken.code()),
    })
}
