//! Whether response times reveal which emails have accounts, if emails must be verified.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use reqwest::Client;
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;
use tokio_postgres::NoTls;

use crate::report::{head, row, time};

/// Number of measured requests of each kind, with known and with unknown emails.
const REQUESTS: usize = 2_000;
/// Number of concurrent requests. One at a time would take minutes, because of the minimum response time of 100 ms.
const STREAMS: usize = 4;
/// Number of clients that measure the capacity of the service, and for how long.
const CLIENTS: usize = 128;
const PROBE: Duration = Duration::from_secs(5);
/// The fraction of that capacity that is used as load during the measurement.
const LOAD: f64 = 0.8;
/// Maximum difference: 2 ms of the medians, a tenth of the 99th percentiles.
const MEDIANS: Duration = Duration::from_millis(2);
const P99: f64 = 0.1;

/// Hashing costs the same in both cases. It is cheap here, so that more requests reach the database.
const SETTINGS: [(&str, &str); 3] =
    [("REQUIRE_EMAIL_VERIFICATION", "true"), ("BCRYPT_COST", "4"), ("RATE_LIMIT_ENABLED", "false")];

/// A request whose response time must not reveal accounts.
#[derive(Clone, Copy)]
enum Request {
    SignUp,
    SignIn,
}

impl Request {
    /// The status of its response.
    fn answer(self) -> u16 {
        match self {
            Self::SignUp => 200,
            Self::SignIn => 401,
        }
    }
}

/// The service and its clients.
struct Target {
    http: Client,
    url: String,
    /// Counter for unused emails.
    fresh: AtomicUsize,
}

/// Prints a table.
pub async fn measure() {
    let database = TestDatabase::auth().await;
    let mail = std::env::temp_dir().join(format!("latchkey-bench-mail-{}", std::process::id()));
    let mail_url = format!("file://{}", mail.display());
    let superuser = connect(&database).await;
    let known = {
        // This service does not require verification.
        let service = testing::auth_service(&database, &SETTINGS[1..]).await;
        sign_up_all(&Arc::new(Target::new(&service)), "known").await
    };
    superuser.batch_execute("UPDATE users SET email_verified = true").await.unwrap();
    superuser.batch_execute("VACUUM ANALYZE").await.unwrap();
    let mut settings = SETTINGS.to_vec();
    settings.push(("MAIL_URL", &mail_url));
    let service = testing::auth_service(&database, &settings).await;
    let target = Arc::new(Target::new(&service));

    println!("{REQUESTS} requests each, with an email that is known and with one that is not:\n");
    head(&["request", "load", "median, known", "unknown", "p99, known", "unknown", "indistinguishable"]);
    // Sign-ins come first: a sign-up leaves a row that a later sign-in with the same email reads.
    both(&target, &superuser, "sign-in to an account", Request::SignIn, &known).await;
    let waiting = sign_up_all(&target, "waiting").await;
    delivered(&superuser).await;
    superuser.batch_execute("VACUUM ANALYZE").await.unwrap();
    both(&target, &superuser, "sign-in to a pending sign-up", Request::SignIn, &waiting).await;
    both(&target, &superuser, "sign-up with the email of an account", Request::SignUp, &known).await;
    let _ = std::fs::remove_dir_all(mail);
}

/// Measures a request while the service is idle, and under load.
async fn both(
    target: &Arc<Target>,
    superuser: &tokio_postgres::Client,
    name: &str,
    request: Request,
    known: &[String],
) {
    report(target, name, "idle", request, known).await;
    let rate = target.capacity(superuser, request).await * LOAD;
    let load = Load::start(Arc::clone(target), request, rate);
    report(target, name, &format!("{rate:.0} requests per second"), request, known).await;
    load.stop().await;
    delivered(superuser).await;
}

