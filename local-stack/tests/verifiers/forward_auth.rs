//! examples/nginx and examples/caddy: real proxies that ask the real auth-service for whom they let through.

use std::path::{Path, PathBuf};

use local_stack::Service;
use local_stack::process::Process;
use local_stack::testing::{self, TestDatabase, free_port};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::process::Command;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::gateway;
use super::program::{command, example, find, skip};
use crate::scratch::Scratch;

/// The sign-in page, as the examples want it: percent-encoded for a query.
const SIGN_IN: &str = "http%3A%2F%2Flocalhost%3A3000%2Fsignin";
/// How far a session ages before a request extends it.
const AGE: &str = "UPDATE sessions SET created_at = created_at - interval '2 days',
                   updated_at = updated_at - interval '2 days', expires_at = expires_at - interval '2 days'";

#[derive(Clone, Copy, Debug)]
enum Proxy {
    Nginx,
    Caddy,
}

impl Proxy {
    /// The program, if it is installed. In CI it must be.
    fn program(self) -> Option<PathBuf> {
        let name = match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        };
        find(name).or_else(|| skip(&format!("{name} is not on PATH"), &format!("examples/{name}")))
    }

    fn command(self, program: &Path, home: &Scratch, settings: &[(&str, String)]) -> Command {
        let mut command = command(program, home);
        match self {
            Self::Caddy => {
                command.envs(settings.iter().map(|(name, value)| (name, value)));
                command
                    .args(["run", "--adapter", "caddyfile", "--config"])
                    .arg(example("caddy/forward-auth.Caddyfile"));
            }
            Self::Nginx => {
                let template = std::fs::read_to_string(example("nginx/forward-auth.conf.template")).unwrap();
                let filled = settings
                    .iter()
                    .fold(template, |text, (name, value)| text.replace(&format!("${{{name}}}"), value));
                let home = home.path().display();
                let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|name| format!("{name}_temp_path {home}/{name};"))
                    .concat();
                // One process that stays in the foreground: what is killed leaves nothing behind.
                let whole = format!(
                    "daemon off; master_process off; pid {home}/pid; error_log stderr; events {{}}\n\
                     http {{ access_log off; {temporary}\n{filled} }}\n"
                );
                let file = format!("{home}/nginx.conf");
                std::fs::write(&file, whole).unwrap();
                command.args(["-e", "stderr", "-p"]).arg(home.to_string()).args(["-c", &file]);
            }
        }
        command
    }
}

/// A proxy in front of an application, and the auth-service that it asks.
struct Stack {
    url: String,
    auth: Service,
    database: TestDatabase,
    application: MockServer,
    http: Client,
    _process: Process,
    _home: Scratch,
}

