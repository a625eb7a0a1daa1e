//! `PASSWORD_BREACH_URL`: passwords from breaches are refused. If the service fails, passwords are accepted.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_stack::testing::{TestDatabase, auth_env};
use local_stack::{Binary, run_to_end};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, PASSWORD, email};

/// Its SHA-1 is `PREFIX` followed by `SUFFIX`.
const BREACHED: &str = "the password of a breach";
const PREFIX: &str = "62E71";
const SUFFIX: &str = "D33055B2692C3812C143BB28F33A444C554";
/// Maximum time until a line is in the log.
const SOON: Duration = Duration::from_secs(10);
/// Maximum time for a response while the breach service is silent. Its time limit is 1.5 s.
const PATIENT: Duration = Duration::from_secs(10);

/// The response of the breach service.
#[derive(Clone)]
enum Reply {
    Whole(&'static str, String),
    /// No response; the connection stays open.
    Silence,
}

/// A breach service on loopback that records the request heads.
struct Breaches {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Drop for Breaches {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Breaches {
    async fn replying(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/range", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        let serving = tokio::spawn(async move {
            let mut silent = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let head = head(&mut stream).await;
                kept.lock().unwrap().push(head);
                match &reply {
                    Reply::Silence => silent.push(stream),
                    Reply::Whole(status, body) => answer(&mut stream, status, body).await,
                }
            }
        });
        Self { url, heads, serving }
    }

