//! The signing keys of the plugin `jwt`.

use local_stack::testing::TestDatabase;
use serde_json::{Value, json};

use super::{IMPORT, Import, users};
use crate::import::{contents, report};
use crate::import_node::{SECRET, script};

#[tokio::test]
async fn keys_of_other_algorithms_are_published_or_skipped_and_a_wrong_secret_is_reported() {
    let import = Import::of(&json!({"secret": SECRET, "users": users(&["alice"]), "jwt": {}})).await;
    let kid = import.held["jwks"]["keys"][0]["kid"].as_str().unwrap().to_owned();
    let left = import.report(&["--dry-run", "--rs256-only"]).await;
    assert_eq!(left["keys"]["skipped"], json!({kid.as_str(): "not RS256"}));
    let jwt = import.held["users"][0]["jwt"].as_str().unwrap().to_owned();
    let report = import.report(&["--publish-keys-for", "1h"]).await;
    let copied = &report["keys"]["copied"][0];
    assert_eq!((&copied["algorithm"], &copied["private_half"]), (&json!("EdDSA"), &json!(false)));
    let auth = import.serve().await;
    let arguments = [&auth.url("/.well-known/jwks.json"), jwt.as_str(), "http://auth.example.com"];
    script("verify-token.mjs", &arguments, &[]).await.unwrap();

    let import = Import::of_users(&["alice"]).await;
    let empty = contents(&import.database).await;
    let wrong = import.refused(&[], &[("BETTER_AUTH_SECRET", "a secret of somebody else")]).await;
    assert!(wrong.contains("BETTER_AUTH_SECRET does not decrypt key"), "{wrong}");
    assert!(!wrong.contains("somebody else"));
    let none = import.refused(&[], &[("KEY_ENCRYPTION_KEYS", "")]).await;
    assert!(none.contains("KEY_ENCRYPTION_KEYS is not set"), "{none}");
    assert_eq!(contents(&import.database).await, empty, "nothing is imported with a wrong secret");
    let from = import.source.superuser_url();
    let public = report_without_secret(&import.database, &from).await;
    assert_eq!(public["keys"]["copied"][0]["private_half"], false);
}

async fn report_without_secret(database: &TestDatabase, from: &str) -> Value {
    report(database, &[&IMPORT[..], &["--from", from]].concat(), &[]).await
}

#[tokio::test]
async fn a_plain_key_is_imported_with_its_private_half_and_an_expired_one_is_skipped() {
    let jwt = json!({"jwks": {"keyPairConfig": {"alg": "RS256"}, "disablePrivateKeyEncryption": true}});
    let import = Import::of(&json!({"secret": SECRET, "users": users(&["alice"]), "jwt": jwt})).await;
    let source = import.source().await;
    let copy = "INSERT INTO jwks (id, \"publicKey\", \"privateKey\", \"createdAt\", \"expiresAt\", alg) \
                SELECT 'old', \"publicKey\", \"privateKey\", \"createdAt\", now() - interval '31 days', alg FROM jwks; \
                INSERT INTO jwks (id, \"publicKey\", \"privateKey\", \"createdAt\", alg) \
                VALUES ('odd', '{\"kty\":\"oct\"}', '{}', now(), 'HS256')";
    source.batch_execute(copy).await.unwrap();
    let report = import.report(&[]).await;
    let copied = report["keys"]["copied"].as_array().unwrap();
    assert_eq!((copied.len(), &copied[0]["private_half"]), (1, &json!(true)));
    let skipped = json!({
        "old": "expired, and its grace period is over",
        "odd": "the public key is not a JWK for signatures",
    });
    assert_eq!(report["keys"]["skipped"], skipped);
    let longer = import.report(&["--dry-run", "--key-grace", "744h30m"]).await;
    assert_eq!(longer["keys"]["copied"][0]["kid"], "old");
}
