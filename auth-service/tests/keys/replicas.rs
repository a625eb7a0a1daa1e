//! Replicas as real processes, and commands beside them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_stack::Service;
use local_stack::testing::{self, AUDIENCE, ISSUER, TestDatabase};
use reqwest::Client;
use serde_json::{Value, json};
use shared_claims::Verifier;

use super::{OTHER_KEY, SOON, done, refused};
use crate::support::{Answer, Auth, PASSWORD, connect, email};

/// The name of the key that signed a token.
fn kid_of(jwt: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn kids(service: &Service) -> Vec<String> {
    let jwks = Answer::of(Client::new().get(format!("{}/.well-known/jwks.json", service.url()))).await;
    super::kids(jwks.text.as_bytes())
}

/// Waits until the JWKS of each replica is as it should be.
async fn until(replicas: &[&Service], fits: impl Fn(&[String]) -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    for replica in replicas {
        loop {
            let kids = kids(replica).await;
            if fits(&kids) {
                break;
            }
            assert!(tokio::time::Instant::now() < deadline, "still {kids:?}");
        }
    }
}

async fn sign_in(service: &Service, name: &str) -> String {
    let url = format!("{}/api/auth/sign-in/email", service.url());
    let body = json!({"email": email(name), "password": PASSWORD});
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let answer = Answer::of(Client::new().post(&url).json(&body)).await;
        if let Some(jwt) = answer.header("set-auth-jwt") {
            return jwt;
        }
        // On a busy machine a replica may not have looked for the three seconds that these settings make.
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(tokio::time::Instant::now() < deadline, "still {answer:?}");
    }
}

async fn verifies(service: &Service, jwt: &str) -> bool {
    let url = format!("{}/.well-known/jwks.json", service.url());
    let verifier = Verifier::builder(ISSUER, AUDIENCE).jwks_url(url).without_status_lists().build().unwrap();
    verifier.wait_ready().await;
    verifier.verify(jwt).is_ok()
}

