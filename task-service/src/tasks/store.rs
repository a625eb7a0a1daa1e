//! The statements on tasks. Every function takes the owner first, and every statement names the owner as `$1`.

use std::error::Error;

use bytes::BytesMut;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use service_kit::database::SqlType;
use service_kit::store::{Row, StoreError, column, corrupt};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use uuid::Uuid;

use crate::owned::OwnedTables;
use crate::owner::{DeletedUser, Owner};
use crate::tasks::cursor::Cursor;
use crate::tasks::due_date::DueDate;
use crate::tasks::fields::{Description, Limit, Search, Title};
use crate::tasks::model::{Changes, Content, Filter, Priority, Task, TaskId};

const TABLE: &str = "tasks";

macro_rules! columns {
    () => {
        "id, user_id, title, description, is_completed, priority, due_date, created_at, updated_at"
    };
}

/// `$2` is never null: one scan of the primary key provides the order and the start of the page. `strpos` searches for the
/// literal text, so there are no wildcards to escape.
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM tasks WHERE user_id = $1 AND id < $2 \
     AND ($3::bool IS NULL OR is_completed = $3) \
     AND ($4::text IS NULL OR priority = $4) \
     AND ($5::text IS NULL OR strpos(lower(title), lower($5)) > 0 OR strpos(lower(description), lower($5)) > 0) \
     ORDER BY id DESC LIMIT $6"
);

const GET: &str = concat!("SELECT ", columns!(), " FROM tasks WHERE user_id = $1 AND id = $2");

const CREATE: &str = concat!(
    "INSERT INTO tasks (user_id, id, title, description, is_completed, priority, due_date, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING ",
    columns!()
);

const REPLACE: &str = concat!(
    "UPDATE tasks SET title = $3, description = $4, is_completed = $5, priority = $6, due_date = $7, updated_at = $8 \
     WHERE user_id = $1 AND id = $2 RETURNING ",
    columns!()
);

/// The two fields that can be cleared have a flag for whether they change.
const CHANGE: &str = concat!(
    "UPDATE tasks SET title = coalesce($3, title), \
     description = CASE WHEN $4::bool THEN $5 ELSE description END, \
     is_completed = coalesce($6, is_completed), priority = coalesce($7, priority), \
     due_date = CASE WHEN $8::bool THEN $9 ELSE due_date END, updated_at = $10 \
     WHERE user_id = $1 AND id = $2 RETURNING ",
    columns!()
);

const DELETE: &str = "DELETE FROM tasks WHERE user_id = $1 AND id = $2 RETURNING id";

/// The last task of the next step. A statement on all tasks of a large quota would take too long.
const PURGE_STEP: &str =
    "SELECT id FROM tasks WHERE user_id = $1 AND id > $2 ORDER BY id OFFSET 4999 LIMIT 1";

/// Deletes a step of the tasks of a deleted user.
const PURGE: &str =
    "DELETE FROM tasks WHERE user_id = $1 AND id > $2 AND id <= $3 AND created_at <= $4 RETURNING id";

const PURGE_COUNT: &str = "DELETE FROM task_counts WHERE user_id = $1 AND tasks = 0";

/// All statements.
#[cfg(test)]
const STATEMENTS: [&str; 8] = [LIST, GET, CREATE, REPLACE, CHANGE, DELETE, PURGE_STEP, PURGE];

/// The constraint that the counting trigger reports (migration V2).
const QUOTA: &str = "tasks_quota";

/// A row of the table.
pub struct TaskRow(Row);

impl TaskRow {
    /// Reads the task.
    ///
    /// # Errors
    /// If a stored value is invalid.
    pub fn task(&self) -> Result<Task<'_>, StoreError> {
        let row = &self.0;
        let priority: &str = column(row, TABLE, "priority")?;
        Ok(Task {
            id: self.id()?,
            user_id: column(row, TABLE, "user_id")?,
            title: column(row, TABLE, "title")?,
            description: column(row, TABLE, "description")?,
            is_completed: column(row, TABLE, "is_completed")?,
            priority: priority.parse::<Priority>().map_err(|error| corrupt(TABLE, "priority", error))?,
            due_date: column(row, TABLE, "due_date")?,
            created_at: column(row, TABLE, "created_at")?,
            updated_at: column(row, TABLE, "updated_at")?,
        })
    }

    fn id(&self) -> Result<TaskId, StoreError> {
        Ok(TaskId::from(column::<Uuid>(&self.0, TABLE, "id")?))
    }
}

/// Returns a page of a list, newest first, and the cursor of the next page, if there is one.
///
/// # Errors
/// If the database is unavailable, the list takes too long, or a stored value is invalid.
pub async fn list(
    owner: &Owner,
    tables: &OwnedTables,
    filter: &Filter,
    limit: Limit,
    after: Option<Cursor>,
) -> Result<(Vec<TaskRow>, Option<Cursor>), StoreError> {
    let before = after.map_or(Uuid::max(), |cursor| cursor.last().uuid());
    let priority = filter.priority.map(Priority::as_str);
    let search = filter.search.as_ref().map(Search::as_str);
    let size = usize::from(limit.get());
    // One more row than requested shows whether there is a next page.
    let fetched = i64::from(limit.get()) + 1;
    let rows =
        tables.list(owner, LIST, &[&before, &filter.is_completed, &priority, &search, &fetched]).await?;
    let more = rows.len() > size;
    let rows: Vec<TaskRow> = rows.into_iter().take(size).map(TaskRow).collect();
    let next = match rows.last() {
        Some(last) if more => Some(Cursor::after(last.id()?)),
        _ => None,
    };
    Ok((rows, next))
}

