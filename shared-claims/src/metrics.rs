//! Metrics, through the `metrics` facade. They cost next to nothing unless the process has a recorder. The README documents
//! their names.

use ::metrics::{counter, describe_counter};

use crate::error::{Reason, Unavailable, VerifyError};

/// Decisions on tokens; label `outcome`: `verified`, or the label of the error.
const VERIFICATIONS: &str = "shared_claims_verifications_total";
/// The outcome of a token that is valid.
const VERIFIED: &str = "verified";
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

impl Document {
    fn label(self) -> &'static str {
        match self {
            Self::KeySet => "key_set",
            Self::Aggregation => "status_lists",
            Self::StatusList => "status_list",
        }
    }
}

impl Outcome {
    fn label(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::NotModified => "not_modified",
            Self::Older => "older",
            Self::Failed => "failed",
        }
    }
}

/// Describes the counters and creates them, so that the rate of the first event is seen.
pub(crate) fn create() {
    describe_counter!(VERIFICATIONS, "Decisions on tokens by outcome.");
    describe_counter!(FETCHES, "Completed fetches of documents of the issuer, by outcome.");
    let refused = Reason::ALL.into_iter().map(Reason::as_str);
    let unavailable = Unavailable::ALL.into_iter().map(Unavailable::as_str);
    for outcome in refused.chain(unavailable).chain([VERIFIED]) {
        counter!(VERIFICATIONS, "outcome" => outcome).increment(0);
    }
    for document in [Document::KeySet, Document::Aggregation, Document::StatusList] {
        for outcome in [Outcome::New, Outcome::NotModified, Outcome::Older, Outcome::Failed] {
            counter!(FETCHES, "document" => document.label(), "outcome" => outcome.label()).increment(0);
        }
    }
}

/// Counts a decision on a token.
pub(crate) fn decided<T>(decision: &Result<T, VerifyError>) {
    let outcome = decision.as_ref().err().map_or(VERIFIED, VerifyError::label);
    counter!(VERIFICATIONS, "outcome" => outcome).increment(1);
}

/// Counts a completed fetch.
pub(crate) fn fetched(document: Document, outcome: Outcome) {
    counter!(FETCHES, "document" => document.label(), "outcome" => outcome.label()).increment(1);
}
