//! `two-factor/disable`.

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse, post};
use service_kit::envelope::Envelope;

use super::super::service::TwoFactor;
use super::enable::OwnPassword;
use crate::email::Message;
use crate::error::ApiError;
use crate::protocol::cookies::Mark;
use crate::protocol::service::Enabled;
use crate::protocol::status::{DONE, Status};
use crate::second_factors;
use crate::security_event::SecurityEvent;
use crate::sessions::WithBody;
use crate::users::User;

/// Remove the second factor.
///
/// Removes the authenticator app, the backup codes and the trusted devices. The session continues with another token. Needs a
/// fresh session.
#[utoipa::path(tag = "second factors", security(("cookie" = []), ("bearer" = [])), request_body = OwnPassword, responses(
    (status = 200, body = Status, description = "The second factor was removed"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_PASSWORD"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, or the origin is not trusted"),
    (status = 429, description = "Too many requests, or too many wrong passwords"),
))]
#[post("/two-factor/disable")]
pub async fn disable(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    WithBody { current, body }: WithBody<OwnPassword>,
) -> Result<HttpResponse, ApiError> {
    two_factor.confirm_owner(&request, &current, body.password.as_ref()).await?;
    let (now, client) = (two_factor.clock.now(), two_factor.log.client(&request));
    let transaction = two_factor.begin(&current, now).await?;
    second_factors::delete_factors(&transaction, &current.user.id).await?;
    second_factors::set_enabled(&transaction, &current.user.id, false, false, now).await?;
    let had_one = current.user.two_factor;
    let updated_at = if had_one { now } else { current.user.updated_at };
    let user = User { two_factor: false, updated_at, ..current.user.clone() };
    let started = two_factor.continue_session(&transaction, &request, (&current, &user), None, now).await?;
    let mut events = Vec::new();
    if had_one {
        two_factor.notify(&transaction, &request, &user, &Message::SecondFactorRemoved, now).await?;
        events.push(current.event(SecurityEvent::SecondFactorRemoved, client));
    }
    two_factor.mailer.commit(transaction, &events).await?;
    started.record(client);
    let mut response = HttpResponse::Ok().json(DONE);
    two_factor.sessions.respond_with(&mut response, &request, &started, &user).await?;
    if !two_factor.sessions.presented_devices(&request).is_empty()
        && let Some(cookie) = two_factor.sessions.cookies.clear_mark(Mark::TrustedDevice)
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
