//! `security-events`: what happened to the user's own account.

use actix_web::{HttpResponse, get, web};
use jiff::Timestamp;
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::service::Accounts;
use crate::audit::{self, AuditEvent, Cursor};
use crate::error::ApiError;
use crate::protocol::fields::Fields;
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::timestamp;
use crate::sessions::SignedIn;

/// Events of a page if the client names no number: two screens.
const DEFAULT_LIMIT: i64 = 50;
/// Maximum number of events of a page, so that a response stays below 64 kB.
const MAX_LIMIT: i64 = 100;

/// The page of events to return.
pub struct EventsPage {
    limit: i64,
    before: Option<Cursor>,
}

impl QuerySchema for EventsPage {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let limit = match fields.optional_string("limit") {
            None => Some(DEFAULT_LIMIT),
            Some(text) => text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)),
        };
        if limit.is_none() {
            fields.reject("limit", &format!("Invalid input: expected a number from 1 to {MAX_LIMIT}"));
        }
        let text = fields.optional_string("cursor");
        let before = text.and_then(Cursor::parse);
        if text.is_some() && before.is_none() {
            fields.reject("cursor", "Invalid input: expected the nextCursor of a response");
        }
        Some(Self { limit: limit?, before })
    }
}

/// Some security events, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"events": [{"event": "session.started", "outcome": "success",
    "occurredAt": "2026-11-21T12:39:37.130Z", "lastAt": null, "sessionId": "01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d",
    "ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0", "reason": "sign_in", "link": null, "count": null}],
    "nextCursor": null}))]
pub struct SecurityEvents {
    /// The events.
    events: Vec<SecurityEventView>,
    /// The `cursor` of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// A security event of the user, or refusals of a minute that were the same.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SecurityEventView {
    /// Its name, e.g. `session.started`. New ones may be added.
    event: String,
    /// `success` or `refusal`.
    outcome: String,
    /// When it happened; of refusals, the first.
    #[serde(serialize_with = "timestamp::serialize")]
    occurred_at: Timestamp,
    /// When the last of the refusals happened.
    #[serde(serialize_with = "timestamp::serialize_optional")]
    last_at: Option<Timestamp>,
    /// The session that acted or was acted on.
    #[schema(value_type = Option<String>, format = Uuid)]
    session_id: Option<uuid::Uuid>,
    /// The IP address of the client.
    ip_address: Option<String>,
    /// The `User-Agent` header of the client that signed in.
    user_agent: Option<String>,
    /// Why it happened, e.g. `wrong_password`.
    reason: Option<String>,
    /// The purpose of the link that was used.
    link: Option<String>,
    /// How many refusals or sessions.
    count: Option<i64>,
}

impl From<AuditEvent> for SecurityEventView {
    fn from(event: AuditEvent) -> Self {
        Self {
            event: event.event,
            outcome: event.outcome,
            occurred_at: event.occurred_at,
            last_at: event.last_at,
            session_id: event.session_id,
            ip_address: event.client_address,
            user_agent: event.user_agent,
            reason: event.reason,
            link: event.link,
            count: event.count,
        }
    }
}

/// List the security events of the account.
///
/// Sign-ins, refused sign-ins, changes of the password and so on, newest first. Refusals of a minute that are the same are
/// one event with a `count`, and appear within a minute.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])),
    params(("limit" = Option<i64>, Query, description = "Number of events", minimum = 1, maximum = 100, example = 50),
           ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page", pattern = "^(0|[1-9][0-9]{0,15})_[0-9a-f]{32}$")),
    responses(
        (status = 200, body = SecurityEvents, description = "The events"),
        (status = 400, body = Envelope, description = "VALIDATION_ERROR"),
        (status = 401, body = Envelope, description = "No live session"),
    ))]
#[get("/security-events")]
pub async fn security_events(
    accounts: web::Data<Accounts>,
    Query(page): Query<EventsPage>,
    current: SignedIn,
) -> Result<HttpResponse, ApiError> {
    // One more than asked for shows whether there is a next page.
    let mut events = audit::of_user(&accounts.pool, &current.user.id, page.before, page.limit + 1).await?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let has_more = events.len() > limit;
    events.truncate(limit);
    let next_cursor = events.last().filter(|_| has_more).map(|event| event.cursor().encode());
    let events = events.into_iter().map(SecurityEventView::from).collect();
    Ok(HttpResponse::Ok().json(SecurityEvents { events, next_cursor }))
}
