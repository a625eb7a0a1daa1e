//! Two users send random requests concurrently; each sees exactly what a model of their own tasks predicts. SC-005.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use crate::client::Client;
use crate::stack::Stack;

/// What a user does. A number picks one of all the tasks that either user made.
#[derive(Debug, Clone)]
enum Step {
    Create { title: String },
    Get { pick: usize },
    Replace { pick: usize, title: String },
    Change { pick: usize, description: Option<String> },
    Complete { pick: usize, is_completed: bool },
    Delete { pick: usize },
    List { pending_only: bool },
}

fn steps() -> impl Strategy<Value = Vec<(bool, Step)>> {
    let (pick, title) = (0..64_usize, "[a-zA-Zäß😀%_']{1,8}");
    let step = prop_oneof![
        3 => title.prop_map(|title| Step::Create { title }),
        1 => pick.clone().prop_map(|pick| Step::Get { pick }),
        1 => (pick.clone(), title).prop_map(|(pick, title)| Step::Replace { pick, title }),
        1 => (pick.clone(), proptest::option::of("[a-z\n]{0,8}"))
            .prop_map(|(pick, description)| Step::Change { pick, description }),
        1 => (pick.clone(), any::<bool>()).prop_map(|(pick, is_completed)| Step::Complete { pick, is_completed }),
        1 => pick.prop_map(|pick| Step::Delete { pick }),
        1 => any::<bool>().prop_map(|pending_only| Step::List { pending_only }),
    ];
    proptest::collection::vec((any::<bool>(), step), 1..30)
}

/// What a user should have: by id, the fields that steps change.
type Model = BTreeMap<String, Value>;

struct User {
    client: Client,
    model: Model,
}

fn seen(task: &Value) -> Value {
    json!([task["user_id"], task["title"], task["description"], task["is_completed"]])
}

impl User {
    /// Sends a step's request and compares what comes back with what the model says.
    async fn act(&mut self, name: &str, step: &Step, ids: &mut Vec<String>) {
        let picked = |pick: &usize| ids.get(pick % ids.len().max(1)).cloned().unwrap_or_default();
        match step {
            Step::Create { title } => {
                let task =
                    self.client.post("/api/me/tasks", &json!({"title": title})).await.expect(201).json();
                let id = task["id"].as_str().unwrap().to_owned();
                self.model.insert(id.clone(), json!([name, title, null, false]));
                ids.push(id);
            }
            Step::List { pending_only } => self.list(*pending_only).await,
            _ if ids.is_empty() => {}
            Step::Get { pick } => {
                let id = picked(pick);
                let answer = self.client.get(&format!("/api/me/tasks/{id}")).await;
                self.compare(&id, answer.status, 200, || answer.json());
            }
            Step::Replace { pick, title } => {
                let id = picked(pick);
                self.expect(&id, |_| json!([name, title, null, false]));
                let answer = self.client.put(&format!("/api/me/tasks/{id}"), &json!({"title": title})).await;
                self.compare(&id, answer.status, 200, || answer.json());
            }
            Step::Change { pick, description } => {
                let id = picked(pick);
                self.expect(&id, |task| json!([task[0], task[1], description, task[3]]));
                let change = json!({"description": description});
                let answer = self.client.patch(&format!("/api/me/tasks/{id}"), &change).await;
                self.compare(&id, answer.status, 200, || answer.json());
            }
            Step::Complete { pick, is_completed } => {
                let id = picked(pick);
                self.expect(&id, |task| json!([task[0], task[1], task[2], is_completed]));
                let change = json!({"is_completed": is_completed});
                let answer = self.client.patch(&format!("/api/me/tasks/{id}/complete"), &change).await;
                self.compare(&id, answer.status, 200, || answer.json());
            }
            Step::Delete { pick } => {
                let id = picked(pick);
                let had = self.model.remove(&id).is_some();
                let answer = self.client.delete(&format!("/api/me/tasks/{id}")).await;
                assert_eq!(answer.status, if had { 204 } else { 404 });
            }
        }
    }

    fn expect(&mut self, id: &str, change: impl FnOnce(&Value) -> Value) {
        if let Some(task) = self.model.get_mut(id) {
            *task = change(task);
        }
    }

    fn compare(&self, id: &str, status: u16, success: u16, task: impl FnOnce() -> Value) {
        match self.model.get(id) {
            Some(expected) => assert_eq!((status, &seen(&task())), (success, expected)),
            None => assert_eq!(status, 404),
        }
    }

    async fn list(&self, pending_only: bool) {
        let filter = if pending_only { "&status=pending" } else { "" };
        let list = self.client.get(&format!("/api/me/tasks?limit=100{filter}")).await.expect(200).json();
        let tasks = list["tasks"].as_array().unwrap();
        let listed: Vec<(String, Value)> =
            tasks.iter().map(|task| (task["id"].as_str().unwrap().to_owned(), seen(task))).collect();
        let newest_first =
            self.model.iter().rev().filter(|(_, task)| !pending_only || task[3] == json!(false));
        assert_eq!(listed, newest_first.map(|(id, task)| (id.clone(), task.clone())).collect::<Vec<_>>());
    }
}

async fn play(stack: &Stack, case: u32, steps: Vec<(bool, Step)>) {
    // Users of this case alone: one database serves all cases.
    let names = [format!("alice-{case}"), format!("bob-{case}")];
    let mut users = names.each_ref().map(|name| User { client: stack.user(name), model: Model::new() });
    let mut ids = Vec::new();
    for (second, step) in steps {
        let who = usize::from(second);
        users[who].act(&names[who], &step, &mut ids).await;
    }
    for user in &users {
        user.list(false).await;
    }
}

#[test]
fn sc_005_each_of_two_users_sees_exactly_their_own_tasks_whatever_they_do() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stack = runtime.block_on(Stack::start());
    let case = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&steps(), |steps| {
        case.set(case.get() + 1);
        let play = std::panic::AssertUnwindSafe(|| runtime.block_on(play(&stack, case.get(), steps)));
        std::panic::catch_unwind(play).map_err(|_| TestCaseError::fail("see the panic above"))
    });
    // The stack's own parts end inside the runtime they live in.
    runtime.block_on(async { drop(stack) });
    outcome.unwrap();
}
