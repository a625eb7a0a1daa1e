//! The libraries of tests/verifiers, with real tokens of the real auth-service. docs/VERIFYING.md lists the outcome.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use local_stack::Service;
use local_stack::testing::{self, AUDIENCE, TestDatabase};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::Instant;

use super::forger::part;
use super::issuer::{Token, sign_up};
use super::program::{PATIENCE, command, find, skip};
use super::tls::TlsFront;
use crate::scratch::Scratch;

/// The real auth-service behind TLS. Its issuer is the URL by which it is reached, so that it can be discovered.
struct Discoverable {
    _service: Service,
    database: TestDatabase,
    base_url: String,
    issuer: String,
    certificate: PathBuf,
    home: Scratch,
    good: Token,
}

impl Discoverable {
    async fn start() -> Self {
        Self::at("").await
    }

    /// The same, with an issuer that has this path below the service's own URL.
    async fn at(path: &str) -> Self {
        let (home, database) = (Scratch::new(), TestDatabase::auth().await);
        let address = format!("127.0.0.1:{}", testing::free_port());
        let front = TlsFront::of(&format!("http://{address}/"), &home).await;
        let base_url = front.url.trim_end_matches('/').to_owned();
        let issuer = format!("{base_url}{path}");
        let service = testing::auth_service(
            &database,
            &[("BIND", &address), ("BASE_URL", &base_url), ("JWT_ISSUER", &issuer)],
        )
        .await;
        let good = sign_up(&service).await;
        Self { _service: service, database, base_url, issuer, certificate: front.certificate, home, good }
    }

    /// The token of a replica with this setting, which signs with the same key.
    async fn other(&self, setting: (&str, &str)) -> String {
        let settings = [("BASE_URL", self.base_url.as_str()), ("JWT_ISSUER", &self.issuer), setting];
        let replica = testing::auth_service(&self.database, &settings).await;
        let token = sign_up(&replica).await.jwt;
        assert_eq!(part(&token, 0)["kid"], part(&self.good.jwt, 0)["kid"]);
        token
    }

    /// What the libraries are given.
    async fn input(&self) -> Value {
        let expired = self.other(("JWT_TTL", "1s")).await;
        let (signed, signature) = self.good.jwt.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        let tokens = json!({
            "good": self.good.jwt,
            "other type": self.other(("JWT_TYP", "JWT")).await,
            "other audience": self.other(("JWT_AUDIENCE", "https://other.test")).await,
            "other issuer": self.other(("JWT_ISSUER", "https://other.test")).await,
            "forged": forged,
            "expired": expired,
        });
        let (exp, deadline) = (part(&expired, 1)["exp"].as_u64().unwrap(), Instant::now() + PATIENCE);
        while SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() <= exp {
            assert!(Instant::now() < deadline, "the clock stands still");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        json!({"issuer": self.issuer, "audience": AUDIENCE, "tokens": tokens})
    }

    /// Runs a program that trusts the issuer's certificate, and reads what it says.
    async fn ask(&self, mut command: Command) -> Said {
        for name in ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
            command.env(name, &self.certificate);
        }
        let input = self.input().await.to_string();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
    }
}

fn said(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[derive(Debug, Deserialize)]
struct Said {
    results: Vec<Outcome>,
    /// Where each client that discovered the issuer found its keys.
    discovery: serde_json::Map<String, Value>,
}

/// What one library made of the tokens, with or without a comparison of the type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    library: String,
    /// Empty where the system's packages decide.
    #[serde(default)]
    version: String,
    checks_type: bool,
    taken: serde_json::Map<String, Value>,
}

/// The libraries that take no `typ` but `JWT`, and so no token of an issuer with the default settings.
const JWT_ALONE: [&str; 1] = ["hono"];

/// Holds each outcome to the rules, and docs/VERIFYING.md to the outcome.
fn check(said: &Said, issuer: &Discoverable, libraries: &[&str]) {
    let document = local_stack::workspace::root().unwrap().join("docs/VERIFYING.md");
    let document = std::fs::read_to_string(document).unwrap();
    for outcome in &said.results {
        let Outcome { library, version, checks_type, taken } = outcome;
        let takes_all = !JWT_ALONE.contains(&library.as_str());
        let user = Value::from(issuer.good.user.clone());
        assert_eq!(taken["good"] == user, takes_all, "{outcome:?}");
        assert_eq!(taken["good"] == Value::Null, !takes_all, "{outcome:?}");
        assert_eq!(taken["other type"] == Value::Null, *checks_type, "{outcome:?}");
        for bad in ["other audience", "other issuer", "forged", "expired"] {
            assert_eq!(taken[bad], Value::Null, "{bad}: {outcome:?}");
        }
        let takes = if takes_all { "yes" } else { "no" };
        let name = format!("| {library} {version}");
        let mut rows = document.lines().filter(|line| line.starts_with(&name));
        let row = rows.next().unwrap_or_else(|| panic!("docs/VERIFYING.md has no row `{name}`"));
        assert_eq!(row.split('|').nth(2).map(str::trim), Some(takes), "{row}");
    }
    let mut seen: Vec<_> = said.results.iter().map(|outcome| outcome.library.as_str()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, libraries);
    assert!(!said.discovery.is_empty());
    for (client, keys) in &said.discovery {
        assert_eq!(*keys, format!("{}/.well-known/jwks.json", issuer.base_url), "{client}");
    }
}

