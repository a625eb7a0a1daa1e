//! `sign-out`, `get-session` and `update-session`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, post, web};
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::current::{MaybeEnrolling, WithBody};
use super::model::SessionView;
use super::service::Sessions;
use super::store;
use crate::error::ApiError;
use crate::protocol::body::{Body, Fields, NoFields, Schema};
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::status::{SUCCESS, Success};
use crate::security_event::SecurityEvent;
use crate::users::{User, UserView};

/// The live session and its user.
#[derive(Serialize, ToSchema)]
struct CurrentSession<'a> {
    /// The session.
    session: SessionView<'a>,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
}

/// Sign out.
///
/// Ends every session that the request presents, clears the session cookies and has the browser clear its cache. Succeeds without a session too. If the
/// database is unavailable, the response is 503 and clears the cookies all the same.
#[utoipa::path(tag = "sessions", security((), ("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Success, description = "Signed out"),
    (status = 403, body = Envelope, description = "The request has cookies, and its origin is not trusted"),
    (status = 503, body = Envelope, description = "The database is unavailable: the cookies are cleared, but the session remains live"),
))]
#[post("/sign-out")]
pub async fn sign_out(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
    _: Body<NoFields>,
) -> HttpResponse {
    let tokens = sessions.cookies.all_presented(request.headers());
    let mut response = match end(&sessions, &request, &tokens).await {
        Ok(()) => HttpResponse::Ok().json(SUCCESS),
        // The browser is signed out in any case: it may be on a shared computer.
        Err(error) => HttpResponse::from_error(error),
    };
    sessions.clear_cookies(&mut response);
    response.headers_mut().insert(CLEAR_SITE_DATA, CLEAR_CACHE);
    response
}

async fn end(sessions: &Sessions, request: &HttpRequest, tokens: &[SessionToken]) -> Result<(), ApiError> {
    if tokens.is_empty() {
        return Ok(());
    }
    let client = sessions.log.client(request);
    for (session, user) in store::end(&sessions.pool, tokens, client).await? {
        SecurityEvent::SessionEnded.by(client).user(user.as_str()).session(*session.as_uuid()).emit();
    }
    Ok(())
}

/// Get the current session.
///
/// Returns `null` without a session. With one, the `set-auth-jwt` header holds an access token, unless the user must set up a
/// second factor first.
#[utoipa::path(tag = "sessions", security((), ("cookie" = []), ("bearer" = [])),
    params(("disableRefresh" = Option<String>, Query, description = "Any value does not extend the session", example = "true")),
    responses((status = 200, body = Option<CurrentSession>, description = "The session, or null")))]
#[get("/get-session")]
pub async fn get_session(
    sessions: web::Data<Sessions>,
    MaybeEnrolling(current): MaybeEnrolling,
) -> Result<HttpResponse, ApiError> {
    let mut response = HttpResponse::Ok();
    no_store(&mut response);
    let Some(signed_in) = current else { return Ok(response.json(())) };
    // A user who must set up a second factor gets no token before.
    if !sessions.must_enroll(&signed_in.session, &signed_in.user) {
        let jwt = sessions.access_token(&signed_in.session, &signed_in.user).await?;
        response.insert_header(("set-auth-jwt", &*jwt));
    }
    let user = sessions.accounts.view(&signed_in.user);
    Ok(response.json(CurrentSession { session: (&signed_in.session).into(), user }))
}

/// Get the current session by POST (not supported).
///
/// Always returns 405, as Better Auth does without `deferSessionRefresh`.
#[utoipa::path(tag = "sessions", responses((status = 405, body = Envelope, description = "Always")))]
#[post("/get-session")]
pub async fn post_session(_: Body<NoFields>) -> HttpResponse {
    let mut response = HttpResponse::from_error(ApiError::DeferredSessionRefresh);
    for (name, value) in NO_STORE {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}

/// The fields of a session that a client can set: none.
#[derive(ToSchema)]
#[schema(example = json!({}))]
pub struct SessionUpdate {}

impl Schema for SessionUpdate {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["record"];

    fn read(_: &mut Fields<'_>) -> Option<Self> {
        Some(Self {})
    }
}

/// Update the session (not supported).
///
/// Sessions have no fields that a client can set. Always returns 400, as Better Auth does without additional fields.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), request_body = SessionUpdate, responses(
    (status = 400, body = Envelope, description = "Nothing to update, or VALIDATION_ERROR"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/update-session")]
pub async fn update_session(_: WithBody<SessionUpdate>) -> HttpResponse {
    HttpResponse::from_error(ApiError::NoFieldsToUpdate)
}

const CLEAR_SITE_DATA: header::HeaderName = header::HeaderName::from_static("clear-site-data");
/// Clears the responses of this origin that the browser cached. Not `"cookies"`, which would delete the device cookie
/// and the cookies of other services on this domain.
const CLEAR_CACHE: header::HeaderValue = header::HeaderValue::from_static("\"cache\"");
const NO_STORE: [(header::HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];

fn no_store(response: &mut HttpResponseBuilder) {
    for header in NO_STORE {
        response.insert_header(header);
    }
}
