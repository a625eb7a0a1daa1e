//! The routes of tasks. Each takes the [`Owner`] first: nothing else of the request is read before it is authenticated.
#![expect(unused_qualifications, reason = "what the OpenAPI macro writes for parameters")]

use actix_web::http::header;
use actix_web::{HttpResponse, delete, patch, post, put, routes, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::owner::Owner;
use crate::tasks::model::{Changes, Task, TaskId};
use crate::tasks::refusals::{BodyRefused, CreateRefused, NotThere, Refused};
use crate::tasks::request::{Completion, ListQuery, NewTask, TaskChanges};
use crate::tasks::service::Tasks;
use crate::tasks::store::{self, TaskRow};

/// Maximum size of a body, in bytes. JSON may escape any character, with up to 12 bytes (a surrogate pair such as
/// `\ud83d\ude00`): 200 + 1000 characters are 14,400 bytes. That leaves more than half for white space and for ignored
/// fields, e.g. those of a complete task that is sent back.
pub const JSON_LIMIT: usize = 32 * 1024;

/// One page of a list.
#[derive(Serialize, ToSchema)]
struct TaskList<'r> {
    /// The tasks, newest first.
    tasks: Vec<Task<'r>>,
    /// The `cursor` of the next page; null on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// The part of a path that names the owner. [`Owner`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only the document shows it")]
struct OwnerPath {
    /// The user's id, or `me`
    #[param(example = "me")]
    user_id: String,
}

/// The part of a path that names a task.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TaskPath {
    /// The task's id, which creating and listing tasks return
    #[param(value_type = Uuid)]
    task_id: TaskId,
}

/// List tasks.
///
/// Newest first, one page at a time.
#[utoipa::path(
    get, path = "/api/{user_id}/tasks", tag = "tasks", operation_id = "list_tasks",
    security(("bearer" = [])),
    params(OwnerPath, ListQuery),
    responses(
        (status = 200, description = "A page of tasks", body = TaskList),
        Refused
    )
)]
#[routes]
#[get("/api/{user_id}/tasks")]
#[head("/api/{user_id}/tasks")]
pub(super) async fn list(
    owner: Owner,
    query: web::Query<ListQuery>,
    tasks: web::Data<Tasks>,
) -> Result<HttpResponse, ApiError> {
    let (filter, limit, cursor) = query.into_inner().page()?;
    let (rows, next) = if filter.is_empty() {
        store::list(&owner, &tasks.tables, &filter, limit, cursor).await?
    } else {
        let (tables, searcher) = (tasks.tables.clone(), owner.clone());
        let search = async move { store::list(&searcher, &tables, &filter, limit, cursor).await };
        tasks.searches.run(owner.as_str(), search).await??
    };
    let tasks = rows.iter().map(TaskRow::task).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(TaskList { tasks, next_cursor: next.map(|cursor| cursor.to_string()) }))
}

/// Create a task.
#[utoipa::path(
    tag = "tasks", operation_id = "create_task",
    security(("bearer" = [])),
    params(OwnerPath),
    responses(
        (status = 201, description = "The new task", body = Task,
            headers(("Location" = String, description = "The task's path")),
            links(
                ("get" = (operation_id = "get_task", parameters(("task_id" = "$response.body#/id")))),
                ("change" = (operation_id = "change_task", parameters(("task_id" = "$response.body#/id")))),
                ("replace" = (operation_id = "replace_task", parameters(("task_id" = "$response.body#/id")))),
                ("complete" = (operation_id = "complete_task", parameters(("task_id" = "$response.body#/id")))),
                ("delete" = (operation_id = "delete_task", parameters(("task_id" = "$response.body#/id"))))
            )),
        Refused, BodyRefused, CreateRefused
    )
)]
#[post("/api/{user_id}/tasks")]
pub(super) async fn create(
    owner: Owner,
    body: web::Json<NewTask>,
    tasks: web::Data<Tasks>,
) -> Result<HttpResponse, ApiError> {
    let content = body.into_inner().content()?;
    let now = tasks.now();
    let row = store::create(&owner, &tasks.tables, TaskId::new(now), &content, now).await?;
    let row = row.ok_or(ApiError::QuotaExceeded)?;
    let task = row.task()?;
    let location = format!("/api/{}/tasks/{}", owner.as_str(), task.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(task))
}