/// Lets the pending key have been published for long.
async fn let_it_be_known(database: &TestDatabase) {
    let sql = "UPDATE signing_keys SET published_at = now() - interval '1 hour' WHERE status = 'pending'";
    connect(&database.superuser_url()).await.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn a_revoked_key_is_gone_everywhere_within_seconds_and_does_not_come_back() {
    let auth = Auth::start_with(&[SOON]).await;
    let other = testing::auth_service(&auth.database, &[SOON]).await;
    let jwt = auth.user("alice").await.jwt;
    let [active, pending] = kids(&auth.service).await.try_into().unwrap();
    assert_eq!(kid_of(&jwt), active);
    let directory = std::env::temp_dir().join(format!("keys-{}", auth.database.name()));
    let to = directory.to_str().unwrap();
    let env = testing::auth_env(&auth.database);
    let export = ["export", "--private-keys", "--to", to];
    let exported = local_stack::run_to_end(local_stack::Binary::AuthService, &export, env).await.unwrap();
    assert!(exported.status.success(), "{exported:?}");

    let said = done(&auth.database, &["revoke", &active], &[SOON]).await;
    assert!(said.contains(&format!("The key {pending} signs from now on")), "{said}");
    until(&[&auth.service, &other], |kids| kids.len() == 2 && !kids.contains(&active)).await;
    for replica in [&auth.service, &other] {
        let jwt = sign_in(replica, "alice").await;
        assert_eq!(kid_of(&jwt), pending);
        assert!(verifies(&auth.service, &jwt).await && verifies(&other, &jwt).await);
    }
    assert!(!verifies(&other, &jwt).await, "what the revoked key signed is worth nothing");

    let listed: Value = serde_json::from_str(&done(&auth.database, &["list", "--json"], &[]).await).unwrap();
    let revoked = listed["keys"].as_array().unwrap().iter().find(|key| key["kid"] == active).unwrap();
    assert_eq!(revoked["status"], "revoked");
    let mut pem = std::fs::read_dir(&directory).unwrap().flatten().map(|entry| entry.path());
    let pem = pem.find(|path| path.to_str().unwrap().ends_with("-active.pem")).unwrap();
    for kid in [&active, "another-name"] {
        let said = refused(&auth.database, &["import", pem.to_str().unwrap(), "--kid", kid], &[]).await;
        assert!(said.contains("already") && said.contains("revoked"), "{said}");
    }
    let said = refused(&auth.database, &["revoke", &active], &[]).await;
    assert!(said.contains("already revoked"), "{said}");
    assert!(refused(&auth.database, &["revoke", "nobody"], &[]).await.contains("no signing key nobody"));
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn rotating_by_hand_waits_until_the_pending_key_is_known() {
    let auth = Auth::start_with(&[SOON]).await;
    let old = auth.user("alice").await.jwt;
    let [active, pending] = kids(&auth.service).await.try_into().unwrap();
    let client = auth.superuser().await;
    client.batch_execute("UPDATE signing_keys SET published_at = now()").await.unwrap();
    let said = refused(&auth.database, &["rotate"], &[]).await;
    assert!(said.contains(&pending) && said.contains("may sign from 20"), "{said}");
    let_it_be_known(&auth.database).await;
    let said = done(&auth.database, &["rotate"], &[]).await;
    assert!(said.contains(&format!("The key {pending} signs from now on")), "{said}");
    until(&[&auth.service], |kids| kids.len() == 3 && kids[0] == pending && kids[2] == active).await;
    let new = sign_in(&auth.service, "alice").await;
    assert_eq!(kid_of(&new), pending);
    assert!(verifies(&auth.service, &new).await && verifies(&auth.service, &old).await);
}

#[tokio::test]
async fn replicas_rotate_by_themselves_when_it_is_time_and_no_token_fails() {
    let short = [
        SOON,
        ("JWKS_MAX_AGE", "1s"),
        ("JWKS_STALE_WHILE_REVALIDATE", "0s"),
        ("JWKS_STALE_IF_ERROR", "0s"),
        ("JWKS_VERIFIER_CACHE", "0s"),
        ("CLOCK_SKEW", "0s"),
        // Three seconds in which replicas notice, and one of max-age.
        ("KEY_ROTATION_INTERVAL", "4s"),
    ];
    let auth = Auth::start_with(&short).await;
    let other = testing::auth_service(&auth.database, &short).await;
    let alice = auth.user("alice").await;
    let mut seen = vec![kid_of(&alice.jwt)];
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while seen.len() < 3 {
        assert!(tokio::time::Instant::now() < deadline, "no rotation: {seen:?}");
        let before = kids(&other).await;
        let jwt = sign_in(&auth.service, "alice").await;
        let kid = kid_of(&jwt);
        assert!(before.contains(&kid), "signed with {kid}, which another replica did not publish before");
        if !seen.contains(&kid) {
            seen.push(kid);
        }
    }
    assert!(verifies(&other, &alice.jwt).await, "the first token still is good");
}

#[tokio::test]
async fn an_imported_key_signs_after_the_next_rotation() {
    let auth = Auth::start_with(&[SOON]).await;
    auth.user("alice").await;
    let [active, pending] = kids(&auth.service).await.try_into().unwrap();
    let path = std::env::temp_dir().join(format!("imported-{}.pem", auth.database.name()));
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let pem = rsa::pkcs8::EncodePrivateKey::to_pkcs8_pem(&key, rsa::pkcs8::LineEnding::LF).unwrap();
    std::fs::write(&path, pem.as_bytes()).unwrap();
    let path = path.to_str().unwrap();
    assert!(
        refused(&auth.database, &["import", path, "--kid", "a b"], &[]).await.contains("not a valid kid")
    );
    let said = done(&auth.database, &["import", path, "--kid", "theirs-2024"], &[]).await;
    assert!(said.contains(&format!("The key {pending}, which was pending")), "{said}");
    std::fs::remove_file(path).unwrap();
    until(&[&auth.service], |kids| kids == [active.clone(), "theirs-2024".to_owned()]).await;
    assert_eq!(kid_of(&sign_in(&auth.service, "alice").await), active);
    let_it_be_known(&auth.database).await;
    done(&auth.database, &["rotate"], &[]).await;
    until(&[&auth.service], |kids| kids[0] == "theirs-2024").await;
    let jwt = sign_in(&auth.service, "alice").await;
    assert_eq!(kid_of(&jwt), "theirs-2024");
    assert!(verifies(&auth.service, &jwt).await);
}

#[tokio::test]
async fn a_key_of_4096_bits_signs_and_verifies() {
    let database = TestDatabase::auth().await;
    connect(&database.superuser_url()).await.batch_execute("DELETE FROM signing_keys").await.unwrap();
    let auth = Auth::on(database, &[("RSA_KEY_BITS", "4096")]).await;
    let jwt = auth.user("alice").await.jwt;
    assert!(verifies(&auth.service, &jwt).await);
    let listed: Value = serde_json::from_str(&done(&auth.database, &["list", "--json"], &[]).await).unwrap();
    let sizes: Vec<_> = listed["keys"].as_array().unwrap().iter().map(|key| &key["bits"]).collect();
    assert_eq!(sizes, [4096, 4096]);
}

#[tokio::test]
async fn after_encrypting_anew_the_old_key_can_go() {
    let database = TestDatabase::auth().await;
    let old = database.secrets().key_encryption_keys.clone();
    let both = format!("{OTHER_KEY},{old}");
    let said = done(&database, &["re-encrypt"], &[("KEY_ENCRYPTION_KEYS", &both)]).await;
    assert!(said.starts_with("2 private keys are encrypted again"), "{said}");
    let auth = Auth::on(database, &[("KEY_ENCRYPTION_KEYS", OTHER_KEY)]).await;
    let jwt = auth.user("alice").await.jwt;
    assert!(verifies(&auth.service, &jwt).await);
    let said = refused(&auth.database, &["re-encrypt"], &[]).await;
    assert!(said.contains("KEY_ENCRYPTION_KEYS"), "{said}");
}