/// Returns the owner's task with this id.
pub async fn get(owner: &Owner, tables: &OwnedTables, id: TaskId) -> Result<Option<TaskRow>, StoreError> {
    one(tables.query(owner, GET, &[&id.uuid()]).await)
}

/// Creates a task. `None` if the owner has reached the task quota.
pub async fn create(
    owner: &Owner,
    tables: &OwnedTables,
    id: TaskId,
    content: &Content,
    now: Timestamp,
) -> Result<Option<TaskRow>, StoreError> {
    let Content { title, description, is_completed, priority, due_date } = content;
    let (title, description) = (title.as_str(), text(description.as_ref()));
    let row = tables
        .insert(
            owner,
            CREATE,
            &[&id.uuid(), &title, &description, is_completed, &priority.as_str(), due_date, &now],
        )
        .await;
    match one(row) {
        Err(error) if error.is_constraint(QUOTA) => Ok(None),
        Ok(None) => Err(corrupt(TABLE, "id", "the row was inserted and not returned")),
        outcome => outcome,
    }
}

/// Replaces the content of a task.
pub async fn replace(
    owner: &Owner,
    tables: &OwnedTables,
    id: TaskId,
    content: &Content,
    now: Timestamp,
) -> Result<Option<TaskRow>, StoreError> {
    let Content { title, description, is_completed, priority, due_date } = content;
    let (title, description) = (title.as_str(), text(description.as_ref()));
    let row = tables
        .query(
            owner,
            REPLACE,
            &[&id.uuid(), &title, &description, is_completed, &priority.as_str(), due_date, &now],
        )
        .await;
    one(row)
}

/// Changes a task.
pub async fn change(
    owner: &Owner,
    tables: &OwnedTables,
    id: TaskId,
    changes: &Changes,
    now: Timestamp,
) -> Result<Option<TaskRow>, StoreError> {
    let title = changes.title.as_ref().map(Title::as_str);
    let (describe, description) =
        (changes.description.is_some(), text(changes.description.iter().flatten().next()));
    let priority = changes.priority.map(Priority::as_str);
    let (schedule, due_date) = (changes.due_date.is_some(), changes.due_date.flatten());
    let row = tables
        .query(
            owner,
            CHANGE,
            &[
                &id.uuid(),
                &title,
                &describe,
                &description,
                &changes.is_completed,
                &priority,
                &schedule,
                &due_date,
                &now,
            ],
        )
        .await;
    one(row)
}

/// Deletes a task. False if the owner has none with this id.
pub async fn delete(owner: &Owner, tables: &OwnedTables, id: TaskId) -> Result<bool, StoreError> {
    Ok(one(tables.query(owner, DELETE, &[&id.uuid()]).await)?.is_some())
}

/// Deletes those of the next tasks of a deleted user after `after` that were created until then. Returns how many, and the
/// last of these tasks; `None` if there is none behind it.
pub async fn purge(
    user: &DeletedUser,
    tables: &OwnedTables,
    after: Uuid,
    until: Timestamp,
) -> Result<(usize, Option<Uuid>), StoreError> {
    let rows = tables.purge(user, PURGE_STEP, &[&after]).await?;
    let last = rows.first().map(|row| column(row, TABLE, "id")).transpose()?;
    let deleted = tables.purge(user, PURGE, &[&after, &last.unwrap_or(Uuid::max()), &until]).await?;
    Ok((deleted.len(), last))
}

/// Deletes the count of a deleted user who has no task left.
pub async fn purge_count(user: &DeletedUser, tables: &OwnedTables) -> Result<(), StoreError> {
    tables.purge(user, PURGE_COUNT, &[]).await?;
    Ok(())
}

/// Returns the row of a statement that names the primary key.
fn one(rows: Result<Vec<Row>, StoreError>) -> Result<Option<TaskRow>, StoreError> {
    Ok(rows?.into_iter().next().map(TaskRow))
}

fn text(description: Option<&Description>) -> Option<&str> {
    description.map(Description::as_str)
}

impl SqlType for DueDate {
    const SQL_TYPE: Type = Type::TIMESTAMPTZ;
}

/// The driver encodes a `timestamptz` as microseconds since 2000.
const SQL_EPOCH: DateTime = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);

impl ToSql for DueDate {
    fn to_sql(&self, sql_type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let since = self.utc().duration_since(SQL_EPOCH);
        i64::try_from(since.as_micros())?.to_sql(sql_type, out)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl FromSql<'_> for DueDate {
    fn from_sql(sql_type: &Type, raw: &[u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let since = SignedDuration::from_micros(i64::from_sql(sql_type, raw)?);
        Ok(Self::from_utc(SQL_EPOCH.checked_add(since)?)?)
    }

    accepts!(TIMESTAMPTZ);
}

#[cfg(test)]
#[path = "one_partition.rs"]
mod one_partition;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_names_the_owner() {
        for statement in [LIST, GET, REPLACE, CHANGE, DELETE, PURGE_STEP, PURGE] {
            assert!(statement.contains(" WHERE user_id = $1 AND id"), "{statement}");
        }
        assert!(CREATE.starts_with("INSERT INTO tasks (user_id, ") && CREATE.contains("VALUES ($1, "));
    }
}
