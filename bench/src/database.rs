//! The cost of a request with prepared statements, without them, and through a pooler.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use local_stack::databases::connect;
use local_stack::testing::{self, Database, Pooler, PoolerOptions, TestDatabase};
use local_stack::{Binary, Service};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::report::{cpu_time, head, median, row, time};

/// Requests in flight.
const AT_ONCE: usize = 16;
/// Duration and number of turns of each way. The ways take turns, so that other load on the machine affects all of them.
const TURN: Duration = Duration::from_secs(2);
const TURNS: usize = 5;
/// Number of tasks in the list.
const TASKS: usize = 20;

/// A way to connect to the database, with services that use it.
struct Way {
    name: &'static str,
    auth: Service,
    tasks: Service,
    /// CPU time that the server processes of both databases and the pooler have used.
    processes: Vec<u32>,
}

/// The cost of one kind of request on one way, per turn.
#[derive(Default)]
struct Cost {
    rates: Vec<f64>,
    times: Vec<Duration>,
    service: Vec<Duration>,
    database: Vec<Duration>,
}

/// Prints a table.
pub async fn measure() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    // No server process may end in between: its CPU time would be lost.
    let options = PoolerOptions { server_idle_timeout: Duration::ZERO, ..PoolerOptions::default() };
    let pooler = Pooler::in_front_of(&accounts, options).await;
    let through = (pooler.database(&accounts), pooler.database(&tasks));
    let ways = [
        Way::new("direct, prepared statements", "none", (&accounts, &tasks), None).await,
        Way::new("direct, DATABASE_POOLER=transaction", "transaction", (&accounts, &tasks), None).await,
        Way::new(
            "PgBouncer, DATABASE_POOLER=transaction",
            "transaction",
            (&through.0, &through.1),
            pooler.process_id(),
        )
        .await,
    ];
    let user = User::new(&ways[0]).await;
    println!("{AT_ONCE} requests in flight, {TURNS} turns of {} s each; medians:\n", TURN.as_secs());
    head(&["request", "way", "requests/s", "median", "service CPU", "database CPU"]);
    for (name, request) in [
        ("get-session", &(|way: &Way| user.session(way)) as &dyn Fn(&Way) -> RequestBuilder),
        ("read one task", &|way| user.task(way)),
        ("list 20 tasks", &|way| user.list(way)),
        ("create a task", &|way| user.create(way)),
    ] {
        let mut costs: Vec<Cost> = ways.iter().map(|_| Cost::default()).collect();
        for turn in 0..=TURNS {
            for (way, cost) in ways.iter().zip(&mut costs) {
                let measured = way.turn(request(way), name == "get-session", &[&accounts, &tasks]).await;
                // The first turn connects and prepares statements.
                if turn > 0 {
                    cost.add(measured);
                }
            }
        }
        for (way, cost) in ways.iter().zip(costs) {
            cost.report(name, way.name);
        }
    }
}

impl Way {
    async fn new(
        name: &'static str,
        pooler: &str,
        (accounts, tasks): (&Database, &Database),
        process: Option<u32>,
    ) -> Self {
        // The benchmark creates more tasks than a user needs.
        let settings = [("DATABASE_POOLER", pooler), ("TASK_QUOTA", "100000000")];
        let auth = testing::auth_service(accounts, &settings).await;
        let mut environment = testing::task_env(tasks, auth.url());
        environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let mut tasks = Service::spawn(Binary::TaskService, environment).await.unwrap();
        tasks.wait_ready().await.unwrap();
        Self { name, auth, tasks, processes: process.into_iter().collect() }
    }