async fn connect(database: &TestDatabase) -> tokio_postgres::Client {
    let (superuser, connection) = tokio_postgres::connect(&database.superuser_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    superuser
}

/// Waits until all mail is sent, because sending uses the machine too.
async fn delivered(superuser: &tokio_postgres::Client) {
    while superuser.query_one("SELECT count(*) FROM outbox", &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Signs up with all emails that are measured.
async fn sign_up_all(target: &Arc<Target>, name: &str) -> Vec<String> {
    let emails: Vec<String> = (0..REQUESTS).map(|number| format!("{name}.{number}@example.com")).collect();
    let mut sign_ups = JoinSet::new();
    for stream in emails.chunks(REQUESTS / STREAMS) {
        let (target, stream) = (Arc::clone(target), stream.to_vec());
        sign_ups.spawn(async move {
            for email in stream {
                target.time(Request::SignUp, &email).await;
            }
        });
    }
    sign_ups.join_all().await;
    emails
}

async fn report(target: &Arc<Target>, name: &str, load: &str, request: Request, known: &[String]) {
    let mut streams = JoinSet::new();
    for stream in known.chunks(known.len() / STREAMS) {
        let (target, stream) = (Arc::clone(target), stream.to_vec());
        streams.spawn(async move {
            let mut times = Vec::with_capacity(stream.len());
            // Both alternate, so that other load affects both.
            for email in &stream {
                times
                    .push((target.time(request, email).await, target.time(request, &target.unknown()).await));
            }
            times
        });
    }
    let times = streams.join_all().await.concat();
    let (known, unknown): (Vec<Duration>, Vec<Duration>) = times.into_iter().unzip();
    let [(known_median, known_p99), (unknown_median, unknown_p99)] = [known, unknown].map(middle_and_end);
    let ratio = known_p99.as_secs_f64() / unknown_p99.as_secs_f64();
    let is_equal = known_median.abs_diff(unknown_median) <= MEDIANS && (ratio - 1.0).abs() <= P99;
    row(&[
        name.to_owned(),
        load.to_owned(),
        time(known_median),
        time(unknown_median),
        time(known_p99),
        time(unknown_p99),
        if is_equal { "yes" } else { "**no**" }.to_owned(),
    ]);
}

fn middle_and_end(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

impl Target {
    fn new(service: &Service) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        Self { http, url: format!("{}/api/auth", service.url()), fresh: AtomicUsize::new(0) }
    }

    /// Returns an unused email.
    fn unknown(&self) -> String {
        format!("fresh.{}@example.com", self.fresh.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns the status of the response; `None` if there is none.
    async fn send(&self, request: Request, email: &str) -> Option<u16> {
        let (path, form) = match request {
            Request::SignUp => {
                let form = json!({"name": "Ada", "email": email, "password": "correct horse battery"});
                ("sign-up/email", form)
            }
            Request::SignIn => ("sign-in/email", json!({"email": email, "password": "wrong horse battery"})),
        };
        let answer = self.http.post(format!("{}/{path}", self.url)).json(&form).send().await.ok()?;
        let status = answer.status().as_u16();
        answer.bytes().await.ok()?;
        Some(status)
    }

    /// Measures the response time. If the hashing queue is full, the response is a 503 before the email is looked up, and the
    /// request is repeated.
    async fn time(&self, request: Request, email: &str) -> Duration {
        loop {
            let begun = Instant::now();
            let status = self.send(request, email).await;
            let elapsed = begun.elapsed();
            if status == Some(request.answer()) {
                return elapsed;
            }
            assert_eq!(status, Some(503), "an unexpected response is not a measurement");
        }
    }

    /// Measures how many such requests per second the service can serve, including their mail.
    async fn capacity(self: &Arc<Self>, superuser: &tokio_postgres::Client, request: Request) -> f64 {
        let begun = Instant::now();
        let end = begun + PROBE;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let target = Arc::clone(self);
            clients.spawn(async move {
                let mut answered = 0.0;
                while Instant::now() < end {
                    let status = target.send(request, &target.unknown()).await;
                    answered += f64::from(u8::from(status == Some(request.answer())));
                }
                answered
            });
        }
        let answered: f64 = clients.join_all().await.iter().sum();
        delivered(superuser).await;
        answered / begun.elapsed().as_secs_f64()
    }
}

/// Sends requests at a fixed rate, however long the responses take.
struct Load {
    stop: Arc<AtomicBool>,
    sender: JoinHandle<()>,
}

impl Load {
    fn start(target: Arc<Target>, request: Request, rate: f64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let sender = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            while !stopped.load(Ordering::Relaxed) {
                ticks.tick().await;
                let target = Arc::clone(&target);
                tokio::spawn(async move { target.send(request, &target.unknown()).await });
            }
        });
        Self { stop, sender }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.sender.await.unwrap();
    }
}
