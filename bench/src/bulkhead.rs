//! Whether a flood of sign-ins slows other requests down, and how it is served itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_postgres::NoTls;

use crate::report::{cpu_time, head, row, time};

/// Accounts that sign in. Each has at most one hash waiting, so there are more than wait at a time.
const ACCOUNTS: usize = 200;
const PASSWORD: &str = "correct horse battery";
/// Clients that measure the capacity, and for how long.
const CLIENTS: usize = 16;
const PROBE: Duration = Duration::from_secs(4);
/// The part of capacity that the other requests use together, and the multiple of theirs for sign-ins.
const LOAD: f64 = 0.2;
/// The kinds of other requests, which share it: each capacity was measured alone, with all of the machine.
const OTHERS: f64 = 3.0;
const FLOOD: f64 = 3.0;
/// The time of a measurement, and what is left out at its beginning, while queues and connections adapt.
const TIME: Duration = Duration::from_secs(30);
const WARM_UP: Duration = Duration::from_secs(2);
/// What is promised: how much slower other requests become, when a sign-in is refused, and when an accepted one is answered.
const SLOWER: Duration = Duration::from_millis(10);
const REFUSED_WITHIN: Duration = Duration::from_millis(50);
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);
/// The time of a request that failed.
const FAILED: Duration = Duration::from_secs(999);

/// Prints two tables.
pub async fn measure() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    create_accounts(&accounts).await;
    let auth = testing::auth_service(&accounts, &[("BCRYPT_COST", "12")]).await;
    let tasks = testing::task_service(&tasks, auth.url(), &[]).await;
    let (others, sign_ins) = flows(&auth, &tasks).await;

    println!("Capacity, {CLIENTS} requests in flight:\n");
    head(&["request", "per second", "CPU of the service for each"]);
    let mut rates = Vec::new();
    for (flow, service) in others.iter().zip([&auth, &auth, &tasks]) {
        rates.push(flow.capacity(service).await * LOAD / OTHERS);
    }
    let flood = sign_ins.capacity(&auth).await * FLOOD;

    let without = run(others.iter().zip(rates.iter().copied())).await;
    let mut all: Vec<(&Flow, f64)> = others.iter().zip(rates.iter().copied()).collect();
    all.push((&sign_ins, flood));
    let mut with = run(all.into_iter()).await;
    let answers = with.pop().unwrap();

    println!(
        "\nTogether at {:.0} % of capacity, for {} s, without and with {flood:.0} sign-ins per second:\n",
        LOAD * 100.0,
        TIME.as_secs()
    );
    head(&["request", "per second", "median, without", "with", "p99, without", "with", "within + 10 ms"]);
    for (((flow, rate), before), after) in others.iter().zip(rates).zip(&without).zip(&with) {
        report_other(flow.name, rate, before, after);
    }
    report_sign_ins(&answers);
}

fn report_other(name: &str, rate: f64, before: &[Response], after: &[Response]) {
    let times = |answers: &[Response]| {
        let time = |answer: &Response| if answer.status == 200 { answer.took } else { FAILED };
        Times::of(answers.iter().map(time).collect())
    };
    let (before, after) = (times(before), times(after));
    row(&[
        name.to_owned(),
        format!("{rate:.0}"),
        time(before.median),
        time(after.median),
        time(before.p99),
        time(after.p99),
        verdict(after.p99 <= before.p99 + SLOWER && after.p99 < FAILED),
    ]);
}

fn report_sign_ins(answers: &[Response]) {
    let of = |status| answers.iter().filter(move |answer| answer.status == status);
    let (accepted, refused): (Vec<_>, Vec<_>) = (of(200).collect(), of(503).collect());
    let others = answers.len() - accepted.len() - refused.len();
    let all_say_when = refused.iter().all(|answer| answer.says_when_to_retry);
    let times = |answers: &[&Response]| Times::of(answers.iter().map(|answer| answer.took).collect());
    let (accepted_times, refused_times) = (times(&accepted), times(&refused));
    println!("\nThe sign-ins, of which {others} got another response:\n");
    head(&["response", "number", "median", "p99", "maximum", "promised", "kept"]);
    for (name, number, times, bound, is_complete) in [
        ("200", accepted.len(), accepted_times, ANSWERED_WITHIN, others == 0),
        ("503 with `Retry-After`", refused.len(), refused_times, REFUSED_WITHIN, all_say_when),
    ] {
        row(&[
            name.to_owned(),
            number.to_string(),
            time(times.median),
            time(times.p99),
            time(times.maximum),
            format!("p99 within {}", time(bound)),
            verdict(times.p99 <= bound && is_complete),
        ]);
    }
}

fn verdict(is_kept: bool) -> String {
    if is_kept { "yes" } else { "**no**" }.to_owned()
}

struct Times {
    median: Duration,
    p99: Duration,
    maximum: Duration,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Self { median: at(50), p99: at(99), maximum: times.last().copied().unwrap_or_default() }
    }
}

