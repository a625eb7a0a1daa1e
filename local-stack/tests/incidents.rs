//! docs/INCIDENTS.md: its commands do what it says.

use local_stack::testing::{self, PrivateCluster, auth_env, private_cluster};
use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::backup::{Deployment, Server, kid};
use crate::documents::{examples_in, read, section};
use crate::scratch::{Scratch, client};

const ONLY_DIRECT: &str = "the commands need no pooler";

/// Runs the examples below a heading, in one shell, with these settings.
async fn run(cluster: &PrivateCluster, scratch: &Scratch, anchor: &str, settings: &[(&str, &str)]) -> String {
    let section = section(&read("docs/INCIDENTS.md").unwrap(), anchor).unwrap();
    // Examples in lists are indented, also the ends of their here-documents.
    let section: Vec<&str> = section.lines().map(|line| line.strip_prefix("   ").unwrap_or(line)).collect();
    let commands = examples_in(&section.join("\n")).concat();
    assert!(!commands.is_empty(), "{anchor}");
    let mut all = auth_env(cluster.auth());
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Server::of(cluster, scratch.path()).execute_in(scratch.path(), &commands, &all).await
}

/// The status of a sign-in.
async fn sign_in(http: &Client, deployment: &Deployment, email: &str, password: &str) -> StatusCode {
    let url = format!("{}/api/auth/sign-in/email", deployment.auth.url());
    let body = json!({"email": email, "password": password});
    http.post(url).json(&body).send().await.unwrap().status()
}

#[tokio::test]
async fn a_stolen_key_is_revoked_and_a_stolen_dump_makes_passwords_unusable() {
    if !testing::only_direct(ONLY_DIRECT) {
        return;
    }
    let (cluster, scratch, http) = (private_cluster().await, Scratch::new(), client());
    let deployment = Deployment::start(&cluster, cluster.auth().secrets()).await;
    let alice = deployment.sign_up(&http, "alice").await;
    deployment.add_task(&http, &alice, "Water the plants").await;
    let list = run(&cluster, &scratch, "a-stolen-signing-key", &[]).await;
    assert!(list.contains(&format!("The key {}, which was active, is revoked", kid(&alice.token))), "{list}");
    deployment.wait_until_refused(&http, &alice).await;
    let alice = deployment.sign_in(&http, "alice").await;
    assert_eq!(deployment.titles(&http, &alice).await.unwrap(), ["Water the plants"]);

    let schemes = run(&cluster, &scratch, "a-stolen-database-dump", &[]).await;
    assert!(schemes.contains("bcrypt |     1"), "{schemes}");
    assert!(!deployment.has_session(&http, &alice).await);
    let status = sign_in(&http, &deployment, "alice@example.com", "correct horse battery").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_account_that_was_taken_over_goes_back_to_its_owner() {
    if !testing::only_direct(ONLY_DIRECT) {
        return;
    }
    let (cluster, scratch, http) = (private_cluster().await, Scratch::new(), client());
    let deployment = Deployment::start(&cluster, cluster.auth().secrets()).await;
    let thief = deployment.sign_up(&http, "mallory").await;
    std::fs::write(scratch.path().join("password.txt"), "the owner chooses another\n").unwrap();
    let settings = [("USER_ID", thief.id.as_str()), ("EMAIL", "Alice@example.com")];
    let said = run(&cluster, &scratch, "an-account-was-taken-over", &settings).await;
    assert!(said.contains("session.started") && said.contains("user.banned"), "{said}");
    assert!(!deployment.has_session(&http, &thief).await);
    deployment.wait_until_refused(&http, &thief).await;
    for (email, password, status) in [
        ("mallory@example.com", "correct horse battery", StatusCode::UNAUTHORIZED),
        ("alice@example.com", "correct horse battery", StatusCode::UNAUTHORIZED),
        ("alice@example.com", "the owner chooses another", StatusCode::OK),
    ] {
        assert_eq!(sign_in(&http, &deployment, email, password).await, status, "{email} {password}");
    }
}

#[tokio::test]
async fn a_flood_an_outage_and_mail_that_waits_are_looked_into() {
    if !testing::only_direct(ONLY_DIRECT) {
        return;
    }
    let (cluster, scratch, http) = (private_cluster().await, Scratch::new(), client());
    let deployment = Deployment::start(&cluster, cluster.auth().secrets()).await;
    deployment.sign_up(&http, "alice").await;
    let status = sign_in(&http, &deployment, "alice@example.com", "a wrong password").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    deployment.sign_in(&http, "alice").await;
    // Refusals are stored when the service stops.
    let mut deployment = deployment;
    assert!(deployment.auth.terminate().await.unwrap().success());
    let said = run(&cluster, &scratch, "a-flood-of-sign-ins", &[("CLIENT", "127.0.0.1")]).await;
    assert!(said.contains("1 127.0.0.1\n") && said.contains("session.started"), "{said}");

    let mail = [("MAIL_URL", "smtp://127.0.0.1:9"), ("MAIL_FROM", "a@example.com")];
    let said = run(&cluster, &scratch, "mail-is-down", &mail).await;
    assert!(said.contains("fault    mail.server") && said.contains("     0 |"), "{said}");
    let away = [("DATABASE_URL", "postgres://auth_service:x@127.0.0.1:9/auth")];
    let said = run(&cluster, &scratch, "the-database-is-down", &away).await;
    assert!(said.contains("fault    database.connection"), "{said}");
}

/// Rotating, and replacing after a leak.
#[tokio::test]
async fn secrets_that_sign_cookies_change_without_a_sign_out_unless_they_leaked() {
    if !testing::only_direct(ONLY_DIRECT) {
        return;
    }
    let (cluster, scratch, http) = (private_cluster().await, Scratch::new(), client());
    let new = "ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d";
    let old = cluster.auth().secrets().auth_secrets.clone();
    let with = async |secrets: &str| {
        let mut all = cluster.auth().secrets().clone();
        secrets.clone_into(&mut all.auth_secrets);
        Deployment::start(&cluster, &all).await
    };
    let before = with(&old).await;
    before.sign_up(&http, "alice").await;
    let cookie = before.cookie(&http, "alice").await;
    // A rollout: replicas with either list serve cookies of both.
    let (appended, front) = (with(&format!("{old},{new}")).await, with(&format!("{new},{old}")).await);
    let of_new = front.cookie(&http, "alice").await;
    for cookie in [&cookie, &of_new] {
        assert!(appended.accepts(&http, cookie).await && front.accepts(&http, cookie).await);
    }
    assert!(!before.accepts(&http, &of_new).await, "why the new secret is appended first");
    let leaked = with(new).await;
    assert!(!leaked.accepts(&http, &cookie).await && leaked.accepts(&http, &of_new).await);
    let said = run(&cluster, &scratch, "leaked-auth_secrets", &[]).await;
    assert!(said.contains("settings ok"), "{said}");
}
