//! A million live sessions, of which a growing number is revoked.

use std::time::{Duration, Instant};

use local_stack::Service;
use local_stack::testing::{self, AUDIENCE, ISSUER, TestDatabase};
use reqwest::Client;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use serde_json::json;
use shared_claims::Verifier;
use tokio_postgres::NoTls;

use crate::report::{cpu_time, head, median, resident, row, time};

const SESSIONS: i32 = 1_000_000;
/// The number of revoked sessions at the end of each round.
const REVOKED: [i64; 5] = [0, 1_000, 10_000, 100_000, 500_000];
/// The number of requests and checks of which the median is taken.
const REQUESTS: usize = 201;
const CHECKS: u32 = 20_000;

/// Sessions of one user, at random indices of two lists, as the service allocates them.
const FILL: &str = "
    INSERT INTO status_lists (number, created_at) VALUES (1, 'epoch') ON CONFLICT DO NOTHING;
    INSERT INTO users (id, name, email, email_verified, created_at, updated_at)
    VALUES ('crowd', 'Crowd', 'crowd@example.com', false, now(), now());
    CREATE TEMPORARY TABLE drawn AS
    SELECT place FROM generate_series(0::bigint, 2097151) place ORDER BY random() LIMIT SESSIONS;
    INSERT INTO status_indexes (idx) SELECT place FROM drawn;
    INSERT INTO sessions (id, user_id, token_hash, created_at, updated_at, expires_at, remembered, ip_address,
                          user_agent, status_index)
    SELECT gen_random_uuid(), 'crowd', sha256(place::text::bytea), now(), now(), now() + interval '7 days', true, '',
           '', place
    FROM drawn;
    ANALYZE";

/// Prints a table.
pub async fn measure() {
    let database = TestDatabase::auth().await;
    let (client, connection) = tokio_postgres::connect(&database.superuser_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    let begun = Instant::now();
    client.batch_execute(&FILL.replace("SESSIONS", &SESSIONS.to_string())).await.unwrap();
    eprintln!("{SESSIONS} sessions made in {}", time(begun.elapsed()));
    let service = testing::auth_service(&database, &[]).await;
    let http = Client::new();
    let token = sign_up(&http, &service).await;

    println!("A million live sessions in two lists; the first list:\n");
    head(&[
        "revoked",
        "list size",
        "commit to list",
        "CPU time",
        "serve (200)",
        "serve (304)",
        "verify a token, lists off",
        "lists on",
        "memory",
    ]);
    let mut revoked = 0;
    for target in REVOKED {
        let (seen, cpu) = revoke(&client, &http, &service, target - revoked).await;
        revoked = target;
        let (size, full, unchanged) = serve(&http, &service).await;
        let (without, with) = check(&service, &token).await;
        row(&[
            target.to_string(),
            format!("{} kB", size / 1000),
            time(seen),
            time(cpu),
            time(full),
            time(unchanged),
            time(without),
            time(with),
            format!("{} MiB", resident(service.id().unwrap())),
        ]);
    }
}

async fn sign_up(http: &Client, service: &Service) -> String {
    let body = json!({"name": "A", "email": "a@example.com", "password": "correct horse battery"});
    let url = format!("{}/api/auth/sign-up/email", service.url());
    let answer = http.post(url).json(&body).send().await.unwrap();
    answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned()
}

async fn list(http: &Client, service: &Service, known: Option<&str>) -> reqwest::Response {
    let mut request = http.get(format!("{}/.well-known/status-lists/0", service.url()));
    if let Some(tag) = known {
        request = request.header(IF_NONE_MATCH, tag);
    }
    request.send().await.unwrap()
}

async fn tag(http: &Client, service: &Service) -> String {
    list(http, service, None).await.headers()[ETAG].to_str().unwrap().to_owned()
}

/// Ends sessions, and waits until the list shows it.
async fn revoke(
    client: &tokio_postgres::Client,
    http: &Client,
    service: &Service,
    count: i64,
) -> (Duration, Duration) {
    if count == 0 {
        return (Duration::ZERO, Duration::ZERO);
    }
    let (before, process) = (tag(http, service).await, service.id().unwrap());
    let end = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = 'crowd' LIMIT $1)";
    assert_eq!(i64::try_from(client.execute(end, &[&count]).await.unwrap()).unwrap(), count);
    let (committed, cpu) = (Instant::now(), cpu_time(process));
    while tag(http, service).await == before {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    (committed.elapsed(), cpu_time(process).saturating_sub(cpu))
}

/// Measures the size of the list, and the times of a full response and of a 304.
async fn serve(http: &Client, service: &Service) -> (usize, Duration, Duration) {
    let known = tag(http, service).await;
    let (mut full, mut unchanged, mut size) = (Vec::new(), Vec::new(), 0);
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        size = list(http, service, None).await.bytes().await.unwrap().len();
        full.push(begun.elapsed());
        let begun = Instant::now();
        assert_eq!(list(http, service, Some(&known)).await.status(), 304);
        unchanged.push(begun.elapsed());
    }
    (size, median(full), median(unchanged))
}

/// Measures the verification of a valid token, without and with the check of its status list.
async fn check(service: &Service, token: &str) -> (Duration, Duration) {
    let builder = || {
        Verifier::builder(ISSUER, AUDIENCE)
            .jwks_url(format!("{}/.well-known/jwks.json", service.url()))
            .status_list_url(format!("{}/.well-known/status-lists", service.url()))
    };
    let mut times = Vec::new();
    for verifier in [builder().without_status_lists().build().unwrap(), builder().build().unwrap()] {
        verifier.wait_ready().await;
        let begun = Instant::now();
        for _ in 0..CHECKS {
            verifier.verify(token).unwrap();
        }
        times.push(begun.elapsed() / CHECKS);
    }
    (times[0], times[1])
}