/// Creates accounts that all have the same hash of cost 12, since hashing each password would take half a minute.
async fn create_accounts(database: &TestDatabase) {
    let mut hash = String::new();
    let (superuser, connection) = tokio_postgres::connect(&database.superuser_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    for (cost, numbers) in [("12", 0..1), ("4", 1..ACCOUNTS)] {
        let service = testing::auth_service(database, &[("BCRYPT_COST", cost)]).await;
        let http = Client::builder().no_proxy().build().unwrap();
        for number in numbers {
            let body = json!({"name": "Ada", "email": email(number), "password": PASSWORD});
            let request = http.post(format!("{}/api/auth/sign-up/email", service.url())).json(&body);
            request.send().await.unwrap().error_for_status().unwrap();
        }
        if hash.is_empty() {
            hash = superuser.query_one("SELECT hash FROM passwords", &[]).await.unwrap().get(0);
        }
    }
    superuser.execute("UPDATE passwords SET hash = $1", &[&hash]).await.unwrap();
    superuser.batch_execute("VACUUM ANALYZE").await.unwrap();
}

fn email(number: usize) -> String {
    format!("user.{number}@example.com")
}

/// The requests of one kind.
struct Flow {
    name: &'static str,
    request: Arc<dyn Fn() -> RequestBuilder + Send + Sync>,
}

/// Returns get-session, token and reading a task, and sign-ins to all accounts in turn.
async fn flows(auth: &Service, tasks: &Service) -> (Vec<Flow>, Flow) {
    // Each kind has connections of its own.
    let client = || Client::builder().no_proxy().build().unwrap();
    let (url, count) = (format!("{}/api/auth", auth.url()), AtomicUsize::new(0));
    let sign_in = {
        let (http, url) = (client(), format!("{url}/sign-in/email"));
        move || {
            let number = count.fetch_add(1, Ordering::Relaxed) % ACCOUNTS;
            http.post(&url).json(&json!({"email": email(number), "password": PASSWORD}))
        }
    };
    let answer = sign_in().send().await.unwrap().error_for_status().unwrap();
    let token = answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
    let session: Value = answer.json().await.unwrap();
    let session = session["token"].as_str().unwrap().to_owned();
    let create = client().post(format!("{}/api/me/tasks", tasks.url())).bearer_auth(&token);
    let task: Value = create.json(&json!({"title": "one"})).send().await.unwrap().json().await.unwrap();
    let task = format!("{}/api/me/tasks/{}", tasks.url(), task["id"].as_str().unwrap());

    let get = |name, url: String, bearer: &str| {
        let (http, bearer) = (client(), bearer.to_owned());
        Flow { name, request: Arc::new(move || http.get(&url).bearer_auth(&bearer)) }
    };
    let others = vec![
        get("get-session", format!("{url}/get-session"), &session),
        get("token", format!("{url}/token"), &session),
        get("read a task", task, &token),
    ];
    (others, Flow { name: "sign-in", request: Arc::new(sign_in) })
}

/// A response, and its time since the request was due.
struct Response {
    status: u16,
    says_when_to_retry: bool,
    took: Duration,
}

impl Flow {
    /// Measures how many such requests per second are answered with 200, and prints that.
    async fn capacity(&self, service: &Service) -> f64 {
        let (begun, before) = (Instant::now(), cpu_time(service.id().unwrap()));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let request = Arc::clone(&self.request);
            clients.spawn(async move {
                let mut answered = 0_u32;
                while begun.elapsed() < PROBE {
                    let response = send(request(), Instant::now()).await;
                    answered += u32::from(response.status == 200);
                }
                answered
            });
        }
        let answered: u32 = clients.join_all().await.iter().sum();
        let spent = cpu_time(service.id().unwrap()) - before;
        let rate = f64::from(answered) / begun.elapsed().as_secs_f64();
        row(&[self.name.to_owned(), format!("{rate:.1}"), time(spent / answered.max(1))]);
        rate
    }
}

/// Sends each kind of request at its rate, however long the responses take. Returns the responses of each.
async fn run<'a>(flows: impl Iterator<Item = (&'a Flow, f64)>) -> Vec<Vec<Response>> {
    let begin = Instant::now();
    let senders = flows.map(|(flow, rate)| tokio::spawn(send_at(Arc::clone(&flow.request), rate, begin)));
    let mut responses = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        responses.push(sender.await.unwrap());
    }
    responses
}

async fn send_at(
    request: Arc<dyn Fn() -> RequestBuilder + Send + Sync>,
    rate: f64,
    begin: Instant,
) -> Vec<Response> {
    let responses = Arc::new(Mutex::new(Vec::new()));
    let mut in_flight = JoinSet::new();
    for number in 0_u32.. {
        let due = begin + Duration::from_secs_f64(f64::from(number) / rate);
        if due >= begin + WARM_UP + TIME {
            break;
        }
        tokio::time::sleep_until(due).await;
        let (request, responses) = (request(), Arc::clone(&responses));
        in_flight.spawn(async move {
            let response = send(request, due).await;
            if due >= begin + WARM_UP {
                responses.lock().unwrap().push(response);
            }
        });
        while in_flight.try_join_next().is_some() {}
    }
    in_flight.join_all().await;
    std::mem::take(&mut *responses.lock().unwrap())
}

async fn send(request: RequestBuilder, due: Instant) -> Response {
    // No answer counts as an error.
    let Ok(answer) = request.send().await else {
        return Response { status: 0, says_when_to_retry: false, took: FAILED };
    };
    let (status, says_when_to_retry) =
        (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
    let _ = answer.bytes().await;
    Response { status, says_when_to_retry, took: due.elapsed() }
}
