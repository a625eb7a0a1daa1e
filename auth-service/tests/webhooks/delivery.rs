//! Delivery to registered receivers: one that is slow, hostile or away costs nobody else anything.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local_stack::testing::{TestDatabase, auth_env};
use local_stack::{Binary, run_to_end};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use wiremock::ResponseTemplate;

use super::{PATIENCE, Receiver, Registered, eventually, wait_until_delivered, waiting, webhooks};
use crate::support::{Auth, connect};

/// Less than the timeout of an attempt, and more than the interval of polls.
const BEFORE_THE_TIMEOUT: Duration = Duration::from_secs(8);
/// As in `backlog.rs`.
const MAX_EVENTS: i64 = 100_000;

/// A server that is not one of HTTP. Counts its connections.
struct Hostile {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Hostile {
    async fn start<F: Future<Output = ()> + Send>(respond: impl Fn(TcpStream) -> F + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                respond(stream).await;
            }
        });
        Self { port, connections }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/events", self.port)
    }

    fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Whether the log has this line.
fn has_logged(auth: &Auth, text: &str) -> bool {
    auth.service.output().iter().any(|line| line.contains(text))
}

#[tokio::test]
async fn a_receiver_that_hangs_does_not_delay_another() {
    let hanging = Hostile::start(|mut stream| async move {
        let _ = stream.read(&mut [0; 1024]).await;
        std::mem::forget(stream);
    })
    .await;
    let receiver = Receiver::start(ResponseTemplate::new(204)).await;
    let database = TestDatabase::auth().await;
    let first = Registered::add(&database, &hanging.url(), "user.created").await;
    let second = Registered::add(&database, &receiver.url(), "user.created").await;
    let auth = Auth::on(database, &[]).await;
    auth.user("alice").await;
    eventually("a connection to the receiver that hangs", async || hanging.count() > 0).await;
    auth.user("bob").await;
    let begun = Instant::now();
    for request in receiver.received(2).await {
        second.verified(&request);
    }
    assert!(begun.elapsed() < BEFORE_THE_TIMEOUT, "{:?}", begun.elapsed());
    assert!(waiting(&auth).await.iter().any(|(receiver, _)| *receiver == first.id));
    eventually("the timeout", async || has_logged(&auth, "no response within 10 s")).await;
    let left = waiting(&auth).await;
    assert_eq!(left.len(), 2, "both are kept: {left:?}");
}

