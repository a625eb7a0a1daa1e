//! The owner of the tasks of a path, authenticated by a token.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use shared_claims::{AuthenticationError, Reason, UserId, VerifyError, authenticate};

use crate::budget::RequestBudget;
use crate::error::ApiError;
use crate::refused_users::RefusedUsers;
use crate::security_event::{RefusalLog, SecurityEvent};

/// Stands for the caller in a path.
const SELF: &str = "me";

/// The user who sent this request and owns the tasks of its path.
///
/// Only the extractor creates it: the identity comes from a verified token only, and `{user_id}` in the path must be `me` or
/// that identity. A handler whose first parameter is an `Owner` is not called, and its path and body are not read, before
/// both are checked. Each request counts against the [`RequestBudget`] of its sender, whatever the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner(UserId);

impl Owner {
    /// Returns the user id of the owner. Never empty.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let refusals = request.app_data::<web::Data<RefusalLog>>();
        let refusals = refusals.ok_or(ApiError::Unconfigured("log of refusals"))?;
        let claims = authenticate(request).inspect_err(|error| refusals.token(request, *error))?;
        let caller = claims.subject();
        let deleted = request.app_data::<web::Data<RefusedUsers>>();
        if deleted.is_some_and(|deleted| deleted.contain(caller)) {
            let revoked = AuthenticationError::Token(VerifyError::Invalid(Reason::Revoked));
            refusals.token(request, revoked);
            return Err(revoked.into());
        }
        let refused = |event| refusals.caller(request, event, &claims);
        let budget = request.app_data::<web::Data<RequestBudget>>();
        let budget = budget.ok_or(ApiError::Unconfigured("request budget"))?;
        budget.take(caller).inspect_err(|_| refused(SecurityEvent::RateLimited))?;
        match request.match_info().get("user_id") {
            Some(named) if named == SELF || named == caller.as_str() => Ok(Self(caller.clone())),
            // A malformed id is not the caller's either.
            Some(_) | None => {
                refused(SecurityEvent::AccessRefused);
                Err(ApiError::Forbidden)
            }
        }
    }
}

/// A user whom auth-service has deleted, and whose tasks have to go.
///
/// Only a verified announcement of auth-service creates it.
#[derive(Debug, Clone)]
pub struct DeletedUser(UserId);

impl DeletedUser {
    /// The user of an announcement whose signature was verified.
    pub fn announced(user: UserId) -> Self {
        Self(user)
    }

    /// Returns the id of the user. Never empty.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromRequest for Owner {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
