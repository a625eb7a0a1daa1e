//! Starting a session, and giving it to its device: cookie, session token and access token.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::headers::for_display;
use service_kit::security_log::Client;
use shared_claims::UserId;

use super::current::SignedIn;
use super::model::{Device, Session};
use super::service::Sessions;
use super::store::{self, Stored};
use crate::error::ApiError;
use crate::protocol::cookies::Presented;
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::session_id::SessionId;
use crate::security_event::SecurityEvent;
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

impl Sessions {
    /// Begins a session of `user` for the device that sent `request`, and ends those that the request presents. The user is
    /// as they were when the credential was checked.
    ///
    /// # Errors
    /// [`ApiError::InvalidEmailOrPassword`] if the user is gone or the credential has changed since; those of the database.
    pub async fn start(
        &self,
        client: &impl Executor,
        request: &HttpRequest,
        user: &User,
        remembered: bool,
        now: Timestamp,
    ) -> Result<Started, ApiError> {
        let token = SessionToken::generate()?;
        let ip_address = self.log.address(request).map(|address| address.to_string()).unwrap_or_default();
        let user_agent = request.headers().get(header::USER_AGENT).map(for_display).unwrap_or_default();
        let device = Device { ip_address: &ip_address, user_agent: &user_agent };
        let mut session = Session::begin(user.id.clone(), remembered, &self.settings, device, now);
        let candidates = self.lists.candidate_indexes(false)?;
        let presented = self.cookies.all_presented(request.headers());
        let tokens = (&token, presented.as_slice());
        let left = match store::start(client, &session, user.credential_epoch, tokens, &candidates).await? {
            Stored::Begun { index, left } => {
                session.status_index = index;
                left
            }
            Stored::CredentialChanged => return Err(ApiError::InvalidEmailOrPassword),
        };
        self.allocate_index(client, &mut session).await?;
        if session.status_index.is_none() {
            // Its tokens could not be revoked. Another list is on its way.
            return Err(ApiError::CutOff);
        }
        Ok(Started { session, token, left })
    }

    /// Gives a session a place in the status lists if it has none: one that came from another system has none yet. It stays
    /// without one when all places are taken, and when it has ended meanwhile.
    pub(super) async fn allocate_index(
        &self,
        client: &impl Executor,
        session: &mut Session,
    ) -> Result<(), ApiError> {
        if session.status_index.is_none() {
            let candidates = self.lists.candidate_indexes(true)?;
            session.status_index = store::allocate_index(client, session.id, &candidates).await?;
        }
        Ok(())
    }

    /// Adds the new session to a response: the cookies, `set-auth-token` and `set-auth-jwt` (FR-006, FR-009).
    ///
    /// # Errors
    /// If the access token cannot be signed, or the system has no randomness.
    pub async fn respond_with(
        &self,
        response: &mut HttpResponse,
        request: &HttpRequest,
        started: &Started,
        user: &User,
    ) -> Result<(), ApiError> {
        let headers = response.headers_mut();
        for (name, value) in self.headers(request, (&started.token, true), started.session.remembered) {
            headers.append(name, value);
        }
        if let Some(cookie) = self.devices.cookie(request, user)? {
            headers.append(header::SET_COOKIE, cookie);
        }
        let jwt = self.access_token(&started.session, user).await?;
        let jwt =
            HeaderValue::from_str(&jwt).map_err(|error| ApiError::Internal(format!("token: {error}")))?;
        headers.append(SET_AUTH_JWT, jwt);
        Ok(())
    }

    /// The access token of a session that was just found live.
    ///
    /// # Errors
    /// If the token cannot be signed. [`ApiError::CutOff`] if the session has no place in the status lists.
    pub async fn access_token(&self, session: &Session, user: &User) -> Result<Arc<str>, ApiError> {
        self.tokens.issue(session.id, session.status_index, user).await
    }

    /// Sets the cookies of the session that a request presented again.
    pub fn set_cookies(&self, response: &mut HttpResponse, request: &HttpRequest, current: &SignedIn) {
        let token = (&current.token, current.found_by == Presented::Bearer);
        for (name, value) in self.headers(request, token, current.session.remembered) {
            response.headers_mut().append(name, value);
        }
    }

    /// The headers that give a device its session. The cookie is hidden from scripts, which can read `set-auth-token`: so the
    /// token is `shown` there only where a session begins, and to a client that presented it as a bearer token, and so
    /// knows it.
    pub(super) fn headers(
        &self,
        request: &HttpRequest,
        (token, shown): (&SessionToken, bool),
        remembered: bool,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let signed = self.cookies.signed(token);
        let cookies = self.cookies.set(request.headers(), &signed, remembered);
        let token = shown.then(|| HeaderValue::from_str(&signed).ok()).flatten();
        let cookies = cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie));
        cookies.chain(token.map(|value| (SET_AUTH_TOKEN, value)))
    }

    /// Clears the cookies of a session.
    pub fn clear_cookies(&self, response: &mut HttpResponse) {
        for cookie in self.cookies.clearing() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}