    /// Responds with a range that contains the password with this count, and padding.
    async fn with_count(count: u64) -> Self {
        let others = format!("{}:4\r\n{}:0\r\n", "0".repeat(35), "1".repeat(35));
        Self::replying(Reply::Whole("200 OK", format!("{others}{SUFFIX}:{count}\r\n{}:0", "F".repeat(35))))
            .await
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// The client may disconnect before the body is complete.
async fn answer(stream: &mut TcpStream, status: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
}

async fn sign_up(auth: &Auth, password: &str) -> Answer {
    auth.post("/sign-up/email", &json!({"name": "Alice", "email": email("alice"), "password": password}))
        .await
}

fn assert_breached(answer: &Answer) {
    assert_eq!(answer.status, 400, "{answer:?}");
    let message = "The password you entered has been compromised. Please choose a different password.";
    assert_eq!(answer.body, json!({"message": message, "code": "PASSWORD_COMPROMISED"}));
}

#[tokio::test]
async fn a_password_from_a_breach_is_refused_wherever_one_is_chosen() {
    let (mailbox, breaches) = (Mailbox::new(), Breaches::with_count(7).await);
    let auth = Auth::start_with_mail(&mailbox, &[("PASSWORD_BREACH_URL", &breaches.url)]).await;
    assert_breached(&sign_up(&auth, BREACHED).await);
    assert_eq!(auth.count("users").await, 0);

    let alice = auth.user("alice").await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": BREACHED});
    assert_breached(&alice.post("/change-password", &change).await);
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    assert_breached(&auth.post("/reset-password", &json!({"newPassword": BREACHED, "token": token})).await);
    assert!(auth.accepts("alice", PASSWORD).await);
    let reset = json!({"newPassword": "another good password", "token": token});
    assert_eq!(auth.post("/reset-password", &reset).await.status, 200, "the link was not used up");
}

/// The service gets five digits and is asked for padding. A password that is refused or only verified is not sent.
#[tokio::test]
async fn the_breach_service_learns_five_digits_of_a_hash() {
    let breaches = Breaches::with_count(7).await;
    let auth = Auth::start_with(&[("PASSWORD_BREACH_URL", &breaches.url)]).await;
    sign_up(&auth, "short").await;
    sign_up(&auth, "password").await;
    assert!(!auth.accepts("alice", BREACHED).await);
    assert_eq!(breaches.heads().len(), 0, "{:?}", breaches.heads());
    sign_up(&auth, BREACHED).await;
    let heads = breaches.heads();
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert!(heads[0].starts_with(&format!("GET /range/{PREFIX} HTTP/1.1\r\n")), "{heads:?}");
    assert!(heads[0].contains("add-padding: true\r\n"), "{heads:?}");
    assert!(!heads[0].contains(SUFFIX), "{heads:?}");
}

/// A count of zero is padding.
#[tokio::test]
async fn a_password_that_is_not_in_its_range_is_accepted() {
    let breaches = Breaches::with_count(0).await;
    let auth = Auth::start_with(&[("PASSWORD_BREACH_URL", &breaches.url)]).await;
    assert_eq!(sign_up(&auth, BREACHED).await.status, 200);
    assert_eq!(breaches.heads().len(), 1);
    // The cost that tests use causes a warning at the start.
    let warned = |line: &String| line.contains("WARN") && !line.contains("BCRYPT_COST");
    assert!(!auth.service.output().iter().any(warned), "{:?}", auth.service.output());
}

#[tokio::test]
async fn checks_are_counted_by_their_outcome() {
    let breaches = Breaches::with_count(7).await;
    let settings = [("PASSWORD_BREACH_URL", breaches.url.as_str()), ("METRICS_BIND", "127.0.0.1:0")];
    let mut auth = Auth::start_with(&settings).await;
    let line = auth.service.wait_for_line(|line| line.contains("\"metrics\""), SOON).await.unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let url = format!("http://{}/metrics", line["fields"]["addr"].as_str().unwrap());
    assert_breached(&sign_up(&auth, BREACHED).await);
    assert_breached(&sign_up(&auth, BREACHED).await);
    assert_eq!(sign_up(&auth, PASSWORD).await.status, 200);
    let figures = reqwest::get(url).await.unwrap().text().await.unwrap();
    for (outcome, count) in [("breached", 2), ("clear", 1)] {
        let figure = format!("auth_service_breach_checks_total{{outcome=\"{outcome}\"}} {count}");
        assert!(figures.lines().any(|line| line == figure), "{figure}: {figures}");
    }
}

/// Signs up while the breach service fails. Returns the only log line about it.
async fn logged_failure(url: &str) -> Value {
    let mut auth = Auth::start_with(&[("PASSWORD_BREACH_URL", url)]).await;
    let answer = tokio::time::timeout(PATIENT, sign_up(&auth, BREACHED)).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    // A second failure is not logged.
    let bob = json!({"name": "Bob", "email": email("bob"), "password": PASSWORD});
    assert_eq!(auth.post("/sign-up/email", &bob).await.status, 200);
    assert!(auth.service.terminate().await.unwrap().success());
    auth.service.wait_for_line(|line| line.contains("stopping"), SOON).await.unwrap();
    let lines = auth.service.output();
    let mut warnings = lines.iter().filter(|line| line.contains("PASSWORD_BREACH_URL"));
    let warning = warnings.next().unwrap();
    assert_eq!(warnings.next(), None, "{lines:?}");
    for line in &lines {
        assert!(!line.contains(PREFIX) && !line.contains(SUFFIX) && !line.contains(BREACHED), "{line}");
    }
    serde_json::from_str(warning).unwrap()
}

#[tokio::test]
async fn a_breach_service_that_fails_refuses_nothing_and_is_logged_once_a_minute() {
    let whole = |status, body: String| Reply::Whole(status, body);
    let hit = format!("{SUFFIX}:7");
    for (reply, failure) in [
        (whole("500 Internal Server Error", hit.clone()), "status 500 Internal Server Error"),
        (whole("302 Found", hit.clone()), "status 302 Found"),
        (whole("200 OK", "<html>".to_owned()), "response is not a range"),
        (whole("200 OK", format!("{hit}\n").repeat(20_000)), "response larger than 524288 bytes"),
        (Reply::Silence, "no response within 1500 ms"),
    ] {
        let breaches = Breaches::replying(reply).await;
        let warning = logged_failure(&breaches.url).await;
        assert_eq!(breaches.heads().len(), 2, "no redirect is followed: {:?}", breaches.heads());
        assert_eq!(warning["level"], "WARN");
        assert_eq!(warning["fields"]["failure"], failure);
        assert_eq!(warning["fields"]["unreported"], 0);
    }
}

#[tokio::test]
async fn people_can_sign_up_during_an_outage_of_the_breach_service() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/range", listener.local_addr().unwrap());
    drop(listener);
    let warning = logged_failure(&url).await;
    assert!(warning["fields"]["failure"].as_str().unwrap().contains("Connection refused"), "{warning}");
}

#[tokio::test]
async fn a_breach_service_that_would_be_asked_in_the_clear_stops_the_start() {
    let database = TestDatabase::auth().await;
    for url in
        ["http://breaches.example/range", "https://u:hunter2@breaches.example/range", "breaches.example"]
    {
        let mut env = auth_env(&database);
        env.insert("PASSWORD_BREACH_URL".to_owned(), url.to_owned());
        let finished = run_to_end(Binary::AuthService, &["serve"], env).await.unwrap();
        assert!(!finished.status.success(), "{url} was accepted");
        let message = finished.stderr.concat();
        assert!(message.contains("PASSWORD_BREACH_URL: must be an https URL"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}
