//! Tasks, their changes and filters.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::invalid::Invalid;
use crate::tasks::due_date::DueDate;
use crate::tasks::fields::{Description, Search, Title};

/// The id of a task: a UUID, in lower case with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "Uuid")]
pub struct TaskId(Uuid);

// It borrows the row it was read from: a page of a hundred tasks copies no text.
/// A task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d", "user_id": "9b2f6c52-5d0e-4c4e-9d6e-0c6d6f0a4f11", "title": "Water the plants", "description": null, "is_completed": false, "priority": "high", "due_date": "2026-12-31T23:59:59Z", "created_at": "2026-11-28T09:00:00Z", "updated_at": "2026-11-28T09:00:00Z"}))]
pub struct Task<'r> {
    /// The task's id (UUIDv7). Ids sort by the time of creation.
    #[schema(value_type = Uuid)]
    pub id: TaskId,
    /// The id of the task's user.
    pub user_id: &'r str,
    /// The title: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: &'r str,
    /// The description: up to 1000 characters.
    #[schema(required = true, max_length = 1000)]
    pub description: Option<&'r str>,
    /// Whether the task is done.
    pub is_completed: bool,
    /// The priority.
    pub priority: Priority,
    /// When the task is due (RFC 3339).
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub due_date: Option<DueDate>,
    /// When the task was created.
    pub created_at: Timestamp,
    /// When the task was last changed.
    pub updated_at: Timestamp,
}

/// The priority of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// It can wait.
    Low,
    /// The default.
    #[default]
    Medium,
    /// It comes first.
    High,
}

/// The part of a task that its owner sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The title.
    pub title: Title,
    /// The description.
    pub description: Option<Description>,
    /// Whether the task is done.
    pub is_completed: bool,
    /// The priority.
    pub priority: Priority,
    /// When the task is due.
    pub due_date: Option<DueDate>,
}

/// Changes of a task. `None` leaves a field unchanged, an inner `None` clears it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The title.
    pub title: Option<Title>,
    /// The description.
    pub description: Option<Option<Description>>,
    /// Whether the task is done.
    pub is_completed: Option<bool>,
    /// The priority.
    pub priority: Option<Priority>,
    /// When the task is due.
    pub due_date: Option<Option<DueDate>>,
}

/// The tasks to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only tasks that are done, or only those that are not.
    pub is_completed: Option<bool>,
    /// Only tasks with this priority.
    pub priority: Option<Priority>,
    /// Only tasks whose title or description contains this text.
    pub search: Option<Search>,
}

impl Filter {
    /// Returns whether it matches every task. Then a page reads only its own rows; otherwise it may have to read all rows.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Changes {
    /// Returns whether there are no changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl TaskId {
    /// Creates the id of a task that is created at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(service_kit::id::new_v7(now))
    }

    /// Creates an id from 16 bytes. `None` for another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }

    /// Returns the 16 bytes of the id.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Returns the id in the type of the database driver.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for TaskId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<TaskId> for Uuid {
    fn from(id: TaskId) -> Self {
        id.0
    }
}

impl TryFrom<String> for TaskId {
    type Error = Invalid;

    /// Accepts only the form with hyphens, in either case, because a task should have one URL.
    fn try_from(text: String) -> Result<Self, Invalid> {
        const INVALID: Invalid = Invalid { field: "task_id", rule: "must be a UUID" };
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(INVALID);
        }
        Uuid::try_parse(&text).map(Self).map_err(|_| INVALID)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Priority {
    /// Returns the name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl FromStr for Priority {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "low" => Ok(Self::Low),
            "medium" => Ok(Self::Medium),
            "high" => Ok(Self::High),
            _ => Err(Invalid { field: "priority", rule: "must be low, medium or high" }),
        }
    }
}
