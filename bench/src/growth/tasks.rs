//! task-service with many tasks, of users with fifty each.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use serde_json::Value;

use super::accounts::session;
use super::client::{Connection, request};
use super::operation::Operation;
use super::stand::{Stand, superuser};

/// Tasks of each user.
pub const TASKS: usize = 50;
/// Users who send requests, spread over all: as many at every size as the smallest has. Otherwise a larger table would also be
/// one of which more is in use, with more tokens to verify and more pages to keep in memory.
const SENDERS: usize = 200;
/// At most this many send the requests that show what that costs: more than the 4,096 tokens that task-service remembers.
const MANY_SENDERS: usize = 5000;

/// The tasks of a user lie far apart, as if all users had created one after the other. The index is built at the end,
/// which takes a fraction of the time. The counts are those that the triggers would have kept.
const FILL: &str = "
    SET session_replication_role = replica;
    ALTER TABLE tasks DROP CONSTRAINT tasks_pkey;
    INSERT INTO tasks (user_id, id, title, description, is_completed, priority, created_at, updated_at)
    SELECT 'user-' || n % USERS, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Task number ' || n,
           repeat('Lorem ipsum ', 5), false, 'low', now(), now()
    FROM generate_series(0::bigint, SIZE - 1) n;
    ALTER TABLE tasks ADD CONSTRAINT tasks_pkey PRIMARY KEY (user_id, id);
    INSERT INTO task_counts (user_id, tasks) SELECT user_id, count(*) FROM tasks GROUP BY user_id";

/// The title of tasks that are created, and deleted again.
const CREATED: &str = "Created by the benchmark";

/// Creates the database and starts the service. `issuer` has all the users.
pub async fn stand(size: usize, issuer: &Service) -> Stand {
    let database = TestDatabase::tasks().await;
    let client = superuser(&database).await;
    let users = size / TASKS;
    let fill = FILL.replace("USERS", &users.to_string()).replace("SIZE", &size.to_string());
    client.batch_execute(&fill).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let service = testing::task_service(&database, issuer.url(), &[]).await;
    let tokens = tokio::task::block_in_place(|| tokens(users, issuer));
    Stand { size, database, service, client, tokens, sent: AtomicUsize::new(0) }
}

/// Returns users and their access tokens.
fn tokens(users: usize, issuer: &Service) -> Vec<(usize, String)> {
    let senders = users.min(MANY_SENDERS);
    let mut connection = Connection::open(issuer.url()).unwrap();
    let token = |number: usize| {
        let user = number * (users / senders);
        let body = connection.send(&request("GET", "/api/auth/token", &session(user), ""));
        let body: Value = serde_json::from_slice(&body).unwrap();
        (user, body["token"].as_str().unwrap().to_owned())
    };
    (0..senders).map(token).collect()
}

/// The token of a random user among this many, and a random task of this user.
fn any(stand: &Stand, senders: usize) -> (&str, String) {
    let senders = senders.min(stand.tokens.len());
    let (user, token) = &stand.tokens[fastrand::usize(..senders) * (stand.tokens.len() / senders)];
    let number = fastrand::usize(..TASKS) * (stand.size / TASKS) + user;
    (token, format!("/api/me/tasks/01900000-0000-7000-8000-{number:012x}"))
}

/// The operations. Deleting comes after creating: it deletes what was created.
pub fn operations() -> Vec<Operation> {
    let get = |senders: usize| {
        move |stand: &Stand, _: usize| {
            let (token, path) = any(stand, senders);
            request("GET", &path, token, "")
        }
    };
    let list = |stand: &Stand, _: usize| request("GET", "/api/me/tasks?limit=50", any(stand, SENDERS).0, "");
    let toggle = |stand: &Stand, number: usize| {
        let (token, path) = any(stand, SENDERS);
        let body = format!(r#"{{"is_completed":{}}}"#, number.is_multiple_of(2));
        request("PATCH", &format!("{path}/complete"), token, &body)
    };
    let create = |stand: &Stand, _: usize| {
        request("POST", "/api/me/tasks", any(stand, SENDERS).0, &format!(r#"{{"title":"{CREATED}"}}"#))
    };
    vec![
        Operation::new("get a task", get(SENDERS)),
        Operation::new("list 50 tasks", list).with_requests(1000),
        Operation::new("toggle a task", toggle),
        Operation::new("create a task", create),
        Operation::collected("delete a task", deletions),
        Operation::new("get a task, of up to 5,000 users", get(MANY_SENDERS)),
    ]
}

/// Requests that delete tasks which were created.
fn deletions(stand: &Stand) -> Pin<Box<dyn Future<Output = Vec<String>> + '_>> {
    Box::pin(async move {
        let query = "SELECT user_id, id::text FROM tasks WHERE title = $1 ORDER BY random()";
        let rows = stand.client.query(query, &[&CREATED]).await.unwrap();
        let tokens: HashMap<String, &str> =
            stand.tokens.iter().map(|(user, token)| (format!("user-{user}"), token.as_str())).collect();
        let delete = |row: &tokio_postgres::Row| {
            let (user, id): (String, String) = (row.get(0), row.get(1));
            request("DELETE", &format!("/api/me/tasks/{id}"), tokens[&user], "")
        };
        rows.iter().map(delete).collect()
    })
}
