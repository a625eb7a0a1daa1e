//! Tasks of a person. The title names the account and is used once; every change sets two fields that belong together.

use std::collections::BTreeMap;

use fastrand::Rng;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{MOST_TASKS, OwnTask, Person, Response};
use crate::history::{TaskAction, Token, Version, Wrong};
use crate::recorder::Span;

/// Deleted tasks that a list is still searched for.
const REMEMBERED: usize = 10;

/// The fields of a version.
fn fields(version: Version) -> Value {
    json!({"description": format!("version {version}"), "is_completed": version % 2 == 1})
}

/// The version that a task shows. `None` if its fields do not belong together.
fn version(task: &Value) -> Option<Version> {
    let version = task["description"].as_str()?.strip_prefix("version ")?.parse().ok()?;
    (task["is_completed"] == fields(version)["is_completed"]).then_some(version)
}

impl Person {
    pub(super) async fn create_task(&self, random: &mut Rng) {
        let title = {
            let mut known = self.known();
            if known.tasks.iter().filter(|task| !task.is_deleted).count() >= MOST_TASKS {
                return;
            }
            known.tasks_so_far += 1;
            format!("{}/{}", self.account, known.tasks_so_far)
        };
        let mut body = fields(0);
        body["title"] = json!(title);
        let request = self.http.post(self.tasks("")).json(&body);
        let Some((span, response)) = self.with_token("create", request, random).await else { return };
        let id = match &response {
            Some(response) if response.status == 201 => response.body["id"].as_str().map(str::to_owned),
            Some(_) => return,
            None => None,
        };
        self.recorder.task(self.account, &title, span, TaskAction::Create(0));
        self.known().tasks.push(OwnTask { title, id, version: 0, is_deleted: false });
    }

    pub(super) async fn change_task(&self, random: &mut Rng) {
        let Some((task, id)) = self.any_task(random) else { return };
        let version = {
            let mut known = self.known();
            let Some(own) = known.tasks.iter_mut().find(|own| own.title == task.title) else { return };
            own.version += 1;
            own.version
        };
        let request = self.http.patch(self.tasks(&format!("/{id}"))).json(&fields(version));
        let Some((span, response)) = self.with_token("change", request, random).await else { return };
        let action = match &response {
            Some(response) if response.status == 404 => TaskAction::Read(None),
            Some(response) if response.status != 200 => return,
            _ => TaskAction::Change(version),
        };
        self.recorder.task(self.account, &task.title, span, action);
    }

    pub(super) async fn delete_task(&self, random: &mut Rng) {
        let Some((task, id)) = self.any_task(random) else { return };
        let request = self.http.delete(self.tasks(&format!("/{id}")));
        let Some((span, response)) = self.with_token("delete", request, random).await else { return };
        let action = match &response {
            Some(response) if response.status == 404 => TaskAction::Read(None),
            Some(response) if response.status >= 300 => return,
            _ => TaskAction::Delete,
        };
        self.recorder.task(self.account, &task.title, span, action);
        let mut known = self.known();
        known.tasks.iter_mut().filter(|own| own.title == task.title).for_each(|own| own.is_deleted = true);
        let deleted = known.tasks.iter().filter(|own| own.is_deleted).count();
        if deleted > REMEMBERED
            && let Some(oldest) = known.tasks.iter().position(|own| own.is_deleted)
        {
            known.tasks.remove(oldest);
        }
    }

    pub(super) async fn read_task(&self, random: &mut Rng) {
        let Some((task, id)) = self.any_task(random) else { return };
        let request = self.http.get(self.tasks(&format!("/{id}")));
        let Some((span, Some(response))) = self.with_token("get", request, random).await else { return };
        match response.status {
            404 => self.recorder.task(self.account, &task.title, span, TaskAction::Read(None)),
            200 => self.saw(&response.body, span),
            _ => {}
        }
    }

    pub(super) async fn list_tasks(&self, random: &mut Rng) {
        // Those that a list may show: what is created after this is not searched for.
        let own = self.known().tasks.clone();
        let request = self.http.get(self.tasks("?limit=100"));
        let Some((span, Some(response))) = self.with_token("list", request, random).await else { return };
        if response.status != 200 {
            return;
        }
        let tasks = response.body["tasks"].as_array().cloned().unwrap_or_default();
        let mut shown: BTreeMap<String, usize> = BTreeMap::new();
        for task in &tasks {
            self.saw(task, span);
            *shown.entry(task["title"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        for title in shown.iter().filter(|(_, times)| **times > 1).map(|(title, _)| title) {
            self.recorder.sighting(self.account, Wrong::Twice, title.clone());
        }
        // All of the tasks are on this page.
        if response.body["next_cursor"].is_null() {
            for OwnTask { title, .. } in own.iter().filter(|task| !shown.contains_key(&task.title)) {
                self.recorder.task(self.account, title, span, TaskAction::Read(None));
            }
        }
    }

    /// Records a task in a response, and its id if that was not known.
    fn saw(&self, task: &Value, span: Span) {
        let title = task["title"].as_str().unwrap_or_default();
        let is_own = title.split_once('/').is_some_and(|(account, _)| account == self.account.to_string());
        let id = self.known().id.clone();
        if !is_own || id.is_some_and(|id| task["user_id"] != id.as_str()) {
            return self.recorder.sighting(self.account, Wrong::Foreign, task.to_string());
        }
        let Some(version) = version(task) else {
            return self.recorder.sighting(self.account, Wrong::Torn, task.to_string());
        };
        self.recorder.task(self.account, title, span, TaskAction::Read(Some(version)));
        let mut known = self.known();
        if let Some(own) = known.tasks.iter_mut().find(|own| own.title == title) {
            own.id = task["id"].as_str().map(str::to_owned);
        }
    }

    /// A task whose id is known.
    fn any_task(&self, random: &mut Rng) -> Option<(OwnTask, String)> {
        let known = self.known();
        let task = random.choice(&known.tasks)?;
        Some((task.clone(), task.id.clone()?))
    }

    /// Sends a request with an access token. `None` if there is none yet, or it was refused.
    async fn with_token(
        &self,
        name: &'static str,
        request: RequestBuilder,
        random: &mut Rng,
    ) -> Option<(Span, Option<Response>)> {
        let (token, text): (Token, String) = random.choice(&self.known().tokens).cloned()?;
        let (span, response) = self.send(name, request.bearer_auth(&text)).await;
        let accepted = response.as_ref().is_none_or(|response| response.status != 401);
        self.recorder.token(token, span, accepted);
        if !accepted {
            self.known().tokens.retain(|(_, known)| *known != text);
            return None;
        }
        Some((span, response))
    }
}
