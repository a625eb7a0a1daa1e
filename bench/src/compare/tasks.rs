//! task-service, the same API on FastAPI and Fastify, and pgbench with task-service's statements.

use std::sync::Arc;

use local_stack::programs::Programs;
use serde_json::json;
use tokio_postgres::Client;

use super::accounts::{sign_up, tokens};
use super::footprint::{self, Started};
use super::http::Requests;
use super::load::{self, Before, Case, Load};
use super::open_loop;
use super::plan::Plan;
use super::programs;
use super::results::{Operation, Results, Target};
use super::servers::{Launch, Server};
use super::stage::{RESET_TASKS, Stage, TASK_ID, TASKS, USERS};

/// The distance between the numbers of the tasks of a user that are read or changed: 80 tasks of each.
const STRIDE: usize = 50;
/// Requests per second in the open loop.
const RATES: &[u32] = &[250, 500, 1_000, 2_000, 4_000, 8_000, 16_000];
const OPERATIONS: [(Operation, &str); 4] = [
    (Operation::GetTask, "get"),
    (Operation::ListTasks, "list"),
    (Operation::CreateTask, "create"),
    (Operation::ToggleTask, "toggle"),
];

/// A user of the task API.
pub struct User {
    /// The user's id.
    pub id: String,
    /// An access token.
    pub token: String,
}

/// A server with its database.
struct Side {
    target: Target,
    launch: Launch,
    server: Server,
    database: Arc<Client>,
}

/// Creates the users with their tasks, in all databases.
pub async fn users(stage: &Stage, auth: &Server) -> Vec<User> {
    let accounts = sign_up(auth, "tasks", USERS).await;
    let ids: Vec<String> = accounts.iter().map(|account| account.id.clone()).collect();
    stage.fill_tasks(&ids).await;
    let tokens = tokens(auth, &accounts).await;
    ids.into_iter().zip(tokens).map(|(id, token)| User { id, token }).collect()
}

/// Measures all operations.
pub async fn measure(stage: &Stage, plan: &Plan, results: &mut Results, auth: &Server, users: &[User]) {
    let database = stage.cluster().tasks();
    let mut sides = Vec::new();
    for (target, name, launch) in [
        (Target::Latchkey, "tasks", programs::task_service(database, &database.service_url(), &auth.url())),
        (Target::FastApi, "fastapi", programs::fastapi(&stage.peer_url("fastapi"), &auth.url())),
        (Target::Fastify, "fastify", programs::fastify(&stage.peer_url("fastify"), &auth.url())),
    ] {
        let (server, database) = (launch.start().await, stage.superuser(name).await);
        sides.push(Side { target, launch, server, database });
    }
    let started: Vec<Started> = sides
        .iter()
        .map(|side| {
            Started::new(&side.launch, &side.server, requests(&side.server, users, Operation::GetTask))
        })
        .collect();
    let idle = footprint::idle(&started).await;
    for (operation, script) in OPERATIONS {
        let mut cases: Vec<Case> = sides.iter().map(|side| side.case(stage, users, operation)).collect();
        cases.push(pgbench(stage, users, (operation, script), &sides[0].database).await);
        for connections in plan.connections {
            results.closed.extend(load::measure(&cases, *connections, plan.turns, stage.postmaster()).await);
        }
    }
    results.footprints.extend(footprint::loaded(&started, &idle, plan).await);
    let open = sides.iter().map(|side| open_loop::Case {
        target: side.target,
        operation: Operation::GetTask,
        address: side.server.address().to_owned(),
        requests: requests(&side.server, users, Operation::GetTask),
    });
    results.open.extend(open_loop::measure(open.collect(), RATES, plan.open_turn).await);
}

impl Side {
    fn case(&self, stage: &Stage, users: &[User], operation: Operation) -> Case {
        let requests = requests(&self.server, users, operation);
        let file = stage.directory().join(format!("{operation:?}-{:?}", self.target));
        requests.write(&file);
        let address = self.server.address().to_owned();
        Case {
            target: self.target,
            operation,
            load: Load::Wrk { address, requests: file, count: requests.raw.len() },
            server: Some(self.server.id()),
            before: before(operation, &self.database),
        }
    }
}

async fn pgbench(
    stage: &Stage,
    users: &[User],
    (operation, script): (Operation, &str),
    database: &Arc<Client>,
) -> Case {
    let ids: Vec<String> = users.iter().map(|user| format!("'{}'", user.id)).collect();
    let template = std::fs::read_to_string(format!("bench/peers/pgbench/{script}.sql")).unwrap();
    let text = template.replace("{users}", &format!("ARRAY[{}]", ids.join(", ")));
    let file = stage.directory().join(format!("{script}.sql"));
    std::fs::write(&file, text.replace("{count}", &users.len().to_string())).unwrap();
    let program = Programs::find().await.unwrap().path("pgbench");
    let load = Load::Pgbench { program, url: stage.cluster().tasks().service_url(), script: file };
    Case { target: Target::Pgbench, operation, load, server: None, before: before(operation, database) }
}

fn before(operation: Operation, database: &Arc<Client>) -> Option<Before> {
    let writes = matches!(operation, Operation::CreateTask | Operation::ToggleTask);
    writes.then(|| Before { client: Arc::clone(database), statements: RESET_TASKS })
}

/// Returns requests of all users in turn, in an order in which neighbours have different users.
pub fn requests(server: &Server, users: &[User], operation: Operation) -> Requests {
    let mut requests = Requests::default();
    let done = [json!({"is_completed": true}).to_string(), json!({"is_completed": false}).to_string()];
    let new = json!({
        "title": "Water the plants", "description": "Both on the balcony", "priority": "high"
    });
    let new = new.to_string();
    for (round, number) in TASKS.step_by(STRIDE).enumerate() {
        for user in users {
            let task = format!("/api/me/tasks/{TASK_ID}{number}");
            let (method, path, body) = match operation {
                Operation::ListTasks => ("GET", "/api/me/tasks?limit=50".to_owned(), None),
                Operation::CreateTask => ("POST", "/api/me/tasks".to_owned(), Some(new.as_str())),
                Operation::ToggleTask => {
                    ("PATCH", format!("{task}/complete"), Some(done[round % 2].as_str()))
                }
                _ => ("GET", task, None),
            };
            let header = format!("Authorization: Bearer {}", user.token);
            requests.push(server.address(), method, &path, &[header], body);
        }
    }
    requests
}