impl Stack {
    async fn start(proxy: Proxy) -> Option<Self> {
        let program = proxy.program()?;
        let application = MockServer::start().await;
        let echo = |request: &Request| {
            let headers =
                request.headers.iter().map(|(name, value)| json!([name.as_str(), value.to_str().unwrap()]));
            ResponseTemplate::new(200).set_body_json(headers.collect::<Vec<_>>())
        };
        Mock::given(any()).respond_with(echo).mount(&application).await;
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        for _ in 0..5 {
            let (home, port) = (Scratch::new(), free_port());
            let url = format!("http://127.0.0.1:{port}");
            let database = TestDatabase::auth().await;
            let origins = format!("{url},http://localhost:3000");
            let settings = [("TRUSTED_PROXIES", "127.0.0.1"), ("TRUSTED_ORIGINS", origins.as_str())];
            let auth = testing::auth_service(&database, &settings).await;
            let listen = match proxy {
                Proxy::Nginx => format!("127.0.0.1:{port}"),
                Proxy::Caddy => url.clone(),
            };
            let bare = |url: &str| url.trim_start_matches("http://").to_owned();
            let settings = [
                ("LISTEN", listen),
                ("AUTH_SERVICE", bare(auth.url())),
                ("APPLICATION", bare(&application.uri())),
                ("SIGN_IN", SIGN_IN.to_owned()),
            ];
            let command = proxy.command(&program, &home, &settings);
            let process = Process::spawn("proxy", command, None).unwrap();
            let Some(process) = gateway::listening(process, &port.to_string()).await else { continue };
            return Some(Self { url, auth, database, application, http, _process: process, _home: home });
        }
        panic!("{proxy:?} does not start; its log is above")
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    /// Signs up; the answer is the session's cookie, and the user.
    async fn sign_up(&self) -> (String, Value) {
        let account = json!({"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"});
        let answer = self.http.post(format!("{}/api/auth/sign-up/email", self.auth.url())).json(&account);
        let answer = answer.send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        (cookie, answer.json::<Value>().await.unwrap()["user"].clone())
    }
}

/// What the application received under `name`, or under a name that some framework reads as it.
async fn received(answer: Response, name: &str) -> Vec<String> {
    assert_eq!(answer.status(), 200);
    let headers: Vec<(String, String)> = answer.json().await.unwrap();
    let named = headers.into_iter().filter(|(found, _)| found.replace('_', "-") == name);
    named.map(|(_, value)| value).collect()
}

async fn a_live_session_passes_and_is_named(proxy: Proxy) {
    let Some(stack) = Stack::start(proxy).await else { return };
    let (cookie, user) = stack.sign_up().await;
    let id = vec![user["id"].as_str().unwrap().to_owned()];
    let lies: [&[(&str, &str)]; 5] = [
        &[],
        &[("x-user-id", "mallory"), ("x-user-email", "mallory@example.com")],
        &[("x-user-id", "mallory"), ("X-USER-ID", "mallory")],
        &[
            ("x_user_id", "mallory"),
            ("x-user_id", "mallory"),
            ("X_User-Id", "mallory"),
            ("x_user_email", "mallory"),
        ],
        &[("x-user-id", "mallory\t"), ("x-forwarded-for", "127.0.0.1")],
    ];
    for lie in lies {
        let ask = || {
            let request = stack.get("/reports").header(COOKIE, &cookie);
            lie.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
        };
        assert_eq!(received(ask().await.unwrap(), "x-user-id").await, id, "{proxy:?} {lie:?}");
        assert_eq!(
            received(ask().await.unwrap(), "x-user-email").await,
            ["ada@example.com"],
            "{proxy:?} {lie:?}"
        );
    }
    let sent = stack.http.post(format!("{}/reports", stack.url)).header(COOKIE, &cookie).body("{}");
    assert_eq!(
        received(sent.send().await.unwrap(), "x-user-id").await,
        id,
        "{proxy:?}: a POST with its body"
    );
}

async fn strangers_are_sent_to_the_sign_in_and_back(proxy: Proxy) {
    let Some(stack) = Stack::start(proxy).await else { return };
    let lies: [&[(&str, &str)]; 3] = [
        &[],
        &[
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "gopher"),
            ("x-forwarded-uri", "/evil"),
        ],
        &[("x-user-id", "mallory"), ("cookie", "better-auth.session_token=forged.forged")],
    ];
    for lie in lies {
        let request = stack.get("/reports?year=2026&q=a%20b%0d%0aSet-Cookie:x");
        let request = lie.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 302, "{proxy:?} {lie:?}");
        let location: url::Url = answer.headers()[LOCATION].to_str().unwrap().parse().unwrap();
        assert!(location.as_str().starts_with("http://localhost:3000/signin?callbackURL="), "{location}");
        let (_, back) = location.query_pairs().next().unwrap();
        assert_eq!(
            back,
            format!("{}/reports?year=2026&q=a%20b%0d%0aSet-Cookie:x", stack.url),
            "{proxy:?} {lie:?}"
        );
    }
    let script = stack.get("/api").header("sec-fetch-mode", "cors").send().await.unwrap();
    assert_eq!(script.status(), 401, "{proxy:?}: a script gets no page");
    assert!(stack.application.received_requests().await.unwrap().is_empty(), "{proxy:?}: a stranger passed");
}

async fn an_ended_session_does_not_pass_and_an_extended_one_keeps_its_cookie(proxy: Proxy) {
    let Some(stack) = Stack::start(proxy).await else { return };
    let (cookie, _) = stack.sign_up().await;
    let client = local_stack::databases::connect(&stack.database.superuser_url()).await.unwrap();
    client.execute(AGE, &[]).await.unwrap();
    let answer = stack.get("/").header(COOKIE, &cookie).send().await.unwrap();
    let again = answer.headers().get(SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned());
    let extended = "SELECT expires_at > now() + interval '6 days' FROM sessions";
    let extended: bool = client.query_one(extended, &[]).await.unwrap().get(0);
    // The browser must not hold a cookie that ends before the session, so a session is extended with it or not at all.
    assert_eq!(again.is_some_and(|again| again.starts_with(&cookie)), extended, "{proxy:?}");
    assert_eq!(extended, matches!(proxy, Proxy::Nginx));

    client.execute("DELETE FROM sessions", &[]).await.unwrap();
    let ended = stack.get("/").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(ended.status(), 302, "{proxy:?}");
}

async fn without_an_answer_nobody_passes(proxy: Proxy) {
    let Some(stack) = Stack::start(proxy).await else { return };
    let (cookie, _) = stack.sign_up().await;
    let Stack { auth, .. } = stack;
    drop(auth);
    let answer = stack.http.get(&stack.url).header(COOKIE, &cookie).send().await.unwrap();
    assert!(answer.status().is_server_error(), "{proxy:?}: {}", answer.status());
}

macro_rules! with_each_proxy {
    ($($test:ident),*) => {
        mod nginx { $(#[tokio::test] async fn $test() { super::$test(super::Proxy::Nginx).await; })* }
        mod caddy { $(#[tokio::test] async fn $test() { super::$test(super::Proxy::Caddy).await; })* }
    };
}

with_each_proxy!(
    a_live_session_passes_and_is_named,
    strangers_are_sent_to_the_sign_in_and_back,
    an_ended_session_does_not_pass_and_an_extended_one_keeps_its_cookie,
    without_an_answer_nobody_passes
);
