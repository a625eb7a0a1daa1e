//! What clients send, turned into what the model takes. Each error names the field and its rule.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::invalid::Invalid;
use crate::tasks::cursor::Cursor;
use crate::tasks::due_date::DueDate;
use crate::tasks::fields::{Description, Limit, Search, Title};
use crate::tasks::model::{Changes, Content, Filter, Priority};

/// A field as it came: absent, or any JSON value, `null` included. So a wrong type can be told by the field's name.
type Field = Option<Value>;

/// The fields of a new task, or of one that replaces another. Fields that are left out get their defaults. Fields that
/// are not listed here, such as `id` and `user_id`, have no effect.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
#[schema(example = json!({"title": "Water the plants", "description": null, "priority": "high", "due_date": "2026-12-31T23:59:59Z"}))]
pub struct NewTask {
    /// The title: 1 to 200 characters, at least one of them visible, and no control characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8][^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    title: Field,
    /// The description: up to 1000 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 1000, pattern = "^[^\\u0000]*$")]
    description: Field,
    /// Whether the task is done.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false, default = false)]
    is_completed: Field,
    /// The priority.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Priority, required = false, default = "medium")]
    priority: Field,
    /// When the task is due (RFC 3339).
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    due_date: Field,
    /// Flattening also makes serde reject an array in place of the object.
    #[serde(flatten)]
    #[schema(ignore)]
    _other: IgnoredAny,
}

/// The fields to change. Fields that are left out keep their values; `null` clears `description` and `due_date`. Fields
/// that are not listed here have no effect.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
#[schema(example = json!({"priority": "low", "due_date": null}))]
pub struct TaskChanges {
    /// The title: 1 to 200 characters, at least one of them visible, and no control characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8][^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    title: Field,
    /// The description: up to 1000 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 1000, pattern = "^[^\\u0000]*$")]
    description: Field,
    /// Whether the task is done.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    is_completed: Field,
    /// The priority.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Priority, required = false)]
    priority: Field,
    /// When the task is due (RFC 3339).
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    due_date: Field,
    /// Flattening also makes serde reject an array in place of the object.
    #[serde(flatten)]
    #[schema(ignore)]
    _other: IgnoredAny,
}

/// Whether a task is done.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
#[schema(example = json!({"is_completed": true}))]
pub struct Completion {
    /// Whether the task is done.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = true)]
    is_completed: Field,
    /// Flattening also makes serde reject an array in place of the object.
    #[serde(flatten)]
    #[schema(ignore)]
    _other: IgnoredAny,
}

/// The filters and the page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `pending`, `completed` or `all` (the default)
    #[param(value_type = Status, required = false, inline)]
    status: Option<String>,
    /// Only tasks with this priority
    #[param(value_type = Priority, required = false, inline)]
    priority: Option<String>,
    /// Only tasks whose title or description contains this text, ignoring case
    #[param(value_type = String, required = false, max_length = 100, pattern = "^[^\\u0000]*$")]
    search: Option<String>,
    /// Maximum number of tasks on the page
    #[param(value_type = u16, required = false, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page, with the same filters
    #[param(value_type = String, required = false)]
    cursor: Option<String>,
}

/// The tasks to list, by whether they are done.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the document shows it; the text is parsed below")]
enum Status {
    Pending,
    Completed,
    All,
}

/// Distinguishes `null` from a missing field.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl NewTask {
    /// Validates the content of the task.
    ///
    /// # Errors
    /// The first invalid field.
    pub fn content(self) -> Result<Content, Invalid> {
        let Self { title, description, is_completed, priority, due_date, _other } = self;
        let given = TaskChanges { title, description, is_completed, priority, due_date, _other }.changes()?;
        Ok(Content {
            title: given.title.ok_or(Invalid { field: "title", rule: "is required" })?,
            description: given.description.flatten(),
            is_completed: given.is_completed.unwrap_or_default(),
            priority: given.priority.unwrap_or_default(),
            due_date: given.due_date.flatten(),
        })
    }
}

impl TaskChanges {
    /// Validates the changes.
    ///
    /// # Errors
    /// The first invalid field.
    pub fn changes(self) -> Result<Changes, Invalid> {
        Ok(Changes {
            title: self.title.map(title).transpose()?,
            description: self.description.map(description).transpose()?,
            is_completed: self.is_completed.map(is_completed).transpose()?,
            priority: self.priority.map(priority).transpose()?,
            due_date: self.due_date.map(due_date).transpose()?,
        })
    }
}

impl Completion {
    /// Returns whether the task is done.
    ///
    /// # Errors
    /// If the field is missing or not a boolean.
    pub fn value(self) -> Result<bool, Invalid> {
        is_completed(self.is_completed.unwrap_or_default())
    }
}

impl ListQuery {
    /// Validates the filter, the page size and the cursor.
    ///
    /// # Errors
    /// The first invalid parameter.
    pub fn page(self) -> Result<(Filter, Limit, Option<Cursor>), ApiError> {
        let is_completed = match self.status.as_deref() {
            None | Some("all") => None,
            Some("pending") => Some(false),
            Some("completed") => Some(true),
            Some(_) => Err(Invalid { field: "status", rule: "must be pending, completed or all" })?,
        };
        let priority = self.priority.map(|text| text.parse()).transpose()?;
        let search = self.search.map(Search::try_from).transpose()?;
        let limit = self.limit.map(|text| text.parse()).transpose()?.unwrap_or_default();
        let cursor = self.cursor.map(|text| text.parse()).transpose()?;
        Ok((Filter { is_completed, priority, search }, limit, cursor))
    }
}

fn title(value: Value) -> Result<Title, Invalid> {
    let Value::String(text) = value else { return Err(Invalid { field: "title", rule: "must be a string" }) };
    text.try_into()
}

fn description(value: Value) -> Result<Option<Description>, Invalid> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => text.try_into().map(Some),
        _ => Err(Invalid { field: "description", rule: "must be a string or null" }),
    }
}

fn is_completed(value: Value) -> Result<bool, Invalid> {
    value.as_bool().ok_or(Invalid { field: "is_completed", rule: "must be true or false" })
}

fn priority(value: Value) -> Result<Priority, Invalid> {
    value.as_str().unwrap_or_default().parse()
}

fn due_date(value: Value) -> Result<Option<DueDate>, Invalid> {
    if value.is_null() { Ok(None) } else { value.as_str().unwrap_or_default().parse().map(Some) }
}
