//! Private halves that do not open.

use std::time::Duration;

use auth_service::keys::{KeyError, KeyRing, KeyRotation};
use jiff::SignedDuration;

use super::{OTHER_KEY, World, encryption, published, signs};

/// Has the other key as its first.
fn other_first(world: &World) -> KeyRotation {
    let both = format!("{OTHER_KEY},{}", world.database.secrets().key_encryption_keys);
    KeyRotation { encryption: encryption(&both), ..world.rotation() }
}

#[tokio::test]
async fn a_key_of_any_status_that_does_not_open_stops_the_start_and_is_named() {
    for status in ["active", "pending", "retired"] {
        let world = World::new().await;
        let sealed = encryption(OTHER_KEY).seal("theirs", b"whatever").unwrap();
        let sql = "INSERT INTO signing_keys
                       (kid, status, private_key, public_jwk, published_at, published_until, created_at)
                   VALUES ('theirs', $1, $2, '{\"kid\": \"theirs\", \"kty\": \"RSA\", \"alg\": \"RS256\", \"use\": \"sig\"}',
                           '2026-03-01', '2027-01-01', '2026-03-01')";
        let delete = format!("DELETE FROM signing_keys WHERE status = '{status}'");
        world.client.batch_execute(&delete).await.unwrap();
        world.client.execute(sql, &[&status, &sealed]).await.unwrap();
        let Err(error) = KeyRing::open(world.rotation()).await else { panic!("{status}: it starts") };
        let text = error.to_string();
        assert!(text.contains("KEY_ENCRYPTION_KEYS") && text.contains("signing key theirs"), "{text}");
        assert!(text.contains("auth-service keys revoke theirs"), "says what to do: {text}");
    }
}

#[tokio::test]
async fn a_replica_without_the_key_of_others_tells_and_never_signs_with_a_retired_one() {
    let world = World::new().await;
    let mut rotation = world.rotation();
    // Short, to see what is over after it.
    rotation.policy.replica_bound = Duration::from_secs(2);
    let ring = KeyRing::open(rotation).await.unwrap();
    let others = KeyRing::open(other_first(&world)).await.unwrap();
    let rotation = other_first(&world);
    rotation.revoke(&world.kid("pending").await, rotation.generate(2).await.unwrap()).await.unwrap();
    let (first, next) = (world.kid("active").await, world.kid("pending").await);
    ring.maintain().await.unwrap();
    assert_eq!(signs(&ring), first);
    assert!(ring.is_ready(), "there is time to mend it");
    assert_eq!(published(&ring), [first.clone(), next.clone()], "its public half is known all the same");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while ring.is_ready() {
        assert!(tokio::time::Instant::now() < deadline, "it stays ready");
        ring.refresh().await.unwrap();
    }
    assert_eq!(signs(&ring), first, "this key is still the right one");

    world.pass(SignedDuration::from_hours(721));
    ring.maintain().await.unwrap();
    assert_eq!(signs(&ring), first, "it cannot rotate");
    others.maintain().await.unwrap();
    ring.maintain().await.unwrap();
    assert!(matches!(ring.active(), Err(KeyError::OutOfDate)));
    assert_eq!(signs(&others), next);

    let mut rotation = other_first(&world);
    let both = format!("{},{OTHER_KEY}", world.database.secrets().key_encryption_keys);
    rotation.encryption = encryption(&both);
    assert_eq!(rotation.re_encrypt().await.unwrap(), 2);
    ring.maintain().await.unwrap();
    assert_eq!(signs(&ring), next);
    assert!(ring.is_ready());
}

#[tokio::test]
async fn encrypting_anew_is_all_or_nothing() {
    let world = World::new().await;
    let both = other_first(&world);
    assert_eq!(both.re_encrypt().await.unwrap(), 2);
    let Err(error) = KeyRing::open(world.rotation()).await else { panic!("the old key still opens") };
    assert!(error.to_string().contains("KEY_ENCRYPTION_KEYS"), "{error}");
    let alone = KeyRotation { encryption: encryption(OTHER_KEY), ..world.rotation() };
    let ring = KeyRing::open(alone).await.unwrap();
    assert_eq!(published(&ring), [world.kid("active").await, world.kid("pending").await]);

    let broken = "UPDATE signing_keys SET private_key = '\\x00' WHERE status = 'pending'";
    world.client.batch_execute(broken).await.unwrap();
    let sql = "SELECT private_key FROM signing_keys WHERE status = 'active'";
    let before: Vec<u8> = world.client.query_one(sql, &[]).await.unwrap().get(0);
    assert!(
        matches!(both.re_encrypt().await, Err(KeyError::Sealed(kid)) if kid == world.kid("pending").await)
    );
    let after: Vec<u8> = world.client.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(before, after);
}

#[tokio::test]
async fn revoking_works_when_neither_the_key_nor_its_successor_opens() {
    let world = World::new().await;
    let lost = KeyRotation { encryption: encryption(OTHER_KEY), ..world.rotation() };
    assert!(
        KeyRing::open(KeyRotation { encryption: encryption(OTHER_KEY), ..world.rotation() }).await.is_err()
    );
    let before = world.keys().await;
    let active = world.kid("active").await;
    let revoked = lost.revoke(&active, lost.generate(2).await.unwrap()).await.unwrap();
    let successor = revoked.successor.unwrap();
    assert!(successor.known_from.is_some(), "nobody knows it yet");
    let ring = KeyRing::open(lost).await.unwrap();
    assert_eq!(signs(&ring), successor.kid);
    assert!(before.iter().all(|(kid, _)| !published(&ring).contains(kid)));
}
