//! An identity provider that signs people in without asking them: `tests/better-auth/provider.mjs`, which needs Node.js and the
//! packages installed there.

use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::outcome::must;
use crate::error::{Error, Result};
use crate::workspace;

/// Its client secret.
const CLIENT_SECRET: &str = "acme-secret";

/// A running provider, whose process ends with it.
pub struct IdentityProvider {
    /// Where it listens.
    pub url: String,
    _process: Child,
}

impl IdentityProvider {
    /// Starts a provider.
    pub async fn start() -> Self {
        let (started, process) = start_provider("provider.mjs", &[]).await;
        Self { url: must(text(&started, "url")), _process: process }
    }

    /// The setting `SOCIAL_PROVIDERS` with `acme`, an OpenID Provider.
    pub fn setting(&self) -> String {
        json!({"acme": {
            "name": "Acme",
            "discoveryUrl": format!("{}/acme/.well-known/openid-configuration", self.url),
            "clientId": "acme-client",
            "clientSecret": CLIENT_SECRET,
            "scopes": ["openid", "email", "profile"],
            "allowPrivateNetwork": true,
        }})
        .to_string()
    }

    /// Signs a person in at an authorization URL, and returns the URL to which the browser is sent back. `person` has the fields of
    /// a code (see `provider.mjs`), such as `email`, `email_verified` and `fault`.
    pub async fn sign_in(&self, url: &str, person: &Value) -> String {
        assert!(url.starts_with(&self.url), "{url}");
        let cookie = format!("person={}", URL_SAFE_NO_PAD.encode(person.to_string()));
        let sent = async {
            let http = Client::builder().no_proxy().redirect(Policy::none()).build()?;
            http.get(url).header("cookie", cookie).send().await
        };
        let response = must(sent.await.map_err(failed));
        let location = response.headers().get("location").map(|url| String::from_utf8_lossy(url.as_bytes()));
        must(location.map(Into::into).ok_or_else(|| failed("the provider sends nobody back")))
    }

    /// An ID token of `acme` for a person, as an app gets it.
    pub async fn id_token(&self, person: &Value) -> String {
        let mut fields = person.as_object().cloned().unwrap_or_default();
        fields.insert("kind".to_owned(), "acme".into());
        fields.insert("client_id".to_owned(), "acme-client".into());
        let url = format!("{}/forge-id-token", self.url);
        let body = Value::Object(fields).to_string();
        let answer = async { Client::new().post(url).body(body).send().await?.json::<Value>().await };
        must(answer.await.map_err(failed).and_then(|answer| text(&answer, "idToken")))
    }
}

/// Starts a program of `tests/better-auth` that runs until its standard input closes. Returns the JSON of its first line.
pub async fn start_provider(program: &str, arguments: &[&str]) -> (Value, Child) {
    must(started(program, arguments).await)
}

async fn started(program: &str, arguments: &[&str]) -> Result<(Value, Child)> {
    let path = workspace::root()?.join("tests/better-auth").join(program);
    let mut command = Command::new("node");
    command.arg(path).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().map_err(failed)?;
    let output = process.stdout.take().ok_or_else(|| failed("no standard output"))?;
    let line = BufReader::new(output).lines().next_line().await.map_err(failed)?.unwrap_or_default();
    let printed = serde_json::from_str(&line);
    // Its standard error says why.
    Ok((printed.map_err(|_| failed("it does not start"))?, process))
}

fn text(object: &Value, name: &str) -> Result<String> {
    let text = object.get(name).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| failed(format!("no {name} in {object}")))
}

fn failed(reason: impl std::fmt::Display) -> Error {
    Error::Refused(format!("the identity provider of the tests: {reason}"))
}