#[tokio::test]
async fn a_body_without_end_is_not_read_and_a_redirect_is_not_followed() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let endless = Hostile::start(move |mut stream| {
        let count = Arc::clone(&count);
        async move {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            let chunk = [&b"10000\r\n"[..], &[b'a'; 0x10000], b"\r\n"].concat();
            // Ends when the client closes the connection.
            while stream.write_all(&chunk).await.is_ok() {
                count.fetch_add(0x10000, Ordering::SeqCst);
            }
        }
    })
    .await;
    let elsewhere = Hostile::start(|_| async {}).await;
    let redirect = ResponseTemplate::new(308).insert_header("location", elsewhere.url().as_str());
    let redirecting = Receiver::start(redirect).await;
    let database = TestDatabase::auth().await;
    Registered::add(&database, &endless.url(), "user.created").await;
    let registered = Registered::add(&database, &redirecting.url(), "user.created").await;
    let auth = Auth::on(database, &[]).await;
    auth.user("alice").await;
    wait_until_delivered(&auth).await;
    assert_eq!(endless.count(), 1, "its status counts");
    // What fits into the buffers of two sockets, which the kernel fills whether anybody reads or not.
    assert!(written.load(Ordering::SeqCst) < 16 << 20, "{written:?}");
    let requests = redirecting.received(2).await;
    assert_eq!(registered.verified(&requests[0]), registered.verified(&requests[1]));
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_public() {
    let server = Hostile::start(|_| async {}).await;
    let auth = Auth::start().await;
    let url = format!("https://localhost:{}/", server.port);
    let registered = Registered::added(&auth.database, &["add", &url, "--events", "user.created"]).await;
    auth.user("alice").await;
    let refusal = "localhost resolves to ";
    eventually("a refusal in the log", async || has_logged(&auth, refusal)).await;
    assert_eq!(waiting(&auth).await, [(registered.id.clone(), "user.created".to_owned())]);
    let tried = webhooks(&auth.database, &["test", &registered.id]).await;
    assert_eq!(tried.status.code(), Some(1));
    assert!(tried.stdout[0].contains("which is not a public address"), "{tried:?}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn events_that_are_too_old_or_too_many_are_dropped_and_those_of_the_environment_are_kept() {
    let database = TestDatabase::auth().await;
    let url = "http://127.0.0.1:1/";
    let [many, old, short] = [
        Registered::add(&database, url, "user.created").await,
        Registered::add(&database, url, "user.created").await,
        Registered::add(&database, url, "user.created").await,
    ];
    let superuser = connect(&database.superuser_url()).await;
    let insert = "INSERT INTO webhook_deliveries (receiver, event, user_id, data, occurred_at)
        SELECT $1, 'user.created', 'user-' || number, '{}', now() - $3::int * interval '1 hour'
        FROM generate_series(1, $2::int) AS number";
    let removed = "01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d";
    for (receiver, events, age) in [
        (many.id.as_str(), 100_003, 1),
        (&old.id, 6000, 73),
        (&old.id, 2, 71),
        (&short.id, 2, 1),
        (removed, 3, 0),
        ("environment", 5, 1000),
    ] {
        superuser.execute(insert, &[&receiver, &events, &age]).await.unwrap();
    }
    let auth = Auth::on(database, &[("METRICS_BIND", "127.0.0.1:0")]).await;
    let left = async |receiver: &str| -> i64 {
        let count = "SELECT count(*) FROM webhook_deliveries WHERE receiver = $1";
        superuser.query_one(count, &[&receiver]).await.unwrap().get(0)
    };
    eventually("the bounds", async || left(&many.id).await <= MAX_EVENTS && left(&old.id).await <= 2).await;
    let expected =
        [(many.id.as_str(), MAX_EVENTS), (&old.id, 2), (&short.id, 2), (removed, 0), ("environment", 5)];
    for (receiver, events) in expected {
        assert_eq!(left(receiver).await, events, "{receiver}");
    }
    let oldest = "SELECT min(substr(user_id, 6)::int) FROM webhook_deliveries WHERE receiver = $1";
    let oldest: i32 = superuser.query_one(oldest, &[&many.id]).await.unwrap().get(0);
    assert_eq!(oldest, 4, "the oldest first");
    assert!(has_logged(&auth, "webhooks dropped"));
    let figures = figures(auth).await;
    assert!(figures.contains(&"auth_service_webhooks_dropped_total 6006".to_owned()), "{figures:#?}");
    // Whatever receivers there are, the labels are the same.
    assert!(figures.iter().all(|line| !line.contains(&many.id) && !line.contains("127.0.0.1:1")));
}

/// The metrics of webhooks.
async fn figures(mut auth: Auth) -> Vec<String> {
    let line = auth.service.wait_for_line(|line| line.contains("\"metrics\""), PATIENCE).await.unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let url = format!("http://{}/metrics", line["fields"]["addr"].as_str().unwrap());
    let figures = reqwest::get(url).await.unwrap().text().await.unwrap();
    figures.lines().filter(|line| line.contains("webhook")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_receiver_that_is_removed_gets_nothing_and_one_that_is_added_to_a_running_service_does() {
    let receiver = Receiver::start(ResponseTemplate::new(500)).await;
    let auth = Auth::start().await;
    let away = Registered::add(&auth.database, "http://127.0.0.1:1/", "user.created").await;
    let added = Registered::add(&auth.database, &receiver.url(), "user.created").await;
    auth.user("alice").await;
    assert_eq!(added.verified(&receiver.received(2).await[1])["type"], "user.created");
    let removed = webhooks(&auth.database, &["remove", &away.id, "--yes"]).await;
    assert!(removed.status.success(), "{removed:?}");
    assert!(removed.stdout[0].ends_with("1 event was waiting for it."), "{removed:?}");
    wait_until_delivered(&auth).await;
    auth.user("bob").await;
    receiver.received(3).await;
    wait_until_delivered(&auth).await;
}

#[tokio::test]
async fn a_service_that_polls_rarely_notices_its_first_receiver_when_it_serves_a_post() {
    let receiver = Receiver::start(ResponseTemplate::new(204)).await;
    let rarely = [("STATUS_LIST_INTERVAL", "24h"), ("KEY_REFRESH_INTERVAL", "24h")];
    let auth = Auth::start_with(&rarely).await;
    let registered = Registered::add(&auth.database, &receiver.url(), "user.created,user.changed").await;
    auth.user("alice").await;
    assert_eq!(registered.verified(&receiver.received(1).await[0])["type"], "user.created");
    // From then on it polls.
    auth.superuser().await.batch_execute("UPDATE users SET name = 'Alice Liddell'").await.unwrap();
    assert_eq!(registered.verified(&receiver.received(2).await[1])["type"], "user.changed");
}

#[tokio::test]
async fn imported_users_are_announced() {
    let receiver = Receiver::start(ResponseTemplate::new(204)).await;
    let database = TestDatabase::auth().await;
    let registered = Registered::add(&database, &receiver.url(), "user.created").await;
    let file = std::env::temp_dir().join(format!("latchkey-webhooks-{}.csv", std::process::id()));
    std::fs::write(&file, "email,name\nalice@example.com,Alice\nbob@example.com,Bob\n").unwrap();
    let arguments = ["import", "csv", "--file", file.to_str().unwrap()];
    let imported = run_to_end(Binary::AuthService, &arguments, auth_env(&database)).await.unwrap();
    let _ = std::fs::remove_file(&file);
    assert!(imported.status.success(), "{imported:?}");
    let auth = Auth::on(database, &[]).await;
    let requests = receiver.received(2).await;
    let emails = requests.iter().map(|request| registered.verified(request)["data"]["email"].clone());
    let mut emails: Vec<String> = emails.map(|email| email.as_str().unwrap().to_owned()).collect();
    emails.sort_unstable();
    assert_eq!(emails, ["alice@example.com", "bob@example.com"]);
    wait_until_delivered(&auth).await;
}
