//! Security events: log lines of requests that were refused because of their sender. `docs/OPERATIONS.md` describes each
//! event.

use std::hash::Hash;

use actix_web::HttpRequest;
use service_kit::security_log::{Client, Record, Throttle};
use shared_claims::{AuthenticationError, Claims, Reason, SharedClock, VerifyError};
use strum::{IntoStaticStr, VariantArray};
use uuid::Uuid;

/// A kind of security event. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub enum SecurityEvent {
    /// A token was invalid.
    #[strum(serialize = "token.refused")]
    TokenRefused,
    /// The path of a request belongs to another user.
    #[strum(serialize = "access.refused")]
    AccessRefused,
    /// A user exceeded the request budget.
    #[strum(serialize = "request.rate_limited")]
    RateLimited,
}

impl SecurityEvent {
    /// The name, for programs.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    fn by(self, request: &HttpRequest) -> Record<'static> {
        // This service has no list of proxies: behind a gateway, this is the address of the gateway.
        let address = request.peer_addr().map(|peer| peer.ip().to_canonical());
        Record::new(self.as_str(), Client::of(request, address))
    }
}

/// Records refused requests: one event per minute of each kind and source, because anybody can send any number of them.
pub struct RefusalLog {
    throttle: Throttle,
    clock: SharedClock,
}

impl RefusalLog {
    /// Creates a log without events.
    pub fn new(clock: SharedClock) -> Self {
        Self { throttle: Throttle::default(), clock }
    }

    /// Records a refused token, by reason and client address. Does not record requests without a token, and tokens that cannot
    /// be verified now.
    pub fn token(&self, request: &HttpRequest, error: AuthenticationError) {
        let (AuthenticationError::Token(VerifyError::Invalid(reason))
        | AuthenticationError::Explained(reason)) = error
        else {
            return;
        };
        if reason != Reason::NoToken {
            let address = request.peer_addr().map(|peer| peer.ip());
            let event = SecurityEvent::TokenRefused.by(request).reason(reason.as_str());
            self.emit(event, &(reason, address));
        }
    }

    /// Records that `caller` was refused.
    pub fn caller(&self, request: &HttpRequest, event: SecurityEvent, caller: &Claims) {
        let user = caller.subject().as_str();
        let record = event.by(request).user(user);
        let session = caller.session_id().and_then(|id| Uuid::try_parse(id).ok());
        self.emit(session.map_or(record, |id| record.session(id)), &user);
    }

    fn emit(&self, event: Record<'_>, source: &impl Hash) {
        self.throttle.emit(event, source, self.clock.now());
    }
}
