//! The operations whose instructions are counted.

use std::path::Path;

use local_stack::testing::{self, AUDIENCE, ISSUER, TestDatabase};
use local_stack::{Binary, Service};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use super::baseline::Counts;
use super::callgrind::{self, BATCHES, Interactive};

/// How often a batch performs an operation.
const REPETITIONS: u32 = 30;
const EXPENSIVE_REPETITIONS: u32 = 8;
/// Enough that traces, which are sent once a second, are sent in each batch.
const LONG_REPETITIONS: u32 = 200;
/// A known token takes so few instructions that reading the order would show.
const CHEAP_REPETITIONS: u32 = 500;
/// How often an operation is performed before it is counted, so that caches are filled and statements are prepared.
const WARM_UP: u32 = 10;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";

/// Enough tasks for a page of 50 and a next page.
const FILL: &str = "
    INSERT INTO tasks (user_id, id, title, description, is_completed, priority, created_at, updated_at)
    SELECT $1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Task number ' || n,
           repeat('Lorem ipsum dolor sit amet ', 5), false, 'low', now(), now()
    FROM generate_series(1, 60) n";
const FIRST_TASK: &str = "01900000-0000-7000-8000-000000000001";

/// Nothing is polled while instructions are counted.
const WITHOUT_POLLING: [(&str, &str); 5] = [
    ("STATUS_LIST_INTERVAL", "15m"),
    ("KEY_REFRESH_INTERVAL", "1m"),
    ("MAIL_POLL_INTERVAL", "1m"),
    ("DATABASE_POOL_SIZE", "4"),
    ("RUST_LOG", "info"),
];

/// An operation: its name, its repetitions in a batch, and a request, given the URL of the service and the number of the
/// repetition.
type Case<'a> = (&'static str, u32, Box<dyn Fn(&str, u32) -> RequestBuilder + 'a>);

/// How long a batch takes.
#[derive(Clone, Copy)]
pub enum Batches {
    /// Less than a second, so that what happens every few seconds is in few of them, and not in the median. Under Valgrind it
    /// would be divided among far fewer requests than there are in reality.
    Short,
    /// A few seconds, so that what requests leave for the next second is in each.
    Long,
}

/// The databases, the users and the service that issues their tokens.
pub struct Setting {
    accounts: TestDatabase,
    tasks: TestDatabase,
    issuer: Service,
    http: Client,
    /// A session for each token that is signed: the service caches the token of a session.
    sessions: Vec<String>,
    /// Access tokens of the user who has tasks and of one who creates some.
    reader: String,
    writer: String,
}

/// Counts the instructions of every operation with the programs in this directory.
pub async fn measure(programs: &Path) -> Counts {
    let setting = Setting::new().await;
    let mut counts = setting.verifications(programs).await;
    counts.extend(setting.requests(Binary::AuthService, programs, &setting.auth_cases(), &[]).await);
    counts.extend(setting.requests(Binary::TaskService, programs, &setting.task_cases(), &[]).await);
    counts
}

impl Setting {
    pub async fn new() -> Self {
        let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
        // Under Valgrind all counts together take longer than the usual life of a token.
        let issuer = testing::auth_service(&accounts, &[("JWT_TTL", "1h")]).await;
        let http = Client::builder().no_proxy().build().unwrap();
        let (reader, _, id) = sign_up(&http, &issuer, EMAIL).await;
        let (writer, _, _) = sign_up(&http, &issuer, "bob@example.com").await;
        let (client, connection) = tokio_postgres::connect(&tasks.superuser_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.execute(FILL, &[&id]).await.unwrap();
        client.batch_execute("VACUUM ANALYZE tasks").await.unwrap();
        let mut sessions = Vec::new();
        for _ in 0..WARM_UP + BATCHES * EXPENSIVE_REPETITIONS {
            sessions.push(sign_in(&http, &issuer).await);
        }
        Self { accounts, tasks, issuer, http, sessions, reader, writer }
    }

    /// Counts verifications of a token, with its status list: of one that is new to the verifier, and of a known one.
    async fn verifications(&self, programs: &Path) -> Counts {
        let arguments = [ISSUER, AUDIENCE, self.issuer.url(), &self.reader];
        let mut program = Interactive::start(&programs.join("verify-repeatedly"), &arguments);
        let mut counts = Counts::new();
        for (name, kind, repetitions) in
            [("verify a token", "new", REPETITIONS), ("verify a token again", "known", CHEAP_REPETITIONS)]
        {
            program.order(&format!("{kind} {WARM_UP}")).await;
            let order = format!("{kind} {repetitions}");
            let count =
                callgrind::count(program.id(), repetitions, async || program.order(&order).await).await;
            counts.insert(name.to_owned(), count);
        }
        program.stop().await;
        counts
    }

    /// Counts the requests that do the same however often they are repeated. The services have these settings too.
    pub async fn repeatable_requests(
        &self,
        programs: &Path,
        extra: &[(&str, &str)],
        batches: Batches,
    ) -> Counts {
        let (auth, tasks) = (repeatable(self.auth_cases(), batches), repeatable(self.task_cases(), batches));
        let mut counts = self.requests(Binary::AuthService, programs, &auth, extra).await;
        counts.extend(self.requests(Binary::TaskService, programs, &tasks, extra).await);
        counts
    }

    fn auth_cases(&self) -> Vec<Case<'_>> {
        let get = |url: &str, path: &str, number: u32| {
            let session = &self.sessions[number as usize];
            self.http.get(format!("{url}/api/auth/{path}")).bearer_auth(session)
        };
        vec![
            ("get-session", REPETITIONS, Box::new(move |url, _| get(url, "get-session", 0))),
            ("sign a token", EXPENSIVE_REPETITIONS, Box::new(move |url, number| get(url, "token", number))),
        ]
    }

