//! Every hostile token gets the same response from the running service: FR-019.

use jiff::Timestamp;
use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use reqwest::Method;
use shared_claims::{Clock, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Answer, Client, send};
use crate::raw;
use crate::support::hostile::{World, table};
use crate::support::issuer::{AUDIENCE, CURRENT, ISSUER, Issuer, NEXT, Token};

/// Longest token that is sent: with more, the HTTP server refuses the request before the service sees it.
const LONGEST: usize = 100_000;

/// The service with an issuer that can be made to do anything, and a client without a token.
pub struct Guarded {
    pub issuer: Issuer,
    pub service: Service,
    pub client: Client,
    pub now: Timestamp,
    _database: TestDatabase,
}

impl Guarded {
    /// The service, ready, with these settings besides.
    pub async fn start(extra: &[(&str, &str)]) -> Self {
        let now = SystemClock.now();
        let (issuer, database) = (Issuer::start_at(now.as_second()).await, TestDatabase::tasks().await);
        Self::with(issuer, database, extra, now, true).await
    }

    /// The same with an issuer that was made before; the service may not be ready yet.
    pub async fn with(
        issuer: Issuer,
        database: TestDatabase,
        extra: &[(&str, &str)],
        now: Timestamp,
        ready: bool,
    ) -> Self {
        testing::build_binaries().await.unwrap();
        let mut settings = testing::task_env(&database, &issuer.server.uri());
        let (jwks, lists) = (issuer.jwks_url(), issuer.status_list_url());
        let own = [
            ("AUTH_ISSUER", ISSUER),
            ("AUTH_AUDIENCE", AUDIENCE),
            ("JWKS_URL", &jwks),
            ("STATUS_LIST_URL", &lists),
            ("STATUS_LIST_CHECK", "true"),
        ];
        let all = own.iter().chain(extra);
        settings.extend(all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut service = Service::spawn(local_stack::Binary::TaskService, settings).await.unwrap();
        if ready {
            service.wait_ready().await.unwrap();
        }
        let client = Client::anonymous(service.url());
        Self { issuer, service, client, now, _database: database }
    }

    /// A good token in the making.
    pub fn token(&self) -> Token {
        Token::valid_at(self.now.as_second())
    }

    /// What the bearer of this token is answered.
    pub async fn ask(&self, token: &str) -> Answer {
        self.client.with_token(token).get("/api/me/tasks").await
    }
}

/// What of an answer may not depend on what is wrong with a token. The date and the request's id do anyway.
fn seen(answer: &Answer) -> (u16, Vec<(String, Vec<u8>)>, String) {
    let headers = answer.headers.iter();
    let kept = headers.filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let mut kept: Vec<_> = kept.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    kept.sort();
    (answer.status, kept, answer.text.clone())
}

#[tokio::test]
async fn fr_019_us3_3_every_hostile_token_gets_the_same_401_byte_for_byte() {
    let guarded = Guarded::start(&[("JWKS_COOLDOWN", "50ms")]).await;
    // NEXT was published once and is deleted now.
    let retired = guarded.token().header("kid", NEXT.kid).sign_by(|message| NEXT.sign(message));
    guarded.issuer.publish(&[&CURRENT, &NEXT]);
    until("the second key", async || guarded.ask(&retired).await.status == 200).await;
    guarded.issuer.publish(&[&CURRENT]);
    let unknown = guarded.token().header("kid", "unknown").sign();
    until("the second key to be gone", async || {
        guarded.ask(&unknown).await.expect(401);
        guarded.ask(&retired).await.status == 401
    })
    .await;

    let expected = guarded.client.get("/api/me/tasks").await.expect_error(401, "UNAUTHORIZED");
    assert_eq!(expected.header("www-authenticate"), "Bearer");
    let expected = seen(&expected);
    let home = wiremock::MockServer::start().await;
    let table = table(World { now: guarded.now.as_second(), home: &home.uri() });
    let mut sent = 0;
    for (what, token, _) in &table {
        // No header can carry these, or they are the good token once HTTP has trimmed its value.
        if token.bytes().any(|byte| byte < b' ') || token.trim() != token || token.len() > LONGEST {
            continue;
        }
        assert_eq!(seen(&guarded.ask(token).await), expected, "{what}");
        sent += 1;
    }
    assert!(sent > 180 && table.len() - sent <= 4, "{sent} of {} sent", table.len());
    guarded.ask(&guarded.token().sign()).await.expect(200);
    assert!(home.received_requests().await.unwrap().is_empty(), "an address in a token was followed");
}

#[tokio::test]
async fn fr_019_two_authorization_headers_and_bearer_twice_get_the_same_401() {
    let guarded = Guarded::start(&[]).await;
    let expected = seen(&guarded.client.get("/api/me/tasks").await.expect(401));
    let token = guarded.token().sign();
    let good = format!("Bearer {token}");
    for (first, second) in
        [(good.as_str(), good.as_str()), (&good, "Bearer x"), ("Basic YTpi", &good), ("", &good)]
    {
        let request = guarded.client.request(Method::GET, "/api/me/tasks");
        let request = request.header("authorization", first).header("authorization", second);
        assert_eq!(seen(&send(request).await), expected, "{first:.20} {second:.20}");
    }
    for value in [
        format!("Bearer {good}"),
        format!("{good} {good}"),
        format!("{good}, {good}"),
        format!("{good},{token}"),
        format!("Basic {token}"),
        "Bearer".to_owned(),
        token.clone(),
    ] {
        let client = guarded.client.with_authorization(&value);
        assert_eq!(seen(&client.get("/api/me/tasks").await), expected, "{value:.40}");
    }
    guarded.ask(&token).await.expect(200);
}

#[tokio::test]
async fn fr_019_a_megabyte_of_token_is_refused_and_the_service_lives_on() {
    let guarded = Guarded::start(&[]).await;
    // As much as the HTTP server lets through is a 401 like any other.
    let expected = seen(&guarded.client.get("/api/me/tasks").await.expect(401));
    assert_eq!(seen(&guarded.ask(&"x".repeat(LONGEST)).await), expected);
    // More than that is no request any more.
    let (mut reading, mut writing) = raw::connect(guarded.service.url()).await.into_split();
    let sending = tokio::spawn(async move {
        let request = format!(
            "GET /api/me/tasks HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n\r\n",
            "x".repeat(1 << 20)
        );
        // The server may close before it has all of it.
        let _ = writing.write_all(request.as_bytes()).await;
    });
    let mut answer = Vec::new();
    let _ = reading.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    sending.await.unwrap();
    guarded.ask(&guarded.token().sign()).await.expect(200);
}

pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "waited too long for {what}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