fn folder(name: &str) -> PathBuf {
    local_stack::workspace::root().unwrap().join("tests/verifiers").join(name)
}

#[tokio::test]
async fn libraries_for_node_take_tokens_as_documented() {
    node("").await;
}

#[tokio::test]
async fn libraries_for_node_discover_an_issuer_with_a_path() {
    node("/tenant").await;
}

async fn node(path: &str) {
    let untested = "tests/verifiers/node";
    if !folder("node/node_modules/jose").is_dir() {
        return skip("tests/verifiers/node has no node_modules (`npm ci` there)", untested)
            .unwrap_or_default();
    }
    let Some(node) = find("node").or_else(|| skip("node is not on PATH", untested)) else { return };
    let issuer = Discoverable::at(path).await;
    let mut command = command(node, &issuer.home);
    command.arg(folder("node/verify.mjs"));
    let said = issuer.ask(command).await;
    let libraries = ["aws-jwt-verify", "fast-jwt", "hono", "jose", "jsonwebtoken", "oauth4webapi"];
    check(&said, &issuer, &libraries);
    assert_eq!(said.discovery.len(), 4, "{said:?}");
}

#[tokio::test]
async fn libraries_for_python_take_tokens_as_documented() {
    // Not the system's Python, which may have other versions than the document lists.
    let python = local_stack::workspace::state_directory().unwrap().join("verifiers-python/bin/python");
    let python = Some(python).filter(|python| python.is_file());
    let Some(python) = python.or_else(|| optional("tests/verifiers/python")) else { return };
    let issuer = Discoverable::start().await;
    let mut command = command(python, &issuer.home);
    command.arg("-B").arg(folder("python/verify.py"));
    let said = issuer.ask(command).await;
    check(&said, &issuer, &["Authlib", "PyJWT", "joserfc", "python-jose"]);
    assert_eq!(said.discovery.len(), 2, "{said:?}");
}

/// Debian's packages, which are older than go modules.
const GO_PATH: &str = "/usr/share/gocode";

#[tokio::test]
async fn libraries_for_go_take_tokens_as_documented() {
    let has_library = PathBuf::from(GO_PATH).join("src/github.com/coreos/go-oidc").is_dir();
    let go = find("go").filter(|_| has_library).or_else(|| optional("tests/verifiers/go"));
    let Some(go) = go else { return };
    let issuer = Discoverable::start().await;
    let binary = issuer.home.path().join("verify");
    let mut build = command(go, &issuer.home);
    let cache = local_stack::workspace::state_directory().unwrap().join("go-cache");
    build.env("GO111MODULE", "off").env("GOPATH", GO_PATH).env("GOCACHE", cache).env("CGO_ENABLED", "0");
    build.arg("build").arg("-o").arg(&binary).arg("main.go").current_dir(folder("go"));
    let built = build.kill_on_drop(true).output().await.unwrap();
    assert!(built.status.success(), "{}", said(&built));
    let said = issuer.ask(command(binary, &issuer.home)).await;
    check(&said, &issuer, &["go-jose", "go-oidc"]);
}

#[tokio::test]
async fn libraries_for_ruby_take_tokens_as_documented() {
    let installed = std::process::Command::new("ruby").args(["-e", "require 'jwt'"]).output();
    let installed = installed.is_ok_and(|output| output.status.success());
    let ruby = find("ruby").filter(|_| installed).or_else(|| optional("tests/verifiers/ruby"));
    let Some(ruby) = ruby else { return };
    let issuer = Discoverable::start().await;
    let mut command = command(ruby, &issuer.home);
    command.arg(folder("ruby/verify.rb"));
    check(&issuer.ask(command).await, &issuer, &["ruby-jwt"]);
}

/// `./dev verifiers` installs what these need, and fails without it.
fn optional<T>(untested: &str) -> Option<T> {
    let required = std::env::var_os("LATCHKEY_REQUIRE_LIBRARIES").is_some();
    assert!(!required, "what {untested} needs is missing, and LATCHKEY_REQUIRE_LIBRARIES asks for it");
    testing::report_skipped(&format!("{untested} is not tested; `./dev verifiers` installs what it needs."));
    None
}
