//! Signing keys: the events of the service and of `auth-service keys`.

use local_stack::run_to_end;
use local_stack::testing::{TestDatabase, auth_env, auth_service};
use local_stack::workspace::Binary;
use serde_json::Value;

use super::logged;
use crate::audit::assert_recorded;
use crate::support::connect;

/// The events of a command, by name and key, oldest first.
async fn events_of(database: &TestDatabase, arguments: &[&str]) -> Vec<(String, Option<String>)> {
    let mut env = auth_env(database);
    env.insert("LOG_FORMAT".to_owned(), "json".to_owned());
    let finished = run_to_end(Binary::AuthService, &[&["keys"], arguments].concat(), env).await.unwrap();
    assert!(finished.status.success(), "{finished:?}");
    assert!(logged(&finished.stdout).is_empty(), "the result alone: {finished:?}");
    let events = logged(&finished.stderr);
    assert_recorded(&database.superuser_url(), None, &events).await;
    run(database, "TRUNCATE audit_events").await;
    named(&events)
}

fn named(events: &[Value]) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    events.iter().map(|event| (text(&event["event"]).unwrap(), text(&event["key_id"]))).collect()
}

fn names(events: &[(String, Option<String>)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}

/// The id of the key with this status.
async fn kid(database: &TestDatabase, status: &str) -> Option<String> {
    let client = connect(&database.superuser_url()).await;
    let row = client.query_one("SELECT kid FROM signing_keys WHERE status = $1", &[&status]).await;
    row.ok().map(|row| row.get(0))
}

async fn run(database: &TestDatabase, sql: &str) {
    connect(&database.superuser_url()).await.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn the_first_start_creates_keys_and_a_later_one_deletes_what_has_expired() {
    let database = TestDatabase::auth().await;
    run(&database, "DELETE FROM signing_keys; TRUNCATE audit_events").await;
    let service = auth_service(&database, &[]).await;
    let all = logged(&service.output());
    let events = named(&all);
    let (active, pending) = (kid(&database, "active").await, kid(&database, "pending").await);
    let of = |name: &str, kid: &Option<String>| (name.to_owned(), kid.clone());
    assert_eq!(
        events,
        [of("key.created", &active), of("key.activated", &active), of("key.created", &pending)]
    );
    drop(service);

    run(
        &database,
        "INSERT INTO signing_keys (kid, status, algorithm, public_jwk, published_until, created_at)
         VALUES ('old', 'retired', 'EdDSA', '{\"kid\": \"old\", \"kty\": \"OKP\", \"alg\": \"EdDSA\", \"use\": \"sig\"}',
                 '2020-01-02', '2020-01-01')",
    )
    .await;
    let service = auth_service(&database, &[]).await;
    let events = named(&logged(&service.output()));
    assert_eq!(events, [("key.deleted".to_owned(), Some("old".to_owned()))]);
    assert_recorded(&database.superuser_url(), None, &[all, logged(&service.output())].concat()).await;
}

#[tokio::test]
async fn what_an_operator_does_to_keys_goes_to_standard_error() {
    let database = TestDatabase::auth().await;
    let (active, pending) = (kid(&database, "active").await, kid(&database, "pending").await);
    run(&database, "UPDATE signing_keys SET published_at = '2020-01-01'; TRUNCATE audit_events").await;
    let events = events_of(&database, &["rotate"]).await;
    let next = kid(&database, "pending").await;
    let of = |name: &str, kid: &Option<String>| (name.to_owned(), kid.clone());
    let expected = [
        of("key.retired", &active),
        of("key.activated", &pending),
        of("key.rotated", &pending),
        of("key.created", &next),
    ];
    assert_eq!(events, expected);

    let events = events_of(&database, &["revoke", pending.as_deref().unwrap()]).await;
    let after = kid(&database, "pending").await;
    let expected = [of("key.revoked", &pending), of("key.activated", &next), of("key.created", &after)];
    assert_eq!(events, expected);
    assert_eq!(names(&events_of(&database, &["re-encrypt"]).await), ["keys.re_encrypted"]);

    let path = std::env::temp_dir().join(format!("imported-{}.pem", database.name()));
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let pem = rsa::pkcs8::EncodePrivateKey::to_pkcs8_pem(&key, rsa::pkcs8::LineEnding::LF).unwrap();
    std::fs::write(&path, pem).unwrap();
    let events = events_of(&database, &["import", path.to_str().unwrap()]).await;
    std::fs::remove_file(path).unwrap();
    assert_eq!(events, [of("key.deleted", &after), of("key.imported", &kid(&database, "pending").await)]);
    assert!(events_of(&database, &["list"]).await.is_empty());
}
