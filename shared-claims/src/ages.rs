//! Measures how long ago the issuer confirmed its key set and status lists.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::{describe_gauge, gauge};
use jiff::SignedDuration;

use crate::clock::SharedClock;
use crate::keys::KeyStore;
use crate::status::ListStore;

/// Seconds since the issuer last confirmed the key set.
const KEY_SET_AGE: &str = "shared_claims_key_set_age_seconds";
/// Seconds since the issuer last confirmed a status list; label `list`, its number.
const STATUS_LIST_AGE: &str = "shared_claims_status_list_age_seconds";

/// Time between two measurements: shorter than most scrape intervals.
const INTERVAL: Duration = Duration::from_secs(5);

/// Keeps the gauges current, also while nothing is fetched. Runs until the last verifier is dropped.
pub(crate) async fn measure(clock: SharedClock, keys: Arc<KeyStore>, lists: Option<Arc<ListStore>>) {
    describe_gauge!(KEY_SET_AGE, "Time since the issuer confirmed its key set, in seconds.");
    describe_gauge!(STATUS_LIST_AGE, "Time since the issuer confirmed a status list, in seconds.");
    loop {
        let now = clock.now();
        if let Some(age) = keys.age(now) {
            gauge!(KEY_SET_AGE).set(seconds(age));
        }
        for (number, age) in lists.iter().flat_map(|lists| lists.ages(now)) {
            gauge!(STATUS_LIST_AGE, "list" => number.to_string()).set(seconds(age));
        }
        clock.sleep(INTERVAL).await;
    }
}

fn seconds(age: SignedDuration) -> f64 {
    age.as_secs_f64()
}
