//! People who use both services without a pause, and write down what happens.

mod accounts;
mod tasks;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::sync::watch;

use crate::history::{Account, Token, Version};
use crate::recorder::{Recorder, Reply, Span};

/// Longer than any request may take: the gateway gives up after 40 s at the latest.
const PATIENCE: Duration = Duration::from_secs(45);
/// The longest pause between two requests of one client.
const PAUSE: Duration = Duration::from_millis(200);
/// The most tasks of a person: one page of a list shows them all.
const MOST_TASKS: usize = 30;
/// The most sessions of a person. The oldest is ended when there are more.
const MOST_SESSIONS: usize = 6;

/// Where the system is.
#[derive(Debug, Clone)]
pub struct Site {
    /// The gateway.
    pub url: String,
    /// The directory of mails.
    pub mail: PathBuf,
}

/// Somebody with an account, and all devices of theirs.
pub struct Person {
    account: Account,
    email: String,
    site: Site,
    http: Client,
    recorder: Arc<Recorder>,
    known: Mutex<Known>,
    /// Held during a reset: it ends the other links of the account.
    resetting: tokio::sync::Mutex<()>,
}

/// What a person knows. Several devices share it, so it can be out of date.
#[derive(Default)]
struct Known {
    /// The id of the account.
    id: Option<String>,
    /// The number of the password that is current if every reset with an unknown outcome happened.
    password: u32,
    /// The one that is current if none of them did.
    former_password: u32,
    /// Sessions that may be live, by their numbers.
    sessions: Vec<(usize, String)>,
    sessions_so_far: usize,
    tokens: Vec<(Token, String)>,
    tasks: Vec<OwnTask>,
    tasks_so_far: u32,
    links_so_far: usize,
    /// Whether a link may come late, for a request whose response did not arrive.
    lost_mails: bool,
}

#[derive(Clone)]
struct OwnTask {
    title: String,
    /// `None` until it is known whether it was created.
    id: Option<String>,
    version: Version,
    is_deleted: bool,
}

/// A response with a status below 500.
struct Response {
    status: u16,
    token: Option<String>,
    body: Value,
}

impl Person {
    /// Somebody without an account yet.
    pub fn new(account: Account, site: &Site, recorder: &Arc<Recorder>) -> reqwest::Result<Self> {
        let http = Client::builder().no_proxy().timeout(PATIENCE).retry(reqwest::retry::never()).build()?;
        Ok(Self {
            account,
            email: format!("person{account}@example.com"),
            site: site.clone(),
            http,
            recorder: Arc::clone(recorder),
            known: Mutex::default(),
            resetting: tokio::sync::Mutex::default(),
        })
    }

    /// Uses the account until told to stop. Several devices can do so at once.
    pub async fn live(&self, mut random: Rng, stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match random.u8(..) {
                0..20 => self.sign_in(&mut random).await,
                20..70 => self.use_session(&mut random).await,
                70..90 => self.fetch_token(&mut random).await,
                90..100 => self.end_session(&mut random).await,
                100..101 => self.reset_password().await,
                101..140 => self.create_task(&mut random).await,
                140..175 => self.change_task(&mut random).await,
                175..200 => self.delete_task(&mut random).await,
                200..230 => self.read_task(&mut random).await,
                230.. => self.list_tasks(&mut random).await,
            }
            tokio::time::sleep(PAUSE.mul_f64(random.f64())).await;
        }
    }

    /// Looks once more at everything that was acknowledged, when all faults are over.
    pub async fn look_at_everything(&self, mut random: Rng) {
        self.sign_in(&mut random).await;
        self.fetch_token(&mut random).await;
        self.list_tasks(&mut random).await;
        let sessions = self.known().sessions.clone();
        for session in sessions {
            self.check_session(&session).await;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn auth(&self, path: &str) -> String {
        format!("{}/api/auth/{path}", self.site.url)
    }

    fn tasks(&self, path: &str) -> String {
        format!("{}/api/me/tasks{path}", self.site.url)
    }

    /// Sends a request. `None` if its outcome is unknown.
    async fn send(&self, name: &'static str, request: RequestBuilder) -> (Span, Option<Response>) {
        let began = self.recorder.now();
        let response = receive(request).await;
        let reply = response.as_ref().map_or(Reply::None, |response| Reply::Status(response.status));
        let span = Span { began, ended: self.recorder.now(), is_known: reply.is_known() };
        self.recorder.count(name, span, reply);
        (span, response.filter(|_| span.is_known))
    }
}

async fn receive(request: RequestBuilder) -> Option<Response> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let token =
        response.headers().get("set-auth-jwt").and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let token = token.map(str::to_owned);
    // A body that is cut off leaves open what happened.
    let bytes = response.bytes().await.ok()?;
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).ok()? };
    Some(Response { status, token, body })
}

/// People who sign up one after the other until told to stop, each of whom works a little. Returns those whose account may
/// exist.
pub async fn newcomers(
    numbers: impl Iterator<Item = Account>,
    site: &Site,
    recorder: &Arc<Recorder>,
    mut random: Rng,
    stop: watch::Receiver<bool>,
) -> Vec<Arc<Person>> {
    let mut people = Vec::new();
    for number in numbers {
        if *stop.borrow() {
            break;
        }
        let Ok(person) = Person::new(number, site, recorder) else { continue };
        person.sign_up().await;
        person.sign_in(&mut random).await;
        person.create_task(&mut random).await;
        people.push(Arc::new(person));
        tokio::time::sleep(PAUSE.mul_f64(random.f64())).await;
    }
    people
}
