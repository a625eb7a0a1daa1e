//! The id of a session.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a session, in lists and in the `sid` claim of tokens. It does not authenticate anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Creates the id of a session that starts now.
    pub fn new(now: Timestamp) -> Self {
        Self(service_kit::id::new_v7(now))
    }

    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }

    /// Reads an id; `None` if it is invalid.
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
