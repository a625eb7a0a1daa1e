//! Metrics of the signing keys: how old they are, and whether their rotation is overdue.

use std::sync::Arc;

use jiff::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use service_kit::collectors;

use super::key_ring::KeyRing;
use super::lifecycle::{KeyRecord, KeyStatus, rotation_at};
use super::rotation::ROTATIONS;

/// Keys that are published; label `status`.
const KEYS: &str = "auth_service_keys";
/// Time since the active key began to sign.
const ACTIVE_AGE: &str = "auth_service_active_key_age_seconds";
/// Time since the pending key was published.
const PENDING_AGE: &str = "auth_service_pending_key_age_seconds";
/// Time since the rotation was due; 0 until then.
const OVERDUE: &str = "auth_service_key_rotation_overdue_seconds";
/// Time since this replica last read the keys from the database.
const REFRESH_AGE: &str = "auth_service_key_refresh_age_seconds";

/// Describes the metrics of the signing keys and creates its counter.
pub fn create_metrics() {
    describe_counter!(ROTATIONS, "Rotations of the signing key that this replica performed.");
    describe_gauge!(KEYS, "Published keys.");
    describe_gauge!(ACTIVE_AGE, "Time since the active key began to sign, in seconds.");
    describe_gauge!(PENDING_AGE, "Time since the pending key was published, in seconds.");
    describe_gauge!(OVERDUE, "Time since the rotation of the signing key was due, in seconds.");
    describe_gauge!(REFRESH_AGE, "Time since the keys were read from the database, in seconds.");
    counter!(ROTATIONS).increment(0);
}

/// Shows the keys of `ring` in the metrics.
pub fn measure(ring: &Arc<KeyRing>) {
    let ring = Arc::downgrade(ring);
    collectors::register(move || {
        let Some(ring) = ring.upgrade() else { return false };
        show(&ring);
        true
    });
}

fn show(ring: &KeyRing) {
    let (now, policy) = (ring.rotation().clock.now(), ring.rotation_policy());
    let records = ring.published(now);
    let of = |status| records.iter().filter(move |record| record.status == status);
    for status in [KeyStatus::Active, KeyStatus::Pending, KeyStatus::Retired] {
        gauge!(KEYS, "status" => status.as_str()).set(collectors::value(of(status).count()));
    }
    let (active, pending) = (of(KeyStatus::Active).next(), of(KeyStatus::Pending).next());
    let since_active = |key: &KeyRecord| key.active_since.unwrap_or(key.created_at);
    let since_published = |key: &KeyRecord| key.published_at.unwrap_or(key.created_at);
    gauge!(ACTIVE_AGE).set(active.map_or(0.0, |key| seconds(since_active(key), now)));
    gauge!(PENDING_AGE).set(pending.map_or(0.0, |key| seconds(since_published(key), now)));
    let due = active.zip(pending).map(|(active, pending)| rotation_at(active, pending, policy));
    gauge!(OVERDUE).set(due.map_or(0.0, |due| seconds(due, now)));
    gauge!(REFRESH_AGE).set(ring.age().as_secs_f64());
}

/// Seconds from `then` until `now`; 0 if it is in the future.
fn seconds(then: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(then).as_secs_f64().max(0.0)
}
