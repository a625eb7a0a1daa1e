//! What the service behind the public URL shows.

use local_stack::databases::connect;
use local_stack::testing::{self, TestDatabase, free_port};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::deployment::{Auth, Deployment, five_minutes_ahead, https, tasks, wait_for_certificate};
use super::report::{diagnose, rows, run, settings};
use crate::scratch::client;

/// The checks of task-service, which are skipped where there is none.
const TASKS: [&str; 7] = [
    "task-service.url",
    "clock.task-service",
    "task-service.jwks",
    "task-service.typ",
    "task-service.issuer",
    "task-service.audience",
    "task-service.revocation",
];

#[tokio::test]
async fn a_healthy_deployment_behind_a_gateway() {
    let Some(deployment) = Deployment::start(&[("TRUSTED_PROXIES", "127.0.0.1")]).await else { return };
    let auth = &deployment.auth;
    diagnose(&auth.settings, &[]).await.assert_healthy(&["mail.server"]);
    diagnose(&auth.settings, &["--url", &auth.url]).await.assert_healthy(&["mail.server"]);
    let text = run(&auth.settings, &[]).await;
    assert!(text.status.success(), "{text:?}");
    assert!(
        text.stdout.iter().all(|line| line.starts_with("ok ") || line.starts_with("skipped ")),
        "{text:?}"
    );
    assert!(text.stderr.is_empty(), "{text:?}");
}

#[tokio::test]
async fn a_healthy_deployment_without_a_gateway() {
    let auth = Auth::direct(&[]).await;
    let (_database, mut service) = tasks(&auth, &[]).await;
    service.wait_ready().await.unwrap();
    let before = rows(&auth.database).await;
    let report = diagnose(&auth.settings, &["--task-service", service.url()]).await;
    report.assert_healthy(&["mail.server"]);
    assert_eq!(rows(&auth.database).await, before);
    let skipped: Vec<&str> = std::iter::once("mail.server").chain(TASKS).collect();
    diagnose(&auth.settings, &[]).await.assert_healthy(&skipped);
}

#[tokio::test]
async fn a_public_name_that_is_reached_elsewhere_from_here() {
    let port = free_port();
    let auth = Auth::on(port, &format!("http://auth.localhost:{port}"), &[]).await;
    let skipped: Vec<&str> = std::iter::once("mail.server").chain(TASKS).collect();
    let place = format!("127.0.0.1:{port}");
    diagnose(&auth.settings, &["--connect-to", &place]).await.assert_healthy(&skipped);
    let report = diagnose(&auth.settings, &["--connect-to", "nowhere.invalid:1"]).await;
    report.assert_faults(&["url.service"], &["nowhere.invalid", "--connect-to"]);
}

#[tokio::test]
async fn a_base_url_that_browsers_do_not_use() {
    let base_url = "http://localhost:8080";
    let auth = Auth::direct(&[("BASE_URL", base_url)]).await;
    let report = diagnose(&auth.settings, &["--url", &auth.url]).await;
    report.assert_faults(&["url.base_url"], &[base_url, &format!("BASE_URL={}", auth.url)]);
}

#[tokio::test]
async fn a_base_url_where_nobody_answers() {
    let base_url = format!("http://127.0.0.1:{}", free_port());
    let auth = Auth::direct(&[("BASE_URL", &base_url)]).await;
    diagnose(&auth.settings, &[]).await.assert_faults(&["url.service"], &[&base_url, "refused", "BASE_URL"]);
}

/// Accepts connections and never answers.
#[tokio::test]
async fn a_server_that_never_answers_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let database = TestDatabase::auth().await;
    let report =
        diagnose(&settings(&database, &[("BASE_URL", &format!("http://127.0.0.1:{port}"))]), &[]).await;
    report.assert_faults(&["url.service"], &["timed out"]);
    let url = format!("postgres://auth_service:secret-of-role@127.0.0.1:{port}/auth");
    let report = diagnose(&settings(&database, &[("DATABASE_URL", &url)]), &["--inside"]).await;
    report.assert_faults(&["database.connection"], &["no response", "DATABASE_URL"]);
}