    /// Sends the request repeatedly. Returns their number, durations and cost.
    async fn turn(
        &self,
        request: RequestBuilder,
        is_auth: bool,
        databases: &[&Database],
    ) -> (f64, Vec<Duration>, Duration, Duration) {
        let service = if is_auth { &self.auth } else { &self.tasks }.id().unwrap();
        let before = (cpu_time(service), self.spent(databases).await);
        let (times, begun) = (Arc::new(Mutex::new(Vec::new())), Instant::now());
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (request, times) = (request.try_clone().unwrap(), Arc::clone(&times));
                let stop = Arc::clone(&stop);
                tokio::spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        let sent = Instant::now();
                        let answer = request.try_clone().unwrap().send().await.unwrap();
                        answer.error_for_status().unwrap().bytes().await.unwrap();
                        times.lock().unwrap().push(sent.elapsed());
                    }
                })
            })
            .collect();
        tokio::time::sleep(TURN).await;
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.unwrap();
        }
        let elapsed = begun.elapsed();
        let after = (cpu_time(service), self.spent(databases).await);
        // New server processes started at zero.
        let database = after
            .1
            .iter()
            .map(|(process, spent)| *spent - before.1.get(process).copied().unwrap_or_default());
        let database: Duration = database.sum();
        let times = std::mem::take(&mut *times.lock().unwrap());
        let each = |spent: Duration| spent.div_f64(times.len() as f64);
        let (service, database) = (each(after.0 - before.0), each(database));
        (times.len() as f64 / elapsed.as_secs_f64(), times, service, database)
    }
}

impl Way {
    /// Returns the CPU time that the processes of the databases and the pooler have used.
    async fn spent(&self, databases: &[&Database]) -> HashMap<u32, Duration> {
        let processes = self.processes.iter().copied().chain(servers(databases).await);
        processes.map(|process| (process, cpu_time(process))).collect()
    }
}

/// Returns the server processes of these databases.
async fn servers(databases: &[&Database]) -> Vec<u32> {
    let mut processes = Vec::new();
    for database in databases {
        let client = connect(&database.superuser_url()).await.unwrap();
        let query =
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let rows = client.query(query, &[]).await.unwrap();
        processes.extend(rows.iter().map(|row| row.get::<_, i32>(0).unsigned_abs()));
    }
    processes
}

impl Cost {
    fn add(&mut self, (rate, times, service, database): (f64, Vec<Duration>, Duration, Duration)) {
        self.rates.push(rate);
        self.times.push(median(times));
        self.service.push(service);
        self.database.push(database);
    }

    fn report(mut self, request: &str, way: &str) {
        self.rates.sort_unstable_by(f64::total_cmp);
        let rate = format!("{:.0}", self.rates[self.rates.len() / 2]);
        let times = [self.times, self.service, self.database].map(|times| time(median(times)));
        row(&[&[request.to_owned(), way.to_owned(), rate][..], &times].concat());
    }
}

/// A user with a session, a token and tasks.
struct User {
    http: Client,
    session: String,
    token: String,
    task: String,
}

impl User {
    async fn new(way: &Way) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let body = json!({"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"});
        let request = http.post(format!("{}/api/auth/sign-up/email", way.auth.url())).json(&body);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let token = answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        let mut user =
            Self { http, session: body["token"].as_str().unwrap().to_owned(), token, task: String::new() };
        for _ in 0..TASKS {
            let made: Value = user.create(way).send().await.unwrap().json().await.unwrap();
            made["id"].as_str().unwrap().clone_into(&mut user.task);
        }
        user
    }

    fn session(&self, way: &Way) -> RequestBuilder {
        self.http.get(format!("{}/api/auth/get-session", way.auth.url())).bearer_auth(&self.session)
    }

    fn tasks(&self, way: &Way, path: &str) -> String {
        format!("{}/api/me/tasks{path}", way.tasks.url())
    }

    fn task(&self, way: &Way) -> RequestBuilder {
        self.http.get(self.tasks(way, &format!("/{}", self.task))).bearer_auth(&self.token)
    }

    fn list(&self, way: &Way) -> RequestBuilder {
        self.http.get(self.tasks(way, "?limit=20")).bearer_auth(&self.token)
    }

    fn create(&self, way: &Way) -> RequestBuilder {
        self.http.post(self.tasks(way, "")).bearer_auth(&self.token).json(&json!({"title": "one"}))
    }
}
