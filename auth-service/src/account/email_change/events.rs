//! Security events of links about an email.

use actix_web::HttpRequest;
use shared_claims::UserId;

use super::outcome::{Outcome, VerifiedSession};
use crate::error::LinkRefusal;
use crate::security_event::{SecurityEvent, SecurityLog};
use crate::verifications::Purpose;

/// Records the outcome of completing a sign-up: it created an account, or set the password of one whose email was not
/// verified. Call it after the commit.
pub(super) fn completed_sign_up(log: &SecurityLog, request: &HttpRequest, sign_up: &UserId, user: &UserId) {
    let event = if sign_up == user { SecurityEvent::UserCreated } else { SecurityEvent::PasswordReset };
    event.by(log.client(request)).user(user.as_str()).emit();
}

/// Records that a link was used. Call it after the commit.
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
            if let VerifiedSession::New(new) = session {
                new.0.record(client, "email_verified");
            }
        }
        Outcome::Changed(..) => of_user(SecurityEvent::EmailChanged).emit(),
        Outcome::Confirmed | Outcome::Needs(_) | Outcome::Refused(_) => {}
    }
}

/// Records a refused link, once a minute for each network, because anybody can send any token.
pub(super) fn refused(log: &SecurityLog, request: &HttpRequest, refusal: LinkRefusal) {
    let event = SecurityEvent::LinkRefused.by(log.client(request));
    log.throttled(event.reason(refusal.reason()), &log.network(request));
}
