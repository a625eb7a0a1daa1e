//! What is counted and measured, through the `metrics` facade. Without a recorder in the process it costs next to
//! nothing. The names are documented in the README.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::{counter, gauge};
use jiff::SignedDuration;

use crate::clock::SharedClock;
use crate::error::VerifyError;
use crate::keys::KeyStore;
use crate::status::ListStore;

/// Decisions on tokens; label `outcome`: `verified`, or the label of the error.
const VERIFICATIONS: &str = "shared_claims_verifications_total";
/// Fetches that are over; labels `document` and `outcome`.
const FETCHES: &str = "shared_claims_fetches_total";
/// Seconds since the issuer last confirmed the key set.
const KEY_SET_AGE: &str = "shared_claims_key_set_age_seconds";
/// Seconds since the issuer last confirmed a status list; label `list`, its number.
const STATUS_LIST_AGE: &str = "shared_claims_status_list_age_seconds";

/// Time between two measurements of the ages: shorter than most scrapes.
const AGES_EVERY: Duration = Duration::from_secs(5);

/// What was fetched.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Document {
    KeySet,
    Aggregation,
    StatusList,
}

/// What came of a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Something new, which is in force now.
    New,
    /// What was in force still is.
    NotModified,
    /// What was in force before: it changes nothing.
    Older,
    /// Nothing, or nothing that can be used.
    Failed,
}

/// Counts a decision on a token.
pub(crate) fn decided<T>(decision: &Result<T, VerifyError>) {
    let outcome = decision.as_ref().err().map_or("verified", VerifyError::label);
    counter!(VERIFICATIONS, "outcome" => outcome).increment(1);
}

/// Counts a fetch that is over.
pub(crate) fn fetched(document: Document, outcome: Outcome) {
    let document = match document {
        Document::KeySet => "key_set",
        Document::Aggregation => "status_lists",
        Document::StatusList => "status_list",
    };
    let outcome = match outcome {
        Outcome::New => "new",
        Outcome::NotModified => "not_modified",
        Outcome::Older => "older",
        Outcome::Failed => "failed",
    };
    counter!(FETCHES, "document" => document, "outcome" => outcome).increment(1);
}

/// Keeps the gauges current, fetches or not, until the last verifier is gone.
pub(crate) async fn keep_ages(clock: SharedClock, keys: Arc<KeyStore>, lists: Option<Arc<ListStore>>) {
    loop {
        let now = clock.now();
        if let Some(age) = keys.age(now) {
            gauge!(KEY_SET_AGE).set(seconds(age));
        }
        for (number, age) in lists.iter().flat_map(|lists| lists.ages(now)) {
            gauge!(STATUS_LIST_AGE, "list" => number.to_string()).set(seconds(age));
        }
        clock.sleep(AGES_EVERY).await;
    }
}

fn seconds(age: SignedDuration) -> f64 {
    age.as_secs_f64()
}
