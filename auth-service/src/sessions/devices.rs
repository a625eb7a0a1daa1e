//! `list-sessions` and the `revoke-...` endpoints: where somebody is signed in, and ending it.

use actix_web::{HttpResponse, get, post, web};
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::current::{Fresh, WithBody};
use super::hand_over::clear_cookies;
use super::model::{SessionId, SessionView};
use super::store;
use crate::error::ApiError;
use crate::protocol::body::{Fields, NoFields, Schema};
use crate::protocol::status::{DONE, Status};
use crate::state::State;

/// Which session to end.
#[derive(ToSchema)]
#[schema(example = json!({"token": "01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d"}))]
pub struct Revocation {
    /// Its `token` in the list, or the session token itself.
    token: String,
}

impl Schema for Revocation {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { token: fields.string("token")?.to_owned() })
    }
}

/// The live sessions of the user, oldest first. The session that asks must be fresh.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Vec<SessionView>, description = "The sessions"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH"),
))]
#[get("/list-sessions")]
pub async fn list_sessions(state: web::Data<State>, Fresh(current): Fresh) -> Result<HttpResponse, ApiError> {
    let sessions = store::list(&state.pool, &current.user.id, state.clock.now()).await?;
    let sessions: Vec<SessionView<'_>> = sessions.iter().map(SessionView::from).collect();
    Ok(HttpResponse::Ok().json(sessions))
}

/// Ends one session of the user. Answers the same for a session that is not there or is not theirs.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), request_body = Revocation, responses(
    (status = 200, body = Status, description = "It is over"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/revoke-session")]
pub async fn revoke_session(
    state: web::Data<State>,
    WithBody { current, body }: WithBody<Revocation>,
) -> Result<HttpResponse, ApiError> {
    store::revoke(&state.pool, &current.user.id, &body.token).await?;
    let mut response = HttpResponse::Ok();
    let own =
        SessionId::parse(&body.token) == Some(current.session.id) || body.token == current.token.expose();
    if own {
        clear_cookies(&mut response, &state);
    }
    Ok(response.json(DONE))
}

/// Ends every session of the user, this one too.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Status, description = "All are over"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/revoke-sessions")]
pub async fn revoke_sessions(
    state: web::Data<State>,
    WithBody { current, .. }: WithBody<NoFields>,
) -> Result<HttpResponse, ApiError> {
    store::end_all(&state.pool, &current.user.id, None).await?;
    let mut response = HttpResponse::Ok();
    clear_cookies(&mut response, &state);
    Ok(response.json(DONE))
}

/// Ends every session of the user but this one.
#[utoipa::path(tag = "sessions", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Status, description = "The others are over"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/revoke-other-sessions")]
pub async fn revoke_other_sessions(
    state: web::Data<State>,
    WithBody { current, .. }: WithBody<NoFields>,
) -> Result<HttpResponse, ApiError> {
    store::end_all(&state.pool, &current.user.id, Some(current.session.id)).await?;
    Ok(HttpResponse::Ok().json(DONE))
}
