//! `list-sessions` and the `revoke-...` endpoints.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::current::{Fresh, Revoking, SignedIn};
use super::model::SessionView;
use super::service::Sessions;
use super::store;
use crate::audit;
use crate::error::ApiError;
use crate::protocol::body::{Fields, NoFields, Schema};
use crate::protocol::session_id::SessionId;
use crate::protocol::status::{DONE, Status};
use crate::security_event::SecurityEvent;

/// The session to end.
#[derive(ToSchema)]
#[schema(example = json!({"token": "01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d"}))]
pub struct Revocation {
    /// The `token` that `list-sessions` returns, or a session token.
    token: String,
}

impl Schema for Revocation {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { token: fields.string("token")?.to_owned() })
    }
}

/// List the live sessions.
///
/// Oldest first. Requires a fresh session.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Vec<SessionView>, description = "The sessions"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH"),
))]
#[get("/list-sessions")]
pub async fn list_sessions(
    sessions: web::Data<Sessions>,
    Fresh(current): Fresh,
) -> Result<HttpResponse, ApiError> {
    let now = sessions.clock.now();
    let oldest = sessions.settings.oldest_start(now);
    let live = store::list(&sessions.pool, &current.user.id, oldest, now).await?;
    Ok(HttpResponse::Ok().json(live.iter().map(SessionView::from).collect::<Vec<_>>()))
}

/// End a session.
///
/// The response does not reveal whether the session existed.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), request_body = Revocation, responses(
    (status = 200, body = Status, description = "The session is not live any more"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, with SESSION_REVOKE_FRESH"),
))]
#[post("/revoke-session")]
pub async fn revoke_session(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
    Revoking { current, body }: Revoking<Revocation>,
) -> Result<HttpResponse, ApiError> {
    let transaction = sessions.pool.begin().await?;
    if let Some(ended) = store::revoke(&transaction, &current.user.id, &body.token).await? {
        let event =
            SecurityEvent::SessionRevoked.by(sessions.log.client(&request)).user(current.user.id.as_str());
        audit::commit(transaction, &[event.session(*ended.as_uuid())]).await?;
    }
    let mut response = HttpResponse::Ok().json(DONE);
    let own =
        SessionId::parse(&body.token) == Some(current.session.id) || body.token == current.token.expose();
    if own {
        sessions.clear_cookies(&mut response);
    }
    Ok(response)
}

/// End all sessions.
///
/// The current session ends too.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Status, description = "All sessions were ended"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, with SESSION_REVOKE_FRESH"),
))]
#[post("/revoke-sessions")]
pub async fn revoke_sessions(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
    Revoking { current, .. }: Revoking<NoFields>,
) -> Result<HttpResponse, ApiError> {
    revoke_all(&sessions, &request, &current, (None, "all")).await?;
    let mut response = HttpResponse::Ok().json(DONE);
    sessions.clear_cookies(&mut response);
    Ok(response)
}

/// End all other sessions.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Status, description = "All other sessions were ended"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, with SESSION_REVOKE_FRESH"),
))]
#[post("/revoke-other-sessions")]
pub async fn revoke_other_sessions(
    request: HttpRequest,
    sessions: web::Data<Sessions>,
    Revoking { current, .. }: Revoking<NoFields>,
) -> Result<HttpResponse, ApiError> {
    revoke_all(&sessions, &request, &current, (Some(current.session.id), "others")).await?;
    Ok(HttpResponse::Ok().json(DONE))
}

async fn revoke_all(
    sessions: &Sessions,
    request: &HttpRequest,
    current: &SignedIn,
    (keep, reason): (Option<SessionId>, &'static str),
) -> Result<(), ApiError> {
    let transaction = sessions.pool.begin().await?;
    let ended = store::end_all(&transaction, &current.user.id, keep).await?;
    let event = current.event(SecurityEvent::SessionsRevoked, sessions.log.client(request));
    Ok(audit::commit(transaction, &[event.reason(reason).count(ended)]).await?)
}
