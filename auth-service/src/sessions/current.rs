//! Who sends this request: the extractors that stand in a handler's parameters.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use service_kit::store::StoreError;

use super::model::{Session, SessionToken};
use super::store;
use crate::error::ApiError;
use crate::state::State;
use crate::users::User;

/// A live session and its user. A handler that takes this answers nobody else: 401.
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
    /// Set when this look-up extended the session, so that its cookie has to be sent again.
    pub extended: Option<SessionToken>,
}

/// The session of a request, if there is a live one.
pub enum MaybeSignedIn {
    /// No token came, or one that nobody signed.
    Nobody,
    /// A validly signed token whose session is over: the browser should forget it.
    Ended,
    /// Somebody.
    SignedIn(Box<SignedIn>),
}

impl FromRequest for MaybeSignedIn {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { look_up(&request).await })
    }
}

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match look_up(&request).await? {
                MaybeSignedIn::SignedIn(signed_in) => Ok(*signed_in),
                MaybeSignedIn::Nobody => Err(ApiError::Unauthorized(Vec::new())),
                MaybeSignedIn::Ended => {
                    let cookies = state(&request)?.cookies.clearing();
                    Err(ApiError::Unauthorized(cookies))
                }
            }
        })
    }
}

async fn look_up(request: &HttpRequest) -> Result<MaybeSignedIn, ApiError> {
    let state = state(request)?;
    let Some(token) = state.cookies.presented(request.headers()) else { return Ok(MaybeSignedIn::Nobody) };
    let now = state.clock.now();
    let client = state.pool.get().await.map_err(StoreError::from)?;
    let Some((mut session, user)) = store::find(&client, &token, now).await? else {
        return Ok(MaybeSignedIn::Ended);
    };
    let mut extended = None;
    if let Some(expires_at) = session.extension(&state.settings.sessions, now)
        && !refresh_disabled(request)
    {
        if !store::extend(&client, session.id, expires_at, now).await? {
            return Ok(MaybeSignedIn::Ended);
        }
        (session.expires_at, session.updated_at) = (expires_at, now);
        extended = Some(token);
    }
    Ok(MaybeSignedIn::SignedIn(Box::new(SignedIn { session, user, extended })))
}

/// `?disableRefresh=true`: look, but do not extend.
fn refresh_disabled(request: &HttpRequest) -> bool {
    url::form_urlencoded::parse(request.query_string().as_bytes())
        .any(|(name, value)| name == "disableRefresh" && value == "true")
}

fn state(request: &HttpRequest) -> Result<&web::Data<State>, ApiError> {
    request
        .app_data::<web::Data<State>>()
        .ok_or_else(|| ApiError::Internal("no state in app data".to_owned()))
}
