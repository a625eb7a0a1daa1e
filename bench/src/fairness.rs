//! Response times of a user while another user sends as many requests as possible.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use local_stack::testing::{self, TestDatabase};
use local_stack::{Binary, Service};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::report::{head, row, time};

/// The number of rows of the greedy user, and of requests that this user keeps in flight.
const ROWS: u32 = 200_000;
const AT_ONCE: usize = 20;
/// The number of measured requests of the other user, and of requests to warm up.
const REQUESTS: usize = 3_000;
const WARM_UP: usize = 600;

const FILL: &str = "
    INSERT INTO tasks (user_id, id, title, description, is_completed, priority, created_at, updated_at)
    SELECT $1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Task number ' || n,
           repeat('Lorem ipsum dolor sit amet ', 5), false, 'low', now(), now()
    FROM generate_series(1, $2::bigint) n";

/// Prints a table.
pub async fn measure() {
    let (accounts, database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&accounts, &[]).await;
    let (abuser, victim) = (Account::new(&auth, "abuser").await, Account::new(&auth, "victim").await);
    let (superuser, connection) = tokio_postgres::connect(&database.superuser_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    superuser.execute(FILL, &[&abuser.id, &i64::from(ROWS)]).await.unwrap();
    superuser.batch_execute("VACUUM ANALYZE tasks").await.unwrap();

    println!(
        "One user with {ROWS} tasks keeps {AT_ONCE} requests in flight. Response times of a second user:\n"
    );
    head(&["first user", "median", "p99", "maximum", "first user's responses"]);
    let open = [("TASK_QUOTA", "1000000"), ("REQUESTS_PER_MINUTE", "0")];
    let quota = [("TASK_QUOTA", "1000000"), ("REQUESTS_PER_MINUTE", "1200")];
    let search = (Method::GET, "?search=nowhere");
    for (name, settings, load) in [
        ("idle", open, None),
        ("searches", open, Some(search.clone())),
        ("lists completed tasks", open, Some((Method::GET, "?status=completed"))),
        ("creates tasks", open, Some((Method::POST, ""))),
        ("searches, with a budget of 1200 requests per minute", quota, Some(search)),
    ] {
        let mut environment = testing::task_env(&database, auth.url());
        environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let mut service = Service::spawn(Binary::TaskService, environment).await.unwrap();
        service.wait_ready().await.unwrap();
        let unlimited = settings == open;
        let url = format!("{}/api/me/tasks", service.url());
        report(name, &url, &abuser, &victim, load, unlimited).await;
    }
}

async fn report(
    name: &str,
    url: &str,
    abuser: &Account,
    victim: &Account,
    load: Option<(Method, &'static str)>,
    unlimited: bool,
) {
    // The other user stays within the budget too.
    let (warm_up, requests) = if unlimited { (WARM_UP, REQUESTS) } else { (100, 1_000) };
    victim.use_tasks(url, warm_up).await;
    let load = load.map(|(method, query)| Load::start(abuser, method, &format!("{url}{query}")));
    // Waits until the greedy user occupies everything possible.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut times = victim.use_tasks(url, requests).await;
    let answers = match load {
        Some(load) => load.stop().await,
        None => String::new(),
    };
    times.sort_unstable();
    let (median, p99, worst) =
        (times[times.len() / 2], times[times.len() * 99 / 100], times[times.len() - 1]);
    row(&[name.to_owned(), time(median), time(p99), time(worst), answers]);
}

/// A user with a token.
#[derive(Clone)]
struct Account {
    http: Client,
    id: String,
    token: String,
}

impl Account {
    async fn new(auth: &Service, name: &str) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let body = json!({
            "name": name, "email": format!("{name}@example.com"), "password": "correct horse battery"
        });
        let request = http.post(format!("{}/api/auth/sign-up/email", auth.url())).json(&body);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let token = answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
        let user: Value = answer.json().await.unwrap();
        Self { http, id: user["user"]["id"].as_str().unwrap().to_owned(), token }
    }

    async fn send(&self, method: Method, url: &str) -> (u16, Value) {
        let request = self.http.request(method.clone(), url).bearer_auth(&self.token);
        let request = if method == Method::POST { request.json(&json!({"title": "one"})) } else { request };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Creates, reads and lists tasks in sequence, like the page, and measures each request.
    async fn use_tasks(&self, url: &str, requests: usize) -> Vec<Duration> {
        let (mut times, mut task) = (Vec::with_capacity(requests), String::new());
        for n in 0..requests {
            let (method, path) = match n % 3 {
                0 => (Method::POST, url.to_owned()),
                1 => (Method::GET, format!("{url}/{task}")),
                _ => (Method::GET, url.to_owned()),
            };
            let begun = Instant::now();
            let (status, body) = self.send(method, &path).await;
            times.push(begun.elapsed());
            if status >= 400 {
                // An error response counts as an infinite wait.
                *times.last_mut().unwrap() = Duration::from_secs(999);
            }
            if n % 3 == 0 {
                body["id"].as_str().unwrap_or_default().clone_into(&mut task);
            }
        }
        times
    }
}

/// Requests of one user, each repeated as soon as its response arrives.
struct Load {
    stop: Arc<AtomicBool>,
    answers: Arc<Mutex<BTreeMap<u16, u32>>>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(abuser: &Account, method: Method, url: &str) -> Self {
        let (stop, answers) =
            (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::<BTreeMap<u16, u32>>::default()));
        let clients = (0..AT_ONCE).map(|_| {
            let (abuser, method, url) = (abuser.clone(), method.clone(), url.to_owned());
            let (stop, answers) = (Arc::clone(&stop), Arc::clone(&answers));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let (status, _) = abuser.send(method.clone(), &url).await;
                    *answers.lock().unwrap().entry(status).or_insert(0) += 1;
                }
            })
        });
        let clients = clients.collect();
        Self { stop, answers, clients }
    }

    /// Stops the requests. Returns the number of responses by status.
    async fn stop(self) -> String {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
        let answers = self.answers.lock().unwrap();
        answers.iter().map(|(status, count)| format!("{status}: {count}")).collect::<Vec<_>>().join(", ")
    }
}