    fn task_cases(&self) -> Vec<Case<'_>> {
        let get = |url: &str, path: &str| {
            self.http.get(format!("{url}/api/me/tasks{path}")).bearer_auth(&self.reader)
        };
        let body = json!({"title": "Buy milk", "description": "Two litres"});
        let create = move |url: &str, _| {
            self.http.post(format!("{url}/api/me/tasks")).bearer_auth(&self.writer).json(&body)
        };
        vec![
            ("read a task", REPETITIONS, Box::new(move |url, _| get(url, &format!("/{FIRST_TASK}")))),
            ("list 50 tasks", EXPENSIVE_REPETITIONS, Box::new(move |url, _| get(url, "?limit=50"))),
            ("create a task", REPETITIONS, Box::new(create)),
        ]
    }

    /// Counts the requests of these cases to a service.
    async fn requests(
        &self,
        binary: Binary,
        programs: &Path,
        cases: &[Case<'_>],
        extra: &[(&str, &str)],
    ) -> Counts {
        let env = match binary {
            Binary::AuthService => testing::auth_env(&self.accounts),
            Binary::TaskService => testing::task_env(&self.tasks, self.issuer.url()),
        };
        let fixed = WITHOUT_POLLING.iter().chain(extra);
        let fixed = fixed.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let env: Vec<(String, String)> = env.into_iter().chain(fixed).collect();
        let mut service = callgrind::start(binary, programs, &env).await;
        let mut counts = Counts::new();
        for (name, repetitions, request) in cases {
            let mut numbers = 0..;
            let mut perform = async |repetitions: u32| {
                for number in numbers.by_ref().take(repetitions as usize) {
                    let answer = request(service.url(), number).send().await.unwrap();
                    answer.error_for_status().unwrap().bytes().await.unwrap();
                }
            };
            perform(WARM_UP).await;
            let id = service.id().unwrap();
            let count = callgrind::count(id, *repetitions, async || perform(*repetitions).await).await;
            counts.insert((*name).to_owned(), count);
        }
        let status = service.terminate().await.unwrap();
        assert!(status.success(), "{status}: {:?}", service.output());
        counts
    }
}

/// The cases that do the same however often they are repeated.
fn repeatable(cases: Vec<Case<'_>>, batches: Batches) -> Vec<Case<'_>> {
    let repetitions = match batches {
        Batches::Short => REPETITIONS,
        Batches::Long => LONG_REPETITIONS,
    };
    let repeatable = cases.into_iter().filter(|(_, repetitions, _)| *repetitions == REPETITIONS);
    repeatable.map(|(name, _, request)| (name, repetitions, request)).collect()
}

/// Returns an access token, the session and the id of a new user.
async fn sign_up(http: &Client, service: &Service, email: &str) -> (String, String, String) {
    let body = json!({"name": "Ada", "email": email, "password": PASSWORD});
    let request = http.post(format!("{}/api/auth/sign-up/email", service.url())).json(&body);
    let answer = request.send().await.unwrap().error_for_status().unwrap();
    let token = answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (token, text(&body["token"]), text(&body["user"]["id"]))
}

/// Returns a new session of the first user.
async fn sign_in(http: &Client, service: &Service) -> String {
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let request = http.post(format!("{}/api/auth/sign-in/email", service.url())).json(&body);
    let body: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    body["token"].as_str().unwrap().to_owned()
}
