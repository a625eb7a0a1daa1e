//! Security events of links about an email.

use actix_web::HttpRequest;
use service_kit::security_log::Client;
use shared_claims::UserId;

use super::outcome::{Outcome, VerifiedSession};
use crate::client_address::Network;
use crate::error::LinkRefusal;
use crate::security_event::{self, SecurityEvent};
use crate::state::State;
use crate::verifications::Purpose;

/// Records what completing a sign-up did: it created an account, or set the password of one whose email was never verified.
/// Comes after the commit.
pub(super) fn completed_sign_up(state: &State, request: &HttpRequest, sign_up: &UserId, user: &UserId) {
    let event = if sign_up == user { SecurityEvent::UserCreated } else { SecurityEvent::PasswordReset };
    event.by(client(state, request)).user(user.as_str()).emit();
}

/// Records that a link was used. Comes after the commit.
pub(super) fn used(state: &State, request: &HttpRequest, purpose: Purpose, user: &UserId, outcome: &Outcome) {
    let client = client(state, request);
    let of_user = |event: SecurityEvent| event.by(client).user(user.as_str());
    of_user(SecurityEvent::LinkUsed).link(purpose.as_str()).emit();
    match outcome {
        Outcome::Verified(session) => {
            of_user(SecurityEvent::EmailVerified).emit();
            if let VerifiedSession::Begun(begun) = session {
                begun.0.record(client, "email_verified");
            }
        }
        Outcome::Changed(..) => of_user(SecurityEvent::EmailChanged).emit(),
        Outcome::Confirmed | Outcome::Needs(_) | Outcome::Refused(_) => {}
    }
}

/// Records that a link was refused: one event for each network in a minute, since anybody can send any token.
pub(super) fn refused(state: &State, request: &HttpRequest, refusal: LinkRefusal) {
    let event = SecurityEvent::LinkRefused.by(client(state, request));
    let source = Network::of(state.settings.trusted_proxies.client(request));
    state.throttle.emit(event.reason(refusal.reason()), &source, state.clock.now());
}

fn client(state: &State, request: &HttpRequest) -> Client {
    security_event::client(&state.settings.trusted_proxies, request)
}
