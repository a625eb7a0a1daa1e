//! Starting a session, and handing it to its device: cookie, session token and access token.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::headers::for_display;
use service_kit::security_log::Client;
use shared_claims::UserId;

use super::model::Session;
use super::store::{self, Stored};
use crate::error::ApiError;
use crate::limits;
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::session_id::SessionId;
use crate::security_event::SecurityEvent;
use crate::state::State;
use crate::tokens;
use crate::users::User;

/// Holds the signed token, for clients without cookies.
const SET_AUTH_TOKEN: HeaderName = HeaderName::from_static("set-auth-token");

/// Holds an access token.
const SET_AUTH_JWT: HeaderName = HeaderName::from_static("set-auth-jwt");

/// A session that was just begun, with the token that is shown only now.
pub struct Started {
    /// The session.
    pub session: Session,
    /// Its token.
    pub token: SessionToken,
    /// The sessions that the request presented, which ended, and their users.
    left: Vec<(SessionId, UserId)>,
}

impl Started {
    /// Records that the session was started, and which ones ended for it. Comes after the commit.
    pub fn record(&self, client: Client, reason: &'static str) {
        for (session, user) in &self.left {
            let event = SecurityEvent::SessionEnded.by(client).user(user.as_str());
            event.session(*session.as_uuid()).reason("replaced").emit();
        }
        let (session, user) = (&self.session, &self.session.user_id);
        let event = SecurityEvent::SessionStarted.by(client).user(user.as_str());
        event.session(*session.id.as_uuid()).reason(reason).emit();
    }
}

/// Begins a session of `user` for the device that sent `request`, and ends those that the request presents. The user is as
/// they were when the credential was checked.
///
/// # Errors
/// When the database cannot; [`ApiError::InvalidEmailOrPassword`] when the user is gone or the credential changed since.
pub async fn start(
    client: &impl Executor,
    state: &State,
    request: &HttpRequest,
    user: &User,
    remembered: bool,
    now: Timestamp,
) -> Result<Started, ApiError> {
    let token = SessionToken::generate()?;
    let address = state.settings.trusted_proxies.client(request);
    let ip_address = address.map(|address| address.to_string()).unwrap_or_default();
    let user_agent = request.headers().get(header::USER_AGENT).map(for_display);
    let device = (ip_address, &*user_agent.unwrap_or_default());
    let mut session = Session::begin(user.id.clone(), remembered, &state.settings.sessions, device, now);
    let drawn = state.status_lists.draw(false)?;
    let presented = state.cookies.all_presented(request.headers());
    let tokens = (&token, presented.as_slice());
    let left = match store::start(client, &session, user.credential_epoch, tokens, &drawn).await? {
        Stored::Begun { index, left } => {
            session.status_index = index;
            left
        }
        Stored::CredentialChanged => return Err(ApiError::InvalidEmailOrPassword),
    };
    place(client, state, &mut session).await?;
    if session.status_index.is_none() {
        // Its tokens could not be revoked. Another list is on its way.
        return Err(ApiError::CutOff);
    }
    Ok(Started { session, token, left })
}

/// Sees to it that a session has a place in the status lists: one that came from another system has none yet. It stays
/// without one when all places are taken, and when it is over by now.
///
/// # Errors
/// When the database cannot.
pub(super) async fn place(
    client: &impl Executor,
    state: &State,
    session: &mut Session,
) -> Result<(), ApiError> {
    if session.status_index.is_none() {
        let drawn = state.status_lists.draw(true)?;
        session.status_index = store::place(client, session.id, &drawn).await?;
    }
    Ok(())
}

/// Adds to a response what the device needs: the cookies, `set-auth-token` and `set-auth-jwt` (FR-006, FR-009).
///
/// # Errors
/// When the access token cannot be signed, or the system has no randomness to give.
pub async fn hand_over(
    response: &mut HttpResponseBuilder,
    state: &State,
    request: &HttpRequest,
    started: &Started,
    user: &User,
) -> Result<(), ApiError> {
    for header in headers_of_start(state, request, started, user).await? {
        response.append_header(header);
    }
    Ok(())
}

/// The same, to a response that is complete but for this.
///
/// # Errors
/// As above.
pub async fn hand_over_with(
    response: &mut HttpResponse,
    state: &State,
    request: &HttpRequest,
    started: &Started,
    user: &User,
) -> Result<(), ApiError> {
    for (name, value) in headers_of_start(state, request, started, user).await? {
        response.headers_mut().append(name, value);
    }
    Ok(())
}

async fn headers_of_start(
    state: &State,
    request: &HttpRequest,
    started: &Started,
    user: &User,
) -> Result<Vec<(HeaderName, HeaderValue)>, ApiError> {
    let shown = (&started.token, true);
    let mut headers: Vec<_> = session_headers(state, request, shown, started.session.remembered).collect();
    if let Some(cookie) = limits::device_cookie(state, request, user)? {
        headers.push((header::SET_COOKIE, cookie));
    }
    let jwt = tokens::issue(state, &started.session, user).await?;
    let jwt = HeaderValue::from_str(&jwt).map_err(|error| ApiError::Internal(format!("token: {error}")))?;
    headers.push((SET_AUTH_JWT, jwt));
    Ok(headers)
}

/// The headers that give a device its session. The cookie is kept from scripts, `set-auth-token` is read by them: so the
/// token is `shown` there only where a session begins, and to those who presented it as a bearer, who know it.
pub(super) fn session_headers(
    state: &State,
    request: &HttpRequest,
    (token, shown): (&SessionToken, bool),
    remembered: bool,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
    let signed = state.cookies.signed(token);
    let cookies = state.cookies.set(request.headers(), &signed, remembered);
    let token = shown.then(|| HeaderValue::from_str(&signed).ok()).flatten();
    let cookies = cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie));
    cookies.chain(token.map(|value| (SET_AUTH_TOKEN, value)))
}

/// Clears what the browser holds of a session.
pub fn clear_cookies(response: &mut HttpResponseBuilder, state: &State) {
    for cookie in state.cookies.clearing() {
        response.append_header((header::SET_COOKIE, cookie));
    }
}

/// The same, on an answer that is complete but for this.
pub fn clear_cookies_of(response: &mut HttpResponse, state: &State) {
    for cookie in state.cookies.clearing() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
