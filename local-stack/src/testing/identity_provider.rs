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
        let url = started["url"].as_str().expect("the provider prints its URL").to_owned();
        Self { url, _process: process }
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
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        let cookie = format!("person={}", URL_SAFE_NO_PAD.encode(person.to_string()));
        let response = http.get(url).header("cookie", cookie).send().await.expect("the provider answers");
        let location = response.headers().get("location").expect("the provider sends the browser back");
        String::from_utf8_lossy(location.as_bytes()).into_owned()
    }

    /// An ID token of `acme` for a person, as an app gets it.
    pub async fn id_token(&self, person: &Value) -> String {
        let mut fields = person.clone();
        fields["kind"] = "acme".into();
        fields["client_id"] = "acme-client".into();
        let url = format!("{}/forge-id-token", self.url);
        let response =
            Client::new().post(url).body(fields.to_string()).send().await.expect("the provider answers");
        let answer: Value = response.json().await.expect("the provider answers with JSON");
        answer["idToken"].as_str().expect("the provider returns an ID token").to_owned()
    }
}

/// Starts a program of `tests/better-auth` that runs until its standard input closes. Returns the JSON of its first line.
pub async fn start_provider(program: &str, arguments: &[&str]) -> (Value, Child) {
    let path = workspace::root().expect("a workspace").join("tests/better-auth").join(program);
    let mut command = Command::new("node");
    command.arg(path).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().expect("Node.js is installed");
    let mut lines = BufReader::new(process.stdout.take().expect("its standard output")).lines();
    let line = lines.next_line().await.expect("its standard output").unwrap_or_default();
    (serde_json::from_str(&line).expect("the provider starts: its standard error says why not"), process)
}
