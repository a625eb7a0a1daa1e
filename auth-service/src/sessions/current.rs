//! Who sends this request: the extractors that stand in a handler's parameters.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};

use super::hand_over::{place, session_headers};
use super::model::Session;
use super::refresh::News;
use super::store;
use crate::error::ApiError;
use crate::protocol::body::{Body, Schema};
use crate::protocol::cookies::Presented;
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::origin::is_truthy;
use crate::security_event::{self, SecurityEvent};
use crate::state::State;
use crate::users::User;

/// A live session and its user. A handler that takes this answers nobody else: 401.
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
    /// What the request presented, for the cookie to be sent again.
    pub token: SessionToken,
    /// How it was presented.
    pub found_by: Presented,
}

/// A live session that began recently. A handler that takes this answers older ones 403.
pub struct Fresh(pub SignedIn);

/// A body, and then a live session: a malformed body is a 400, with or without a session.
pub struct WithBody<T> {
    /// Who sends it.
    pub current: SignedIn,
    /// What it says.
    pub body: T,
}

/// A body and a live session that may end others. With `SESSION_REVOKE_FRESH` it has to be a fresh one.
pub struct Revoking<T> {
    /// Who sends it.
    pub current: SignedIn,
    /// What it says.
    pub body: T,
}

/// Sends the cookie of the session that a request presented again.
pub fn set_cookies(response: &mut HttpResponse, state: &State, request: &HttpRequest, current: &SignedIn) {
    let token = (&current.token, current.found_by == Presented::Bearer);
    for (name, value) in session_headers(state, request, token, current.session.remembered) {
        response.headers_mut().append(name, value);
    }
}

/// The session of a request, if there is a live one.
pub enum MaybeSignedIn {
    /// No token came, or one that nobody signed, or one whose session is over; or the sessions of two users.
    Nobody,
    /// Somebody.
    SignedIn(Box<SignedIn>),
}

impl MaybeSignedIn {
    /// The session, if there is one.
    pub fn signed_in(&self) -> Option<&SignedIn> {
        match self {
            Self::SignedIn(signed_in) => Some(signed_in),
            Self::Nobody => None,
        }
    }
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl FromRequest for MaybeSignedIn {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { look_up(&request).await })
    }
}

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { require(&request).await })
    }
}

impl FromRequest for Fresh {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let signed_in = require(&request).await?;
            let state = state(&request)?;
            if !signed_in.session.is_fresh(&state.settings.sessions, state.clock.now()) {
                return Err(ApiError::SessionNotFresh);
            }
            Ok(Self(signed_in))
        })
    }
}

impl<T: Schema> FromRequest for WithBody<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Body::<T>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let Body(body) = body.await?;
            Ok(Self { current: require(&request).await?, body })
        })
    }
}

impl<T: Schema> FromRequest for Revoking<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let with_body = WithBody::<T>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let WithBody { current, body } = with_body.await?;
            let state = state(&request)?;
            let settings = &state.settings.sessions;
            if settings.revoking_needs_fresh && !current.session.is_fresh(settings, state.clock.now()) {
                return Err(ApiError::SessionNotFresh);
            }
            Ok(Self { current, body })
        })
    }
}

async fn require(request: &HttpRequest) -> Result<SignedIn, ApiError> {
    match look_up(request).await? {
        MaybeSignedIn::SignedIn(signed_in) => Ok(*signed_in),
        MaybeSignedIn::Nobody => Err(ApiError::Unauthorized),
    }
}

async fn look_up(request: &HttpRequest) -> Result<MaybeSignedIn, ApiError> {
    let state = state(request)?;
    let (found_by, tokens) = state.cookies.presented(request.headers());
    if tokens.is_empty() {
        return Ok(MaybeSignedIn::Nobody);
    }
    let now = state.clock.now();
    // A validly signed token whose session is over: the browser should forget it.
    let ended = || {
        request.extensions_mut().insert(News::Ended);
        Ok(MaybeSignedIn::Nobody)
    };
    let oldest = state.settings.sessions.oldest_beginning(now);
    // Nearly always there is one token, and so one query.
    let mut found: Option<(Session, User, SessionToken)> = None;
    for token in tokens {
        let Some((session, user)) = store::find(&state.pool, &token, oldest, now).await? else { continue };
        match &found {
            // One of the two was planted, by somebody who wants this browser to act as another user.
            Some((one, first, _)) if first.id != user.id => {
                let client = security_event::client(&state.settings.trusted_proxies, request);
                let event = SecurityEvent::SessionsConflicting.by(client).user(first.id.as_str());
                let source = one.id.as_uuid();
                state.throttle.emit(event.session(*source), source, now);
                return Ok(MaybeSignedIn::Nobody);
            }
            Some(_) => {}
            None => found = Some((session, user, token)),
        }
    }
    let Some((mut session, user, token)) = found else { return ended() };
    if let Some(expires_at) = session.extension(&state.settings.sessions, now)
        && !refresh_disabled(request)
    {
        if !store::extend(&state.pool, session.id, expires_at, now).await? {
            return ended();
        }
        (session.expires_at, session.updated_at) = (expires_at, now);
        request.extensions_mut().insert(News::Extended(token.clone(), found_by));
    }
    place(&state.pool, state, &mut session).await?;
    Ok(MaybeSignedIn::SignedIn(Box::new(SignedIn { session, user, token, found_by })))
}

/// `?disableRefresh=...`: look, but do not extend. Anything that JavaScript takes for given counts.
fn refresh_disabled(request: &HttpRequest) -> bool {
    url::form_urlencoded::parse(request.query_string().as_bytes())
        .any(|(name, value)| name == "disableRefresh" && is_truthy(&value.as_ref().into()))
}

fn state(request: &HttpRequest) -> Result<&web::Data<State>, ApiError> {
    request
        .app_data::<web::Data<State>>()
        .ok_or_else(|| ApiError::Internal("no state in app data".to_owned()))
}
