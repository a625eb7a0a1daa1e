//! The audit log: what it records, what the service may do with it, and who can read it.

mod command;
mod endpoint;
mod refusals;

use serde_json::Value;
use tokio_postgres::error::SqlState;

use crate::support::{Auth, connect};

/// Events that are counted; all others are acts, recorded one by one.
const REFUSALS: [&str; 10] = [
    "account.locked",
    "code.refused",
    "link.refused",
    "password.refused",
    "request.origin_refused",
    "request.rate_limited",
    "second_factor.refused",
    "sessions.conflicting",
    "sign_in.refused",
    "sign_up.refused",
];

/// Compares the logged events of a request, or all without a request, with the rows of the audit log: each act is there with
/// all that the log says of it, and nothing else.
pub async fn assert_recorded(database_url: &str, request_id: Option<&str>, logged: &[Value]) {
    let sql = "
        SELECT jsonb_strip_nulls(jsonb_build_object('event', event, 'user_id', user_id, 'session_id', session_id,
            'client_address', host(client_address), 'request_id', request_id, 'reason', reason, 'link', link,
            'key_id', key_id, 'count', count))
        FROM audit_events
        WHERE outcome = 'success' AND request_id::text IS NOT DISTINCT FROM $1::text";
    let rows = connect(database_url).await.query(sql, &[&request_id]).await.unwrap();
    let mut rows: Vec<Value> = rows.iter().map(|row| row.get(0)).collect();
    let acts = logged.iter().filter(|event| !REFUSALS.contains(&event["event"].as_str().unwrap()));
    let mut acts: Vec<Value> = acts
        .map(|event| {
            let mut event = event.clone();
            event.as_object_mut().unwrap().retain(|name, value| name != "message" && !value.is_null());
            event
        })
        .collect();
    for events in [&mut rows, &mut acts] {
        events.sort_by_key(Value::to_string);
    }
    assert_eq!(rows, acts);
}

#[tokio::test]
async fn the_service_adds_events_and_cannot_change_or_delete_them() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let service = connect(&auth.database.service_url()).await;
    let row =
        service.query_one("SELECT count(*) FROM audit_events WHERE user_id IS NOT NULL", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 2, "the user and the session");
    for statement in [
        "UPDATE audit_events SET user_id = 'bob'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "DROP TABLE audit_events",
        "ALTER TABLE audit_events DROP CONSTRAINT audit_events_pkey",
    ] {
        let error = service.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}");
    }
}

/// An act without its event does not happen.
#[tokio::test]
async fn what_cannot_be_recorded_is_not_done() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let superuser = auth.superuser().await;
    superuser.batch_execute("REVOKE INSERT ON audit_events FROM auth_service").await.unwrap();
    let change =
        serde_json::json!({"currentPassword": crate::support::PASSWORD, "newPassword": "another password"});
    assert_eq!(alice.post("/change-password", &change).await.status, 500);
    assert_eq!(alice.post("/update-user", &serde_json::json!({"name": "Mallory"})).await.status, 500);
    assert_eq!(
        alice.post("/delete-user", &serde_json::json!({"password": crate::support::PASSWORD})).await.status,
        404
    );
    assert_eq!(alice.post("/sign-out", &serde_json::json!({})).await.status, 500);
    assert_eq!(alice.session().await["user"]["name"], "alice", "still signed in, unchanged");
    superuser.batch_execute("GRANT INSERT ON audit_events TO auth_service").await.unwrap();
    assert!(auth.accepts("alice", crate::support::PASSWORD).await);
}

#[tokio::test]
async fn events_outlive_their_user() {
    let auth = Auth::start_with(&[("DELETE_USER_ENABLED", "true")]).await;
    let alice = auth.user("alice").await;
    let password = serde_json::json!({"password": crate::support::PASSWORD});
    assert_eq!(alice.post("/delete-user", &password).await.status, 200);
    let names = "SELECT array_agg(event ORDER BY occurred_at) FROM audit_events WHERE user_id = $1";
    let id = alice.user["id"].as_str().unwrap();
    let row = auth.superuser().await.query_one(names, &[&id]).await.unwrap();
    let names: Vec<String> = row.get(0);
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(names[2], "user.deleted");
}
