//! The operations whose instructions are counted.

use std::path::Path;

use local_stack::testing::{self, AUDIENCE, ISSUER, TestDatabase};
use local_stack::{Binary, Service};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use super::baseline::Counts;
use super::callgrind::Count;

/// How often the second run performs an operation more than the first. A fetch of a status list, which may fall into either
/// run, takes 60 million instructions: with these numbers that is less than 5 % of each operation.
const REPETITIONS: u32 = 2000;
const SIGNATURE_REPETITIONS: u32 = 600;
const LIST_REPETITIONS: u32 = 200;
/// How often both runs perform every operation of the service, so that caches are filled and statements are prepared.
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

/// An operation: its name, its repetitions, and a request, given the URL of the service and the number of the repetition.
type Case<'a> = (&'static str, u32, Box<dyn Fn(&str, u32) -> RequestBuilder + 'a>);

/// The databases, the users and the service that issues their tokens.
struct Setting {
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
    let mut counts = Counts::new();
    counts.insert("verify a token".to_owned(), setting.verification(programs).await);
    let (auth, tasks) = (setting.auth_cases(), setting.task_cases());
    for (binary, cases) in [(Binary::AuthService, auth), (Binary::TaskService, tasks)] {
        let start = setting.run(binary, programs, &cases, None).await;
        for (index, (name, repetitions, _)) in cases.iter().enumerate() {
            let total = setting.run(binary, programs, &cases, Some(index)).await;
            counts.insert((*name).to_owned(), each(start, total, *repetitions));
        }
    }
    counts
}

/// The instructions of one repetition.
fn each(first: u64, second: u64, repetitions: u32) -> u64 {
    second.checked_sub(first).unwrap() / u64::from(repetitions)
}

impl Setting {
    async fn new() -> Self {
        let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
        let issuer = testing::auth_service(&accounts, &[]).await;
        let http = Client::builder().no_proxy().build().unwrap();
        let (reader, _, id) = sign_up(&http, &issuer, EMAIL).await;
        let (writer, _, _) = sign_up(&http, &issuer, "bob@example.com").await;
        let (client, connection) = tokio_postgres::connect(&tasks.superuser_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.execute(FILL, &[&id]).await.unwrap();
        client.batch_execute("VACUUM ANALYZE tasks").await.unwrap();
        let mut sessions = Vec::new();
        for _ in 0..WARM_UP + SIGNATURE_REPETITIONS {
            sessions.push(sign_in(&http, &issuer).await);
        }
        Self { accounts, tasks, issuer, http, sessions, reader, writer }
    }

    /// Counts the verification of a token, with its status list.
    async fn verification(&self, programs: &Path) -> u64 {
        let program = programs.join("verify-repeatedly");
        let mut totals = Vec::new();
        for count in [WARM_UP, WARM_UP + REPETITIONS] {
            let arguments = [ISSUER, AUDIENCE, self.issuer.url(), &self.reader, &count.to_string()];
            totals.push(Count::new().run(&program, &arguments).await);
        }
        each(totals[0], totals[1], REPETITIONS)
    }

    fn auth_cases(&self) -> Vec<Case<'_>> {
        let get = |url: &str, path: &str, number: u32| {
            let session = &self.sessions[number as usize];
            self.http.get(format!("{url}/api/auth/{path}")).bearer_auth(session)
        };
        vec![
            ("get-session", REPETITIONS, Box::new(move |url, _| get(url, "get-session", 0))),
            ("sign a token", SIGNATURE_REPETITIONS, Box::new(move |url, number| get(url, "token", number))),
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
            ("list 50 tasks", LIST_REPETITIONS, Box::new(move |url, _| get(url, "?limit=50"))),
            ("create a task", REPETITIONS, Box::new(create)),
        ]
    }

    /// Runs a service that gets the warm-up and the repetitions of one operation. Returns all its instructions.
    async fn run(&self, binary: Binary, programs: &Path, cases: &[Case<'_>], repeated: Option<usize>) -> u64 {
        let env = match binary {
            Binary::AuthService => testing::auth_env(&self.accounts),
            Binary::TaskService => testing::task_env(&self.tasks, self.issuer.url()),
        };
        let fixed = WITHOUT_POLLING.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let env: Vec<(String, String)> = env.into_iter().chain(fixed).collect();
        let count = Count::new();
        let service = count.start(binary, programs, &env).await;
        for (index, (_, repetitions, request)) in cases.iter().enumerate() {
            let repetitions = if repeated == Some(index) { *repetitions } else { 0 };
            for number in 0..WARM_UP + repetitions {
                let answer = request(service.url(), number).send().await.unwrap();
                answer.error_for_status().unwrap().bytes().await.unwrap();
            }
        }
        count.stop(service).await
    }
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
