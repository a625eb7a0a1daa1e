//! Extractors for the session of a request.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use service_kit::security_log::{Client, Record};

use super::change::SessionChange;
use super::model::Session;
use super::service::Sessions;
use super::store;
use crate::error::{ApiError, TwoFactorError};
use crate::protocol::body::{Body, Schema};
use crate::protocol::cookies::Presented;
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::origin::is_truthy;
use crate::protocol::service::service;
use crate::security_event::SecurityEvent;
use crate::users::User;

/// A live session and its user. Without one, a handler that takes this responds with 401.
pub struct SignedIn {
    pub session: Session,
    pub user: User,
    /// The token that the request presented, to set the cookie again.
    pub token: SessionToken,
    pub presented: Presented,
}

impl SignedIn {
    /// An event that this session caused for its own user.
    pub fn event(&self, event: SecurityEvent, client: Client) -> Record<'_> {
        event.by(client).user(self.user.id.as_str()).session(*self.session.id.as_uuid())
    }
}

/// A live session that started recently. For older ones, a handler that takes this responds with 403.
pub struct Fresh(pub SignedIn);

/// A body and then a live session: an invalid body is a 400 with or without a session.
pub struct WithBody<T> {
    pub current: SignedIn,
    pub body: T,
}

/// A live session, if there is one, whose user may still have to set up a second factor: for the endpoints that do this, and for
/// telling the page.
pub struct MaybeEnrolling(pub Option<Box<SignedIn>>);

/// A body and a live session whose user may still have to set up a second factor.
pub struct Enrolling<T> {
    pub current: SignedIn,
    pub body: T,
}

/// A body and a live session that may end others. With `SESSION_REVOKE_FRESH`, the session must be fresh.
pub struct Revoking<T> {
    pub current: SignedIn,
    pub body: T,
}

pub enum MaybeSignedIn {
    /// No token, no valid signature, no live session, or the live sessions of two users.
    Nobody,
    SignedIn(Box<SignedIn>),
}

impl MaybeSignedIn {
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
        Box::pin(async move {
            let sessions: &Sessions = service(&request)?;
            Ok(match sessions.find(&request).await? {
                Self::SignedIn(current) if sessions.must_enroll(&current.session, &current.user) => {
                    Self::Nobody
                }
                found => found,
            })
        })
    }
}

impl FromRequest for MaybeEnrolling {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            Ok(match service::<Sessions>(&request)?.find(&request).await? {
                MaybeSignedIn::SignedIn(current) => Self(Some(current)),
                MaybeSignedIn::Nobody => Self(None),
            })
        })
    }
}

impl<T: Schema> FromRequest for Enrolling<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Body::<T>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let Body(body) = body.await?;
            let MaybeEnrolling(current) = MaybeEnrolling::extract(&request).await?;
            Ok(Self { current: *current.ok_or(ApiError::Unauthorized)?, body })
        })
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
    async fn require(&self, request: &HttpRequest) -> Result<SignedIn, ApiError> {
        match self.find(request).await? {
            MaybeSignedIn::SignedIn(current) if self.must_enroll(&current.session, &current.user) => {
                Err(TwoFactorError::EnrollmentRequired.into())
            }
            MaybeSignedIn::SignedIn(current) => Ok(*current),
            MaybeSignedIn::Nobody => Err(ApiError::Unauthorized),
        }
    }

    /// Requires a fresh session, for actions that must not be possible on an unattended device.
    ///
    /// # Errors
    /// [`ApiError::SessionNotFresh`] if the session started too long ago.
    pub fn require_fresh(&self, current: &SignedIn) -> Result<(), ApiError> {
        if self.is_fresh(current) { Ok(()) } else { Err(ApiError::SessionNotFresh) }
    }

    pub fn is_fresh(&self, current: &SignedIn) -> bool {
        current.session.is_fresh(&self.settings, self.clock.now())
    }

    /// Finds the live session of a request, if there is one, and extends it when that is due.
    async fn find(&self, request: &HttpRequest) -> Result<MaybeSignedIn, ApiError> {
        let (presented, tokens) = self.cookies.presented(request.headers());
        if tokens.is_empty() {
            return Ok(MaybeSignedIn::Nobody);
        }
        let now = self.clock.now();
        // The token is validly signed and its session has ended, so the browser should delete the cookie.
        let ended = || {
            request.extensions_mut().insert(SessionChange::Ended);
            Ok(MaybeSignedIn::Nobody)
        };
        let oldest = self.settings.oldest_start(now);
        // Nearly always there is one token, and so one query.
        let mut found: Option<(Session, User, SessionToken)> = None;
        for token in tokens {
            let Some((session, user)) = store::find(&self.pool, &token, oldest, now).await? else { continue };
            match &found {
                // Somebody planted one of the two to have this browser act as another user.
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
            request.extensions_mut().insert(SessionChange::Extended(token.clone(), presented));
        }
        self.allocate_index(&self.pool, &mut session).await?;
        Ok(MaybeSignedIn::SignedIn(Box::new(SignedIn { session, user, token, presented })))
    }
}

/// `?disableRefresh=...` finds the session without extending it. Any value that is truthy in JavaScript counts.
fn refresh_disabled(request: &HttpRequest) -> bool {
    url::form_urlencoded::parse(request.query_string().as_bytes())
        .any(|(name, value)| name == "disableRefresh" && is_truthy(&value.as_ref().into()))
}
