//! People who use both services without a pause, and what they were answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use local_stack::Service;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Concurrent requests of each kind.
const AT_ONCE: usize = 3;
/// Longer than any request may take: one that gets no answer at all fails the test.
const PATIENCE: Duration = Duration::from_secs(40);

/// One answer.
pub struct Answered {
    pub what: &'static str,
    pub begun: Instant,
    pub ended: Instant,
    pub status: u16,
    /// The task that was made.
    made: Option<String>,
}

/// Somebody with a session and a token.
#[derive(Clone)]
pub struct User {
    http: Client,
    auth: String,
    tasks: String,
    session: String,
    token: String,
    credentials: Value,
}

/// Requests that are sent again and again until it is stopped.
pub struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<Answered>>>,
}

impl User {
    pub async fn sign_up(auth: &Service, tasks: &Service) -> Self {
        let http = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let credentials =
            json!({"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"});
        let request = http.post(format!("{}/api/auth/sign-up/email", auth.url())).json(&credentials);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let token = answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        let session = body["token"].as_str().unwrap().to_owned();
        let (auth, tasks) = (auth.url().to_owned(), tasks.url().to_owned());
        Self { http, auth, tasks, session, token, credentials }
    }

    fn requests(&self) -> [(&'static str, RequestBuilder); 5] {
        let (api, tasks) = (format!("{}/api/auth", self.auth), format!("{}/api/me/tasks", self.tasks));
        [
            ("get-session", self.http.get(format!("{api}/get-session")).bearer_auth(&self.session)),
            ("sign-in", self.http.post(format!("{api}/sign-in/email")).json(&self.credentials)),
            ("token", self.http.get(format!("{api}/token")).bearer_auth(&self.session)),
            ("list", self.http.get(format!("{tasks}?limit=5")).bearer_auth(&self.token)),
            ("create", self.http.post(tasks).bearer_auth(&self.token).json(&json!({"title": "under load"}))),
        ]
    }

    /// The status of `/readyz` of both services.
    pub async fn readiness(&self) -> [u16; 2] {
        let ask =
            async |url: &str| self.http.get(format!("{url}/readyz")).send().await.unwrap().status().as_u16();
        [ask(&self.auth).await, ask(&self.tasks).await]
    }
}

impl Load {
    pub fn start(user: &User) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let requests = user
            .requests()
            .into_iter()
            .flat_map(|(what, request)| (0..AT_ONCE).map(move |_| (what, request.try_clone().unwrap())));
        let clients = requests
            .map(|(what, request)| {
                tokio::spawn(repeat(what, request, (Arc::clone(&stop), Arc::clone(&answered))))
            })
            .collect();
        Self { stop, answered, clients }
    }

    /// Waits until it is in full swing: every connection there may be is open.
    pub async fn is_running(&self) {
        let enough = async || self.answered.load(Ordering::Relaxed) > 300;
        until("the load runs", PATIENCE, enough).await;
    }

    pub async fn stop(self) -> Answers {
        self.stop.store(true, Ordering::Relaxed);
        let mut answers = Vec::new();
        for client in self.clients {
            answers.extend(client.await.unwrap());
        }
        Answers(answers)
    }
}

async fn repeat(
    what: &'static str,
    request: RequestBuilder,
    (stop, answered): (Arc<AtomicBool>, Arc<AtomicUsize>),
) -> Vec<Answered> {
    let mut answers = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let answer =
            request.try_clone().unwrap().send().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let (status, retry) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
        assert!(status != 503 || retry, "{what}: a 503 says when to try again");
        let body: Value = answer.json().await.unwrap();
        let made = (status == 201).then(|| body["id"].as_str().unwrap().to_owned());
        answers.push(Answered { what, begun, ended: Instant::now(), status, made });
        answered.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
    answers
}

/// What was answered, to all of them.
pub struct Answers(Vec<Answered>);

impl Answers {
    /// How often each status was answered.
    pub fn statuses(&self) -> BTreeMap<u16, usize> {
        let mut statuses = BTreeMap::new();
        for answer in &self.0 {
            *statuses.entry(answer.status).or_default() += 1;
        }
        statuses
    }

    /// Whether everything was answered with success or a 503.
    #[track_caller]
    pub fn are_good_or_503(&self) {
        let odd: Vec<_> = self.0.iter().filter(|answer| !matches!(answer.status, 200 | 201 | 503)).collect();
        let odd: Vec<_> = odd.iter().map(|answer| (answer.what, answer.status)).collect();
        assert!(odd.is_empty(), "{odd:?} in {:?}", self.statuses());
    }

    /// How long after `moment` the first 503 was answered.
    pub fn first_503(&self, moment: Instant) -> Option<Duration> {
        let refused = self.0.iter().filter(|answer| answer.status == 503 && answer.ended > moment);
        refused.map(|answer| answer.ended - moment).min()
    }

    /// How long after `moment` the last 503 was answered.
    pub fn last_503(&self, moment: Instant) -> Option<Duration> {
        let refused = self.0.iter().filter(|answer| answer.status == 503 && answer.ended > moment);
        refused.map(|answer| answer.ended - moment).max()
    }

    /// How long the longest request took.
    pub fn longest(&self) -> Duration {
        self.0.iter().map(|answer| answer.ended - answer.begun).max().unwrap_or_default()
    }

    /// What was sent after `moment` and answered with success.
    pub fn successes_after(&self, moment: Instant) -> BTreeSet<&'static str> {
        let good = self.0.iter().filter(|answer| answer.begun > moment && answer.status != 503);
        good.map(|answer| answer.what).collect()
    }

    /// The tasks that were said to be made.
    pub fn made(&self) -> BTreeSet<String> {
        self.0.iter().filter_map(|answer| answer.made.clone()).collect()
    }
}

/// Waits until something holds.
pub async fn until(what: &str, limit: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
