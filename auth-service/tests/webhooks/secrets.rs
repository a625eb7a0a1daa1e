//! The secrets of receivers, encrypted under KEY_ENCRYPTION_KEYS.

use local_stack::testing::{Database, TestDatabase, auth_env};
use local_stack::{Binary, Finished, run_to_end};
use serde_json::json;
use wiremock::ResponseTemplate;

use super::{Receiver, Registered};
use crate::support::connect;

const NEWER: &str = "8P6f7D0v2mXr0Kq5m1Yh3cWb9tJzU4sLxE7aGnQdRiA=";

/// Runs a command with these keys.
async fn run(database: &Database, keys: &str, arguments: &[&str]) -> Finished {
    let mut env = auth_env(database);
    env.insert("KEY_ENCRYPTION_KEYS".to_owned(), keys.to_owned());
    run_to_end(Binary::AuthService, arguments, env).await.unwrap()
}

#[tokio::test]
async fn a_secret_is_encrypted_at_rest_and_follows_the_rotation_of_keys() {
    let receiver = Receiver::start(ResponseTemplate::new(204)).await;
    let database = TestDatabase::auth().await;
    let older = database.secrets().key_encryption_keys.clone();
    let registered = Registered::add(&database, &receiver.url(), "user.created").await;
    let superuser = connect(&database.superuser_url()).await;
    let stored = async || -> Vec<u8> {
        superuser.query_one("SELECT sealed_secret FROM webhook_receivers", &[]).await.unwrap().get(0)
    };
    let before = stored().await;
    for secret in [registered.secret.as_str(), registered.secret.trim_start_matches("whsec_")] {
        assert!(!before.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }

    let test = ["webhooks", "test", registered.id.as_str()];
    let sealed = run(&database, NEWER, &test).await;
    assert_eq!(sealed.status.code(), Some(1));
    assert!(sealed.stderr[0].contains(&registered.id), "{sealed:?}");
    assert!(sealed.stderr[0].contains("KEY_ENCRYPTION_KEYS: none of the keys decrypts"), "{sealed:?}");

    let both = format!("{NEWER},{older}");
    let encrypted = run(&database, &both, &["keys", "re-encrypt"]).await;
    assert!(encrypted.status.success(), "{encrypted:?}");
    assert_eq!(encrypted.stdout[1], "1 secret of webhook receivers encrypted again.");
    assert_ne!(stored().await, before);
    assert!(run(&database, NEWER, &test).await.status.success());
    let event = registered.verified(&receiver.received(1).await[0]);
    assert_eq!(
        (&event["type"], &event["data"]["receiver_id"]),
        (&json!("webhook.test"), &json!(registered.id))
    );
    assert_eq!(run(&database, &older, &test).await.status.code(), Some(1), "the old key opens it no more");
}

#[tokio::test]
async fn a_secret_that_no_key_decrypts_stops_re_encryption_and_is_a_fault_for_the_doctor() {
    let database = TestDatabase::auth().await;
    let registered = Registered::add(&database, "http://127.0.0.1:1/", "user.created").await;
    let superuser = connect(&database.superuser_url()).await;
    superuser.batch_execute("UPDATE webhook_receivers SET sealed_secret = '\\x00'").await.unwrap();
    let keys = database.secrets().key_encryption_keys.clone();
    let refused = run(&database, &keys, &["keys", "re-encrypt"]).await;
    assert!(!refused.status.success() && refused.stderr[0].contains(&registered.id), "{refused:?}");
    let examined = run(&database, &keys, &["doctor", "--inside"]).await.stdout.join("\n");
    assert!(examined.contains(&format!("webhooks remove {}", registered.id)), "{examined}");
}
