//! Metrics, through the `metrics` facade. They cost next to nothing unless the process has a recorder. The README documents
//! their names.

use ::metrics::counter;

use crate::error::VerifyError;

/// Decisions on tokens; label `outcome`: `verified`, or the label of the error.
const VERIFICATIONS: &str = "shared_claims_verifications_total";
/// Completed fetches; labels `document` and `outcome`.
const FETCHES: &str = "shared_claims_fetches_total";
/// A fetched document.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Document {
    KeySet,
    Aggregation,
    StatusList,
}

/// The outcome of a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A new version, which is current now.
    New,
    /// The current version was confirmed.
    NotModified,
    /// An older version than the current one. It is ignored.
    Older,
    /// An error, or an invalid document.
    Failed,
}

/// Counts a decision on a token.
pub(crate) fn decided<T>(decision: &Result<T, VerifyError>) {
    let outcome = decision.as_ref().err().map_or("verified", VerifyError::label);
    counter!(VERIFICATIONS, "outcome" => outcome).increment(1);
}

/// Counts a completed fetch.
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