/// Get a task.
#[utoipa::path(
    get, path = "/api/{user_id}/tasks/{task_id}", tag = "tasks", operation_id = "get_task",
    security(("bearer" = [])),
    params(OwnerPath, TaskPath),
    responses(
        (status = 200, description = "The task", body = Task),
        Refused, NotThere
    )
)]
#[routes]
#[get("/api/{user_id}/tasks/{task_id}")]
#[head("/api/{user_id}/tasks/{task_id}")]
pub(super) async fn get(
    owner: Owner,
    path: web::Path<TaskPath>,
    tasks: web::Data<Tasks>,
) -> Result<HttpResponse, ApiError> {
    answer(store::get(&owner, &tasks.tables, path.task_id).await?)
}

/// Replace a task.
///
/// Fields that are left out get their defaults.
#[utoipa::path(
    tag = "tasks", operation_id = "replace_task",
    security(("bearer" = [])),
    params(OwnerPath, TaskPath),
    responses(
        (status = 200, description = "The updated task", body = Task),
        Refused, BodyRefused, NotThere
    )
)]
#[put("/api/{user_id}/tasks/{task_id}")]
pub(super) async fn replace(
    owner: Owner,
    path: web::Path<TaskPath>,
    body: web::Json<NewTask>,
    tasks: web::Data<Tasks>,
) -> Result<HttpResponse, ApiError> {
    let content = body.into_inner().content()?;
    answer(store::replace(&owner, &tasks.tables, path.task_id, &content, tasks.now()).await?)
}

/// Update a task.
///
/// Fields that are left out keep their values.
#[utoipa::path(
    tag = "tasks", operation_id = "change_task",
    security(("bearer" = [])),
    params(OwnerPath, TaskPath),
    responses(
        (status = 200, description = "The updated task", body = Task),
        Refused, BodyRefused, NotThere
    )
)]
#[patch("/api/{user_id}/tasks/{task_id}")]
pub(super) async fn change(
    owner: Owner,
    path: web::Path<TaskPath>,
    body: web::Json<TaskChanges>,
    tasks: web::Data<Tasks>,
) -> Result<HttpResponse, ApiError> {
    let changes = body.into_inner().changes()?;
    answer(if changes.is_empty() {
        store::get(&owner, &tasks.tables, path.task_id).await?
    } else {
        store::change(&owner, &tasks.tables, path.task_id, &changes, tasks.now()).await?
    })
}

/// Delete a task.
#[utoipa::path(
    tag = "tasks", operation_id = "delete_task",
    security(("bearer" = [])),
    params(OwnerPath, TaskPath),
    responses(
        (status = 204, description = "The task was deleted"),
        Refused, NotThere
    )
)]
#[delete("/api/{user_id}/tasks/{task_id}")]
pub(super) async fn delete(
    owner: Owner,
    path: web::Path<TaskPath>,
    tasks: web::Data<Tasks>,
) -> Result<HttpResponse, ApiError> {
    match store::delete(&owner, &tasks.tables, path.task_id).await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(ApiError::TaskNotFound),
    }
}

/// Mark a task as done or not done.
#[utoipa::path(
    tag = "tasks", operation_id = "complete_task",
    security(("bearer" = [])),
    params(OwnerPath, TaskPath),
    responses(
        (status = 200, description = "The updated task", body = Task),
        Refused, BodyRefused, NotThere
    )
)]
#[patch("/api/{user_id}/tasks/{task_id}/complete")]
pub(super) async fn complete(
    owner: Owner,
    path: web::Path<TaskPath>,
    body: web::Json<Completion>,
    tasks: web::Data<Tasks>,
) -> Result<HttpResponse, ApiError> {
    let changes = Changes { is_completed: Some(body.into_inner().value()?), ..Changes::default() };
    answer(store::change(&owner, &tasks.tables, path.task_id, &changes, tasks.now()).await?)
}

/// Returns the task, or 404 if the caller has no such task.
fn answer(row: Option<TaskRow>) -> Result<HttpResponse, ApiError> {
    let row = row.ok_or(ApiError::TaskNotFound)?;
    Ok(HttpResponse::Ok().json(row.task()?))
}
