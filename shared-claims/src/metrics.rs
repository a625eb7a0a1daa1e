//! What is counted and measured, through the `metrics` facade. Without a recorder in the process it costs next to
//! nothing. The names are documented in the README.

use ::metrics::counter;

use crate::error::VerifyError;

/// Decisions on tokens; label `outcome`: `verified`, or the label of the error.
const VERIFICATIONS: &str = "shared_claims_verifications_total";
/// Fetches that are over; labels `document` and `outcome`.
const FETCHES: &str = "shared_claims_fetches_total";
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
