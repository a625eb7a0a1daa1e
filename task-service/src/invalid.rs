//! Errors for input that breaks a rule.

/// A field that breaks a rule. Both texts are written for the person who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Invalid {
    /// The field, as it is called in JSON or the query.
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

/// A cursor that this service did not issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cursor: use the next_cursor of an earlier answer")]
pub struct InvalidCursor;
