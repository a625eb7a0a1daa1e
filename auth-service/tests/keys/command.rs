//! `auth-service keys`, for those who read its output.

use local_stack::testing::TestDatabase;
use rsa::pkcs8::DecodePublicKey;
use serde_json::Value;

use super::{done, refused};
use crate::support::connect;

async fn list(database: &TestDatabase) -> Value {
    serde_json::from_str(&done(database, &["list", "--json"], &[]).await).unwrap()
}

#[tokio::test]
async fn the_list_says_what_there_is_and_when_the_next_rotation_is_due() {
    let database = TestDatabase::auth().await;
    let client = connect(&database.superuser_url()).await;
    let sql = "UPDATE signing_keys SET kid = status, created_at = '2100-01-01', published_at = '2100-01-01';
               UPDATE signing_keys SET active_since = '2100-01-01' WHERE status = 'active';
               INSERT INTO signing_keys (kid, status, algorithm, public_jwk, published_until, created_at)
               VALUES ('old', 'retired', 'EdDSA', '{\"kid\": \"old\", \"kty\": \"OKP\", \"alg\": \"EdDSA\", \"use\": \"sig\"}',
                       '2100-01-02', '2099-01-01')";
    client.batch_execute(sql).await.unwrap();
    // The names are not those that the keys were encrypted under; a list needs the public halves alone.
    insta::assert_snapshot!(done(&database, &["list"], &[]).await);
    insta::assert_json_snapshot!(list(&database).await);
}

#[tokio::test]
async fn public_keys_go_out_as_pem_and_as_a_set() {
    let database = TestDatabase::auth().await;
    let keys = list(&database).await;
    let kid = |index: usize| keys["keys"][index]["kid"].as_str().unwrap().to_owned();
    let pem = done(&database, &["export-public"], &[]).await;
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
    rsa::RsaPublicKey::from_public_key_pem(&pem).unwrap();
    assert_eq!(done(&database, &["export-public", "--kid", &kid(0)], &[]).await, pem, "the active one");
    assert_ne!(done(&database, &["export-public", "--kid", &kid(1)], &[]).await, pem);

    let set = done(&database, &["export-public", "--format", "jwks"], &[]).await;
    assert_eq!(super::kids(set.as_bytes()), [kid(0), kid(1)]);
    assert!(!set.contains("\"d\""), "nothing private");
    let one = done(&database, &["export-public", "--format", "jwks", "--kid", &kid(1)], &[]).await;
    assert_eq!(super::kids(one.as_bytes()), [kid(1)]);
    // A thumbprint may begin with a hyphen.
    for unknown in ["nobody", "-nobody"] {
        let said = refused(&database, &["export-public", "--kid", unknown], &[]).await;
        assert!(said.contains(&format!("key {unknown}")), "{said}");
        let said = refused(&database, &["revoke", unknown], &[]).await;
        assert!(said.contains(unknown) && !said.contains("unexpected"), "{said}");
    }

    let client = connect(&database.superuser_url()).await;
    let sql = "INSERT INTO signing_keys (kid, status, algorithm, public_jwk, published_until, created_at)
               VALUES ('ed', 'retired', 'EdDSA', '{\"kid\": \"ed\", \"kty\": \"OKP\", \"alg\": \"EdDSA\", \"use\": \"sig\"}', '2100-01-02', '2026-01-01')";
    client.batch_execute(sql).await.unwrap();
    let said = refused(&database, &["export-public", "--kid", "ed"], &[]).await;
    assert!(said.contains("EdDSA") && said.contains("--format jwks"), "{said}");
}

#[tokio::test]
async fn a_public_key_that_comes_in_is_published_for_its_time() {
    let database = TestDatabase::auth().await;
    let path = std::env::temp_dir().join(format!("public-{}.pem", database.name()));
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap().to_public_key();
    let pem = rsa::pkcs8::EncodePublicKey::to_public_key_pem(&key, rsa::pkcs8::LineEnding::LF).unwrap();
    std::fs::write(&path, &pem).unwrap();
    let file = path.to_str().unwrap();
    let said = done(&database, &["import", file, "--kid", "theirs", "--publish-for", "1h"], &[]).await;
    assert!(said.starts_with("The public key theirs is published until 20"), "{said}");
    assert_eq!(done(&database, &["export-public", "--kid", "theirs"], &[]).await, pem.trim_end());
    let said = refused(&database, &["import", file], &[]).await;
    assert!(said.contains("this key already exists as theirs, which is retired"), "{said}");
    std::fs::remove_file(path).unwrap();
    let keys = list(&database).await;
    assert_eq!(
        (keys["keys"][2]["status"].as_str(), keys["keys"][2]["bits"].as_u64()),
        (Some("retired"), Some(2048))
    );
}

#[tokio::test]
async fn what_cannot_be_brought_in_is_refused_with_the_reason() {
    let database = TestDatabase::auth().await;
    assert!(refused(&database, &["import", "/no/such/file"], &[]).await.contains("/no/such/file"));
    let path = std::env::temp_dir().join(format!("broken-{}.pem", database.name()));
    std::fs::write(
        &path,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAo=\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .unwrap();
    let said = refused(&database, &["import", path.to_str().unwrap()], &[]).await;
    assert!(said.contains("encrypted: decrypt it first"), "{said}");
    std::fs::remove_file(path).unwrap();
    let said = refused(&database, &["list"], &[("KEY_ENCRYPTION_KEYS", "")]).await;
    assert!(said.contains("KEY_ENCRYPTION_KEYS is not set"), "{said}");
    let said = refused(&database, &["list"], &[("KEY_ROTATION_INTERVAL", "1m")]).await;
    assert!(said.contains("KEY_ROTATION_INTERVAL"), "{said}");
}

#[tokio::test]
async fn revoking_says_that_replicas_which_look_rarely_have_to_be_restarted() {
    let database = TestDatabase::auth().await;
    let listed = list(&database).await;
    let active = listed["keys"][0]["kid"].as_str().unwrap();
    let said = done(&database, &["revoke", active], &[("KEY_REFRESH_INTERVAL", "90m")]).await;
    assert!(said.contains("Restart every replica") && said.contains("another 1h 30m"), "{said}");
}
