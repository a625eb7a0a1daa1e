//! Security events of links about an email.

use actix_web::HttpRequest;
use shared_claims::UserId;

use super::outcome::{Outcome, VerifiedSession};
use crate::error::LinkRefusal;
use crate::security_event::{SecurityEvent, SecurityLog};
use crate::verifications::Purpose;

/// Records what completing a sign-up did: it created an account, or set the password of one whose email was never verified.
/// Comes after the commit.
pub(super) fn completed_sign_up(log: &SecurityLog, request: &HttpRequest, sign_up: &UserId, user: &UserId) {
    let event = if sign_up == user { SecurityEvent::UserCreated } else { SecurityEvent::PasswordReset };
    event.by(log.client(request)).user(user.as_str()).emit();
}

/// Records that a link was used. Comes after the commit.
pub(super) fn used(
    log: &SecurityLog,
    request: &HttpRequest,
    purpose: Purpose,
    user: &UserId,
    outcome: &Outcome,
) {
    let client = log.client(request);
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
pub(super) fn refused(log: &SecurityLog, request: &HttpRequest, refusal: LinkRefusal) {
    let event = SecurityEvent::LinkRefused.by(log.client(request));
    log.throttled(event.reason(refusal.reason()), &log.network(request));
}