#[tokio::test]
async fn a_base_url_where_another_service_answers() {
    // Databases of tests are copies with the same keys. This one gets its own.
    let database = TestDatabase::auth().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    superuser.batch_execute("DELETE FROM signing_keys").await.unwrap();
    let other = testing::auth_service(&database, &[]).await;
    let auth = Auth::direct(&[("BASE_URL", other.url())]).await;
    diagnose(&auth.settings, &[]).await.assert_faults(&["url.service"], &["another service", "BASE_URL"]);
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted() {
    let Some(deployment) = Deployment::start(&[]).await else { return };
    let report = diagnose(&deployment.auth.settings, &[]).await;
    report.assert_faults(&["proxy.trusted"], &["every client", "TRUSTED_PROXIES=127.0.0.1"]);
}

#[tokio::test]
async fn a_client_that_is_trusted_like_a_proxy() {
    let auth = Auth::direct(&[("TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let report = diagnose(&auth.settings, &[]).await;
    report.assert_faults(&["proxy.forged_address"], &["forged", "TRUSTED_PROXIES", "127.0.0.1"]);
}

#[tokio::test]
async fn cookies_without_secure_on_https() {
    let port = free_port();
    let Some((_gateway, url, authority)) = https(port) else { return };
    wait_for_certificate(&url, &authority).await;
    let ca = authority.to_str().unwrap();
    let proxy = [("TRUSTED_PROXIES", "127.0.0.1"), ("SSL_CERT_FILE", ca)];
    let auth = Auth::on(port, &url, &[&proxy[..], &[("SECURE_COOKIES", "false")]].concat()).await;
    let report = diagnose(&auth.settings, &[]).await;
    report.assert_faults(&["cookies.secure"], &["not Secure", "SECURE_COOKIES=true"]);
    drop(auth);
    let auth = Auth::on(port, &url, &[&proxy[..], &[("BASE_URL", "http://localhost")]].concat()).await;
    let report = diagnose(&auth.settings, &["--url", &url]).await;
    report.assert_faults(&["cookies.secure", "url.base_url"], &[&format!("BASE_URL={url}")]);
    drop(auth);
    let auth = Auth::on(port, &url, &proxy).await;
    assert_eq!(diagnose(&auth.settings, &[]).await.with("fault"), [""; 0]);
}

#[tokio::test]
async fn a_clock_that_is_five_minutes_ahead() {
    let Some(clock) = five_minutes_ahead() else { return };
    let clock = clock.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut auth = Auth::direct(&clock).await;
    let wrong = auth.settings.clone();
    for (name, _) in clock {
        auth.settings.remove(name);
    }
    let report = diagnose(&auth.settings, &[]).await;
    report.assert_faults(&["clock.auth-service"], &["ahead of", "NTP"]);
    // The doctor's clock is that of the service then, and PostgreSQL's differs.
    let report = diagnose(&wrong, &[]).await;
    report.assert_faults(&["clock.database"], &["PostgreSQL", "behind", "NTP"]);
}

#[tokio::test]
async fn a_service_with_other_secrets() {
    let mut auth = Auth::direct(&[]).await;
    let other = "another-secret-entirely-9876543210-abcdef";
    auth.settings.insert("AUTH_SECRETS".to_owned(), other.to_owned());
    diagnose(&auth.settings, &[]).await.assert_faults(&["url.settings"], &["AUTH_SECRETS", "Restart"]);
}

#[tokio::test]
async fn strangers_learn_nothing() {
    let auth = Auth::direct(&[]).await;
    for signature in ["", "1", "1.AAAA", "9999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let request =
            client().get(format!("{}/api/auth/ok", auth.url)).header("x-latchkey-doctor", signature);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer, json!({"ok": true}), "{signature}");
    }
}
