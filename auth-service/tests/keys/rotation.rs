//! The life of a key, from pending to gone.

use std::time::Duration;

use auth_service::background::Background;
use auth_service::keys::{Due, KeyError, KeyRefresher, KeyRing, KeyRotation, KeyTimes, RotationPolicy};
use jiff::{SignedDuration, Timestamp};
use local_stack::testing::CountedDatabase;
use service_kit::database::{DatabaseUrl, Timeouts};
use tokio::time::Instant;

use super::{TOKEN_LIFETIME, World, published, signs, start};

const INTERVAL: SignedDuration = SignedDuration::from_hours(720);
const MOMENT: SignedDuration = SignedDuration::from_micros(1);

#[tokio::test]
async fn a_rotation_happens_at_its_time_and_not_before() {
    let world = World::new().await;
    let ring = world.replica().await;
    let (first, second) = (world.kid("active").await, world.kid("pending").await);
    assert_eq!(published(&ring), [first.clone(), second.clone()]);
    world.pass(INTERVAL - MOMENT);
    ring.maintain().await.unwrap();
    assert_eq!((signs(&ring), published(&ring).len()), (first.clone(), 2), "a moment before its time");

    world.pass(MOMENT);
    ring.maintain().await.unwrap();
    assert_eq!(signs(&ring), second);
    let third = world.kid("pending").await;
    assert_eq!(published(&ring), [second, third, first.clone()], "active, pending, retired");
    let sql = "SELECT private_key IS NULL, published_until FROM signing_keys WHERE kid = $1";
    let row = world.client.query_one(sql, &[&first]).await.unwrap();
    assert!(row.get::<_, bool>(0), "what signs no more needs no private half");
    let until: Timestamp = row.get(1);
    assert_eq!(until, start() + INTERVAL + TOKEN_LIFETIME + RotationPolicy::default().tail);
}

#[tokio::test]
async fn a_key_signs_only_when_it_was_published_for_the_lead() {
    let world = World::new().await;
    let ring = world.replica().await;
    let first = signs(&ring);
    world.pass(INTERVAL);
    let rotation = world.rotation();
    rotation.revoke(&world.kid("pending").await, rotation.generate(2).await.unwrap()).await.unwrap();
    let next = world.kid("pending").await;
    world.pass(RotationPolicy::default().lead - MOMENT);
    ring.maintain().await.unwrap();
    assert_eq!(signs(&ring), first, "the interval is over, but the next key may be unknown to some");
    world.pass(MOMENT);
    ring.maintain().await.unwrap();
    assert_eq!(signs(&ring), next);
}

#[tokio::test]
async fn three_replicas_rotate_once() {
    let world = World::new().await;
    let (one, two, three) = (world.replica().await, world.replica().await, world.replica().await);
    for round in 1..=3 {
        world.pass(INTERVAL);
        let next = world.kid("pending").await;
        let (a, b, c) = tokio::join!(one.maintain(), two.maintain(), three.maintain());
        for outcome in [a, b, c] {
            outcome.unwrap();
        }
        for ring in [&one, &two, &three] {
            ring.maintain().await.unwrap();
            assert_eq!(signs(ring), next, "round {round}");
            assert_eq!(ring.jwks().unwrap().body(), one.jwks().unwrap().body(), "the same bytes");
        }
        let counts =
            [world.count("active").await, world.count("pending").await, world.count("retired").await];
        assert_eq!(counts, [1, 1, 1], "round {round}: the one before is over by now");
    }
}

#[tokio::test]
async fn somebody_rotated_already_is_a_normal_outcome() {
    let world = World::new().await;
    world.pass(INTERVAL);
    let rotation = world.rotation();
    let (one, two) = (rotation.generate(1).await.unwrap(), rotation.generate(1).await.unwrap());
    assert_eq!(rotation.apply_due_change(one).await.unwrap(), Some(Due::Rotation));
    assert_eq!(rotation.apply_due_change(two).await.unwrap(), None);
}

