//! Who sends this request: the extractors that stand in a handler's parameters.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use service_kit::security_log::Client;

use super::change::SessionChange;
use super::model::Session;
use super::service::Sessions;
use super::store;
use crate::error::ApiError;
use crate::protocol::body::{Body, Schema};
use crate::protocol::cookies::Presented;
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::origin::is_truthy;
use crate::protocol::service::service;
use crate::security_event::SecurityEvent;
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

impl SignedIn {
    /// Records an event that this session caused to its own user.
    pub fn record(&self, event: SecurityEvent, client: Client) {
        event.by(client).user(self.user.id.as_str()).session(*self.session.id.as_uuid()).emit();
    }
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
        Box::pin(async move { service::<Sessions>(&request)?.find(&request).await })
    }
}

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { service::<Sessions>(&request)?.require(&request).await })
    }
}

impl FromRequest for Fresh {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let sessions: &Sessions = service(&request)?;
            let current = sessions.require(&request).await?;
            sessions.require_fresh(&current)?;
            Ok(Self(current))
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
            Ok(Self { current: service::<Sessions>(&request)?.require(&request).await?, body })
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
            let sessions: &Sessions = service(&request)?;
            if sessions.settings.revoking_needs_fresh {
                sessions.require_fresh(&current)?;
            }
            Ok(Self { current, body })
        })
    }
}

impl Sessions {
    /// The session of a request.
    async fn require(&self, request: &HttpRequest) -> Result<SignedIn, ApiError> {
        match self.find(request).await? {
            MaybeSignedIn::SignedIn(signed_in) => Ok(*signed_in),
            MaybeSignedIn::Nobody => Err(ApiError::Unauthorized),
        }
    }

    /// Requires a session that began recently enough for actions that an unattended device must not be able to do.
    ///
    /// # Errors
    /// [`ApiError::SessionNotFresh`] if it did not.
    pub fn require_fresh(&self, current: &SignedIn) -> Result<(), ApiError> {
        if self.is_fresh(current) { Ok(()) } else { Err(ApiError::SessionNotFresh) }
    }

    /// Whether a session began recently.
    pub fn is_fresh(&self, current: &SignedIn) -> bool {
        current.session.is_fresh(&self.settings, self.clock.now())
    }

    /// The session of a request, if there is a live one. Extends it when that is due.
    async fn find(&self, request: &HttpRequest) -> Result<MaybeSignedIn, ApiError> {
        let (found_by, tokens) = self.cookies.presented(request.headers());
        if tokens.is_empty() {
            return Ok(MaybeSignedIn::Nobody);
        }
        let now = self.clock.now();
        // A validly signed token whose session is over: the browser should forget it.
        let ended = || {
            request.extensions_mut().insert(SessionChange::Ended);
            Ok(MaybeSignedIn::Nobody)
        };
        let oldest = self.settings.oldest_beginning(now);
        // Nearly always there is one token, and so one query.
        let mut found: Option<(Session, User, SessionToken)> = None;
        for token in tokens {
            let Some((session, user)) = store::find(&self.pool, &token, oldest, now).await? else { continue };
            match &found {
                // One of the two was planted, by somebody who wants this browser to act as another user.
                Some((one, first, _)) if first.id != user.id => {
                    let event = SecurityEvent::SessionsConflicting.by(self.log.client(request));
                    let event = event.user(first.id.as_str()).session(*one.id.as_uuid());
                    self.log.throttled(event, one.id.as_uuid());
                    return Ok(MaybeSignedIn::Nobody);
                }
                Some(_) => {}
                None => found = Some((session, user, token)),
            }
        }
        let Some((mut session, user, token)) = found else { return ended() };
        if let Some(expires_at) = session.extension(&self.settings, now)
            && !refresh_disabled(request)
        {
            if !store::extend(&self.pool, session.id, expires_at, now).await? {
                return ended();
            }
            (session.expires_at, session.updated_at) = (expires_at, now);
            request.extensions_mut().insert(SessionChange::Extended(token.clone(), found_by));
        }
        self.allocate_index(&self.pool, &mut session).await?;
        Ok(MaybeSignedIn::SignedIn(Box::new(SignedIn { session, user, token, found_by })))
    }
}

/// `?disableRefresh=...`: look, but do not extend. Anything that JavaScript takes for given counts.
fn refresh_disabled(request: &HttpRequest) -> bool {
    url::form_urlencoded::parse(request.query_string().as_bytes())
        .any(|(name, value)| name == "disableRefresh" && is_truthy(&value.as_ref().into()))
}
