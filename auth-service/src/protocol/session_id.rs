//! The handle of a session.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The handle of a session: names it, in lists and in the `sid` of tokens, and authenticates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct SessionId(Uuid);

impl SessionId {
    /// The id of a session made now.
    pub fn new(now: Timestamp) -> Self {
        Self(service_kit::id::new_v7(now))
    }

    /// The id as PostgreSQL stores it.
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }

    /// Reads a handle; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl From<Uuid> for SessionId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