#[tokio::test]
async fn a_retired_key_leaves_the_jwks_at_its_time_without_a_look_at_the_database() {
    let world = World::new().await;
    let ring = world.replica().await;
    let first = signs(&ring);
    world.pass(INTERVAL);
    ring.maintain().await.unwrap();
    let before = ring.jwks().unwrap();
    world.pass(TOKEN_LIFETIME + RotationPolicy::default().tail - MOMENT);
    assert!(published(&ring).contains(&first));
    world.pass(MOMENT);
    assert!(!published(&ring).contains(&first));
    assert_ne!(ring.jwks().unwrap().body(), before.body());
    assert_eq!(world.count("retired").await, 1);
    ring.maintain().await.unwrap();
    assert_eq!(world.count("retired").await, 0, "the row is deleted");
}

#[tokio::test]
async fn a_key_outlives_tokens_of_a_longer_life_that_was_lowered_shortly_before() {
    let world = World::new().await;
    let day = SignedDuration::from_hours(24);
    world.pass(INTERVAL - SignedDuration::from_mins(2));
    let mut rotation = world.rotation();
    rotation.token_lifetime = day;
    KeyRing::open(rotation).await.unwrap();
    let ring = world.replica().await;
    world.pass(SignedDuration::from_mins(2));
    ring.maintain().await.unwrap();
    let until = |row: tokio_postgres::Row| row.get::<_, Timestamp>(0);
    let sql = "SELECT published_until FROM signing_keys WHERE status = 'retired'";
    let row = world.client.query_one(sql, &[]).await.unwrap();
    assert_eq!(until(row), start() + INTERVAL + day + RotationPolicy::default().tail);

    // By the next rotation the long ones are forgotten.
    world.pass(INTERVAL);
    ring.maintain().await.unwrap();
    let row = world.client.query_one(sql, &[]).await.unwrap();
    assert_eq!(until(row), start() + INTERVAL * 2 + TOKEN_LIFETIME + RotationPolicy::default().tail);
}

#[tokio::test]
async fn a_replica_that_does_not_see_the_database_signs_no_more() {
    let world = World::new().await;
    let mut rotation = world.rotation();
    rotation.policy.replica_bound = Duration::from_millis(300);
    let ring = KeyRing::open(rotation).await.unwrap();
    ring.refresh().await.unwrap();
    assert!(ring.active().is_ok() && ring.is_ready());
    let deadline = Instant::now() + Duration::from_secs(10);
    while ring.active().is_ok() {
        assert!(Instant::now() < deadline, "it goes on signing");
        tokio::task::yield_now().await;
    }
    assert!(matches!(ring.active(), Err(KeyError::OutOfDate)));
    assert!(!ring.is_ready());
    assert_eq!(published(&ring).len(), 2, "what it knows is published all the same");
    ring.refresh().await.unwrap();
    assert!(ring.active().is_ok() && ring.is_ready());
}

#[tokio::test]
async fn looking_after_the_keys_is_one_round_trip_while_nothing_changes() {
    let world = World::new().await;
    let counted = CountedDatabase::of(&world.database).await;
    let address =
        DatabaseUrl::parse("DATABASE_URL", &counted.service_url().to_owned().into(), "test").unwrap();
    let ring = KeyRing::open(KeyRotation {
        pool: address.pool(1, Timeouts::BACKGROUND).unwrap(),
        ..world.rotation()
    })
    .await
    .unwrap();
    let before = counted.round_trips();
    for _ in 0..10 {
        ring.maintain().await.unwrap();
    }
    assert_eq!(counted.round_trips() - before, 10);
}

#[tokio::test]
async fn a_rotation_policy_of_a_tests_own_is_followed() {
    let world = World::new().await;
    let mut rotation = world.rotation();
    rotation.policy.lead = SignedDuration::ZERO;
    rotation.policy.rotation_interval = SignedDuration::from_secs(1);
    let ring = KeyRing::open(rotation).await.unwrap();
    for _ in 0..3 {
        let next = world.kid("pending").await;
        world.pass(SignedDuration::from_secs(1));
        ring.maintain().await.unwrap();
        assert_eq!(signs(&ring), next);
    }
}

