//! Security events of links about an email.

use actix_web::HttpRequest;
use service_kit::security_log::{Client, Record};
use shared_claims::UserId;

use super::outcome::Outcome;
use crate::error::LinkRefusal;
use crate::security_event::{SecurityEvent, SecurityLog};
use crate::verifications::Purpose;

/// What completing a sign-up did: it created an account, or set the password of one whose email was not verified.
pub(super) fn completed_sign_up<'a>(client: Client, sign_up: &UserId, user: &'a UserId) -> Record<'a> {
    let event = if sign_up == user { SecurityEvent::UserCreated } else { SecurityEvent::PasswordReset };
    event.by(client).user(user.as_str())
}

/// What using a link did. A new session is recorded where it starts.
pub(super) fn used<'a>(
    client: Client,
    purpose: Purpose,
    user: &'a UserId,
    outcome: &Outcome,
) -> Vec<Record<'a>> {
    let of_user = |event: SecurityEvent| event.by(client).user(user.as_str());
    let used = of_user(SecurityEvent::LinkUsed).link(purpose.as_str());
    match outcome {
        Outcome::Verified(_) => vec![used, of_user(SecurityEvent::EmailVerified)],
        Outcome::Changed(..) => vec![used, of_user(SecurityEvent::EmailChanged)],
        Outcome::Confirmed | Outcome::Needs(_) | Outcome::Refused(_) => vec![used],
    }
}

/// Logs the session that a link started. Call it after the commit.
pub(super) fn started(client: Client, outcome: &Outcome) {
    if let Outcome::Verified(session) = outcome {
        session.record(client);
    }
}

/// Records a refused link; logs one a minute for each network, because anybody can send any token.
pub(super) fn refused(log: &SecurityLog, request: &HttpRequest, refusal: LinkRefusal) {
    let event = SecurityEvent::LinkRefused.by(log.client(request));
    log.throttled(event.reason(refusal.reason()), &log.network(request));
}
