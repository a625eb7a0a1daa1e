//! The queries of an idle service: a database that scales to zero is only suspended if there are none.

use std::time::{Duration, Instant};

use local_stack::testing;
use serde_json::json;
use tokio_postgres::Client;

use crate::mailbox::Mailbox;
use crate::status_lists::{SOON, eventually, is_revoked};
use crate::support::{Auth, PASSWORD};

/// Longer than the default of every interval except the cleanup.
const QUIET: Duration = Duration::from_secs(8);
/// More than a start, a cleanup one minute later and the quiet time take.
const PATIENCE: Duration = Duration::from_secs(150);
const RARELY: [(&str, &str); 3] =
    [("KEY_REFRESH_INTERVAL", "24h"), ("STATUS_LIST_INTERVAL", "24h"), ("MAIL_POLL_INTERVAL", "30m")];

/// The time since the last statement on a connection of the service started or ended. `Duration::MAX` without connections,
/// because a pooler closes idle ones.
pub async fn quiet_for(superuser: &Client) -> Duration {
    let sql = "SELECT extract(epoch FROM clock_timestamp() - max(state_change))::float8 FROM pg_stat_activity
               WHERE datname = current_database() AND usename = 'auth_service'";
    let seconds: Option<f64> = superuser.query_one(sql, &[]).await.unwrap().get(0);
    seconds.map_or(Duration::MAX, |seconds| Duration::from_secs_f64(seconds.max(0.0)))
}

async fn becomes_quiet(superuser: &Client) {
    eventually("quiet", PATIENCE, async || quiet_for(superuser).await >= QUIET).await;
}

#[tokio::test]
async fn with_long_intervals_an_idle_service_sends_no_queries_and_still_works() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &RARELY).await;
    let superuser = auth.superuser().await;
    becomes_quiet(&superuser).await;
    for path in ["/healthz", "/api/auth/ok", "/api/auth/jwks", "/.well-known/jwks.json"] {
        assert_eq!(reqwest::get(auth.url(path)).await.unwrap().status(), 200, "{path}");
    }
    assert_eq!(reqwest::get(auth.url("/.well-known/status-lists/0")).await.unwrap().status(), 200);
    assert_eq!(auth.get("/get-session").await.status, 200, "of nobody");
    assert!(quiet_for(&superuser).await >= QUIET, "these are answered from memory");

    let alice = auth.user("alice").await;
    assert!(!is_revoked(auth.service.url(), &alice.jwt).await);
    assert_eq!(alice.post("/sign-out", &json!({})).await.status, 200);
    eventually("the bit", SOON, async || is_revoked(auth.service.url(), &alice.jwt).await).await;
    assert!(auth.accepts("alice", PASSWORD).await);
    let asked = auth.post("/request-password-reset", &json!({"email": "alice@example.com"})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    mailbox.mail_to("alice@example.com", 1).await;
    becomes_quiet(&superuser).await;
}

/// Without this test, the other one could pass for the wrong reason.
#[tokio::test]
async fn with_the_default_intervals_an_idle_service_sends_queries() {
    let auth = Auth::start().await;
    let superuser = auth.superuser().await;
    let begun = Instant::now();
    eventually("the end of the time", PATIENCE, async || {
        let quiet = quiet_for(&superuser).await;
        assert!(quiet < QUIET / 2, "nothing was asked for {quiet:?}");
        begun.elapsed() > QUIET
    })
    .await;
}

#[tokio::test]
async fn another_replica_sees_a_revocation_within_its_interval() {
    let auth = Auth::start_with(&RARELY).await;
    let sooner = testing::auth_service(&auth.database, &[("STATUS_LIST_INTERVAL", "3s")]).await;
    let later = testing::auth_service(&auth.database, &RARELY).await;
    let alice = auth.user("alice").await;
    assert_eq!(alice.post("/sign-out", &json!({})).await.status, 200);
    let within = Duration::from_secs(3) + SOON;
    eventually("the bit", within, async || is_revoked(sooner.url(), &alice.jwt).await).await;
    assert!(is_revoked(auth.service.url(), &alice.jwt).await, "where it happened it is seen at once");
    assert!(!is_revoked(later.url(), &alice.jwt).await, "and here within a day");
}