#[tokio::test]
async fn keys_are_looked_after_in_the_background() {
    let world = World::new().await;
    let ring = std::sync::Arc::new(world.replica().await);
    let background = Background::default();
    KeyRefresher::start(std::sync::Arc::clone(&ring), &background);
    let next = world.kid("pending").await;
    let deadline = Instant::now() + Duration::from_secs(30);
    world.pass(INTERVAL);
    while signs(&ring) != next {
        assert!(Instant::now() < deadline, "no rotation");
        // It may have looked at the clock before time passed.
        world.pass(SignedDuration::from_millis(100));
        tokio::time::timeout(Duration::from_millis(10), std::future::pending::<()>()).await.unwrap_err();
    }
    let noted: i64 =
        world.client.query_one("SELECT count(*) FROM token_lifetimes", &[]).await.unwrap().get(0);
    assert_eq!(noted, 1);
    let seen: Timestamp =
        world.client.query_one("SELECT last_seen FROM token_lifetimes", &[]).await.unwrap().get(0);
    assert!(seen >= start() + INTERVAL, "the life of tokens is noted again and again");
    background.stop().await;
}

#[tokio::test]
async fn a_database_of_an_earlier_version_gets_a_pending_key_and_rotates() {
    let world = World::new().await;
    let sql = "DELETE FROM signing_keys WHERE status = 'pending';
               UPDATE signing_keys SET public_jwk = NULL, published_at = NULL, active_since = NULL";
    world.client.batch_execute(sql).await.unwrap();
    let first = world.kid("active").await;
    let ring = world.replica().await;
    let second = world.kid("pending").await;
    assert_eq!(published(&ring), [first.clone(), second.clone()]);
    world.pass(INTERVAL);
    ring.maintain().await.unwrap();
    assert_eq!(published(&ring), [second, world.kid("pending").await, first]);
}

/// A rotation policy of replicas that look once an hour.
fn hourly() -> RotationPolicy {
    let times = KeyTimes { refresh_interval: Duration::from_secs(3600), ..KeyTimes::default() };
    RotationPolicy::new(&times).unwrap()
}

#[tokio::test]
async fn with_a_long_interval_nothing_is_asked_in_between_and_keys_rotate_within_it() {
    let world = World::new().await;
    let counted = CountedDatabase::of(&world.database).await;
    let address =
        DatabaseUrl::parse("DATABASE_URL", &counted.service_url().to_owned().into(), "test").unwrap();
    let pool = address.pool(1, Timeouts::BACKGROUND).unwrap();
    let rotation = KeyRotation { pool, policy: hourly(), ..world.rotation() };
    let ring = std::sync::Arc::new(KeyRing::open(rotation).await.unwrap());
    let next = world.kid("pending").await;
    let background = Background::default();
    KeyRefresher::start(std::sync::Arc::clone(&ring), &background);
    world.clock.asleep(1).await;
    let before = counted.round_trips();
    for _ in 0..59 {
        world.pass(SignedDuration::from_mins(1));
        world.clock.asleep(1).await;
    }
    assert_eq!(counted.round_trips(), before, "an hour is not over");
    world.pass(SignedDuration::from_mins(1));
    world.clock.asleep(1).await;
    assert!(counted.round_trips() > before);
    world.pass(INTERVAL);
    let deadline = Instant::now() + Duration::from_secs(30);
    while signs(&ring) != next {
        assert!(Instant::now() < deadline, "no rotation");
        tokio::task::yield_now().await;
    }
    background.stop().await;
}

#[tokio::test]
async fn a_replica_that_looks_rarely_looks_before_it_signs_a_token() {
    let world = World::new().await;
    let mut rotation = world.rotation();
    rotation.policy = RotationPolicy { signing_bound: Duration::from_millis(300), ..hourly() };
    let ring = KeyRing::open(rotation).await.unwrap();
    let (first, next) = (world.kid("active").await, world.kid("pending").await);
    let operator = world.rotation();
    operator.revoke(&first, operator.generate(2).await.unwrap()).await.unwrap();
    world.pass(SignedDuration::from_mins(10));
    let deadline = Instant::now() + Duration::from_secs(10);
    while ring.signing_key().await.unwrap().kid() != next.as_str() {
        assert!(Instant::now() < deadline, "it goes on signing with a revoked key");
        tokio::task::yield_now().await;
    }
    assert!(!published(&ring).contains(&first), "what it saw is published too");
    let seen = "SELECT max(last_seen) FROM token_lifetimes";
    let seen: Timestamp = world.client.query_one(seen, &[]).await.unwrap().get(0);
    assert_eq!(seen, start() + SignedDuration::from_mins(10), "the life of its tokens is noted first");
}
