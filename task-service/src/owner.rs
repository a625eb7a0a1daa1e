//! Who may touch the tasks of a path: its owner, proven by a token.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use shared_claims::{UserId, authenticate};

use crate::budget::RequestBudget;
use crate::error::ApiError;
use crate::security_event::{RefusalLog, SecurityEvent};

/// The path's way to say "the caller", whoever that is.
const SELF: &str = "me";

/// The user who sent this request and owns what its path names.
///
/// Only the extractor makes one: it takes the identity from a verified token and from nowhere else, and refuses
/// when `{user_id}` in the path is neither `me` nor that identity. A handler that takes an `Owner` first is not
/// entered, and its path and body are not looked at, before both are settled. Each request counts against its
/// sender's [`RequestBudget`], whatever it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner(UserId);

impl Owner {
    /// The owner's user id; never empty.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let refusals = request.app_data::<web::Data<RefusalLog>>();
        let refusals = refusals.ok_or(ApiError::Unconfigured("log of refusals"))?;
        let claims = authenticate(request).inspect_err(|error| refusals.token(request, *error))?;
        let caller = claims.subject();
        let refused = |event| refusals.caller(request, event, &claims);
        let budget = request.app_data::<web::Data<RequestBudget>>();
        let budget = budget.ok_or(ApiError::Unconfigured("request budget"))?;
        budget.take(caller).inspect_err(|_| refused(SecurityEvent::RateLimited))?;
        match request.match_info().get("user_id") {
            Some(named) if named == SELF || named == caller.as_str() => Ok(Self(caller.clone())),
            // A malformed id is somebody else's too: it cannot be the caller's.
            Some(_) | None => {
                refused(SecurityEvent::AccessRefused);
                Err(ApiError::Forbidden)
            }
        }
    }
}

impl FromRequest for Owner {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
