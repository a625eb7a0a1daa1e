//! Starting a session and sending it to its device: cookie, session token and access token.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::headers::for_display;
use service_kit::security_log::Client;
use shared_claims::UserId;

use super::admission::{Admission, Cleared, Way};
use super::current::SignedIn;
use super::model::{Device, Session};
use super::service::Sessions;
use super::store::{self, Asking, Stored};
use crate::email::PendingNotice;
use crate::error::ApiError;
use crate::protocol::cookies::Presented;
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::session_id::SessionId;
use crate::security_event::SecurityEvent;
use crate::tokens::TokenSession;
use crate::users::User;

/// Contains the signed session token, for clients without cookies.
const SET_AUTH_TOKEN: HeaderName = HeaderName::from_static("set-auth-token");

/// Contains an access token.
const SET_AUTH_JWT: HeaderName = HeaderName::from_static("set-auth-jwt");

/// A new session and its token, which only this response contains.
pub struct Started {
    pub session: Session,
    pub token: SessionToken,
    /// The sessions of the request that ended because of this one, and their users.
    replaced: Vec<(SessionId, UserId)>,
    /// How it was started.
    way: Way,
    /// Extends the trust in the device, if the second factor was not asked for because of it.
    trust: Option<HeaderValue>,
}

impl Started {
    /// Logs that the session started and which ones it replaced. The audit log has it already. Call it after the commit.
    pub fn record(&self, client: Client) {
        for (session, user) in &self.replaced {
            let event = SecurityEvent::SessionEnded.by(client).user(user.as_str());
            event.session(*session.as_uuid()).reason("replaced").emit();
        }
        let (session, user) = (&self.session, &self.session.user_id);
        let event = SecurityEvent::SessionStarted.by(client).user(user.as_str());
        event.session(*session.id.as_uuid()).reason(self.way.reason()).emit();
    }
}

impl Sessions {
    /// Starts a session for the device that sent `request`, and ends the sessions that the request presents.
    ///
    /// # Errors
    /// [`ApiError::InvalidEmailOrPassword`] if the user was deleted or the credential changed since it was checked, and
    /// [`ApiError::BannedUser`] while a ban holds.
    pub async fn start(
        &self,
        client: &impl Executor,
        request: &HttpRequest,
        Cleared(admission): Cleared<'_>,
        remembered: bool,
        now: Timestamp,
    ) -> Result<Started, ApiError> {
        let started = self.start_unless_due(client, request, (admission, remembered), None, now).await?;
        started.ok_or_else(|| ApiError::Internal("a second factor was due for a cleared session".to_owned()))
    }

    /// Starts a session unless a second factor is due (`None`). Also stores `notice` if the device is new to the account. With a
    /// notice, `client` must not be in a transaction.
    pub(super) async fn start_unless_due(
        &self,
        client: &impl Executor,
        request: &HttpRequest,
        (admission, remembered): (Admission<'_>, bool),
        notice: Option<&PendingNotice>,
        now: Timestamp,
    ) -> Result<Option<Started>, ApiError> {
        let Admission { user, way, authentication, asks } = admission;
        let token = SessionToken::generate()?;
        let ip_address = self.log.address(request).map(|address| address.to_string()).unwrap_or_default();
        let user_agent = request.headers().get(header::USER_AGENT).map(for_display).unwrap_or_default();
        let device = Device { ip_address: &ip_address, user_agent: &user_agent };
        let mut session =
            Session::begin((user.id.clone(), authentication), remembered, &self.settings, device, now);
        let candidates = self.lists.candidate_indexes(false)?;
        let presented = self.cookies.all_presented(request.headers());
        let tokens = (&token, presented.as_slice());
        let (epoch, cause) = (user.credential_epoch, (self.log.client(request), way.reason()));
        let devices = if asks { self.presented_devices(request) } else { Vec::new() };
        let trusted_until = self.trusted_until(now);
        let asking = Asking { asks, devices: &devices, trusted_until };
        let stored =
            store::start(client, &session, (epoch, &asking), tokens, &candidates, (cause, notice)).await?;
        let (replaced, trusted) = match stored {
            Stored::Started { index, replaced, has_notice, trusted } => {
                session.status_index = index;
                if let (true, Some(outbox)) = (has_notice, &self.outbox) {
                    outbox.wake();
                }
                (replaced, trusted)
            }
            Stored::SecondFactorDue => return Ok(None),
            Stored::Banned => return Err(ApiError::BannedUser),
            Stored::CredentialChanged => return Err(ApiError::InvalidEmailOrPassword),
        };
        self.allocate_index(client, &mut session).await?;
        if session.status_index.is_none() {
            // Its tokens could not be revoked. A replica is adding a list.
            return Err(ApiError::CutOff);
        }
        let device = devices.iter().find(|device| trusted.as_ref() == Some(&device.hash()));
        let trust = device.and_then(|device| self.trust_cookie(device));
        Ok(Some(Started { session, token, replaced, way, trust }))
    }

    /// Allocates a position in the status lists for a session without one, as imported sessions are. It stays without
    /// one if all drawn positions are taken or the session has ended.
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

    /// Adds the new session to a response: the cookies, `set-auth-token` and `set-auth-jwt` (FR-006, FR-009). Without the last if
    /// the user must set up a second factor first.
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
        let device = self.devices.cookie(request, user)?;
        for cookie in started.trust.iter().cloned().chain(device) {
            headers.append(header::SET_COOKIE, cookie);
        }
        if self.must_enroll(&started.session, user) {
            return Ok(());
        }
        let jwt = self.access_token(&started.session, user).await?;
        let jwt =
            HeaderValue::from_str(&jwt).map_err(|error| ApiError::Internal(format!("token: {error}")))?;
        headers.append(SET_AUTH_JWT, jwt);
        Ok(())
    }

    /// Issues an access token for a session that was just found live.
    ///
    /// # Errors
    /// [`ApiError::CutOff`] if the session has no position in the status lists.
    pub async fn access_token(&self, session: &Session, user: &User) -> Result<Arc<str>, ApiError> {
        let session = TokenSession {
            id: session.id,
            index: session.status_index,
            started_at: session.created_at,
            authentication: session.authentication,
        };
        self.tokens.issue(session, user).await
    }

    /// Sets the cookies of the session that a request presented again.
    pub fn set_cookies(&self, response: &mut HttpResponse, request: &HttpRequest, current: &SignedIn) {
        let token = (&current.token, current.presented == Presented::Bearer);
        for (name, value) in self.headers(request, token, current.session.remembered) {
            response.headers_mut().append(name, value);
        }
    }

    /// The headers that send a session to its device. Scripts cannot read the cookie but can read `set-auth-token`. So
    /// the token is `shown` there only when a session starts, and to clients that know it, since they sent it as a
    /// bearer token.
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

    pub fn clear_cookies(&self, response: &mut HttpResponse) {
        for cookie in self.cookies.clearing() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}
