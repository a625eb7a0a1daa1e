//! Whether task-service accepts the tokens of auth-service.

use local_stack::testing::free_port;

use super::deployment::{Auth, Extra, five_minutes_ahead, tasks};
use super::report::{Report, diagnose};

/// Where status lists are, whatever the issuer is.
const LISTS: (&str, &str) = ("STATUS_LIST_PREFIX", "http://auth.test/.well-known/status-lists");

/// A task-service with these settings beside auth-service, and what the doctor finds.
async fn report(extra: Extra<'_>) -> Report {
    let auth = Auth::direct(&[]).await;
    let (_database, mut service) = tasks(&auth, &[&[LISTS], extra].concat()).await;
    service.wait_ready().await.unwrap();
    diagnose(&auth.settings, &["--task-service", service.url()]).await
}

#[tokio::test]
async fn keys_that_task_service_cannot_fetch() {
    let auth = Auth::direct(&[]).await;
    let jwks = format!("http://127.0.0.1:{}/.well-known/jwks.json", free_port());
    let (_database, service) = tasks(&auth, &[("JWKS_URL", &jwks)]).await;
    let report = diagnose(&auth.settings, &["--task-service", service.url()]).await;
    report.assert_faults(&["task-service.jwks"], &["has not fetched", "JWKS_URL"]);
}

#[tokio::test]
async fn another_issuer() {
    let report =
        report(&[("AUTH_ISSUER", "http://other.test"), ("AUTH_AUDIENCE", "http://tasks.test")]).await;
    report.assert_faults(&["task-service.issuer"], &["AUTH_ISSUER=http://auth.test"]);
}

#[tokio::test]
async fn another_audience() {
    let report = report(&[("AUTH_AUDIENCE", "http://other.test")]).await;
    report.assert_faults(&["task-service.audience"], &["AUTH_AUDIENCE=http://tasks.test"]);
}

#[tokio::test]
async fn another_type() {
    let report = report(&[("JWT_TYP", "JWT")]).await;
    report.assert_faults(&["task-service.typ"], &["JWT_TYP=at+jwt"]);
}

#[tokio::test]
async fn status_lists_that_task_service_cannot_fetch() {
    let auth = Auth::direct(&[]).await;
    let lists = format!("http://127.0.0.1:{}/.well-known/status-lists", free_port());
    let (_database, service) = tasks(&auth, &[("STATUS_LIST_URL", &lists)]).await;
    let report = diagnose(&auth.settings, &["--task-service", service.url()]).await;
    report.assert_faults(&["task-service.revocation"], &["has not fetched", "STATUS_LIST_URL"]);
}

#[tokio::test]
async fn status_lists_that_task_service_looks_for_elsewhere() {
    let auth = Auth::direct(&[]).await;
    let (_database, service) = tasks(&auth, &[("STATUS_LIST_PREFIX", "http://other.test/lists")]).await;
    let report = diagnose(&auth.settings, &["--task-service", service.url()]).await;
    report.assert_faults(&["task-service.revocation"], &["STATUS_LIST_PREFIX=http://auth.test"]);
}

#[tokio::test]
async fn a_clock_that_is_five_minutes_ahead() {
    let Some(clock) = five_minutes_ahead() else { return };
    let clock = clock.each_ref().map(|(name, value)| (*name, value.as_str()));
    let report = report(&clock).await;
    report.assert_faults(&["clock.task-service"], &["ahead of", "NTP"]);
}

#[tokio::test]
async fn no_task_service_where_one_is_expected() {
    let auth = Auth::direct(&[]).await;
    let report = diagnose(&auth.settings, &["--task-service", &auth.url]).await;
    report.assert_faults(&["task-service.url"], &["404", "--task-service"]);
}
