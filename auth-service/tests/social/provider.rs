//! The provider of the tests, `tests/better-auth/provider.mjs`.

use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_stack::workspace;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running provider, whose process ends with it.
pub struct Provider {
    pub url: String,
    _process: Child,
}

impl Provider {
    pub async fn start() -> Self {
        let (url, process) = start("provider.mjs", &[]).await;
        Self { url: url["url"].as_str().unwrap().to_owned(), _process: process }
    }

    /// The setting with `acme`, an OpenID Provider.
    pub fn setting(&self) -> String {
        json!({"acme": {
            "name": "Acme",
            "discoveryUrl": format!("{}/acme/.well-known/openid-configuration", self.url),
            "clientId": "acme-client",
            "clientSecret": "acme-secret",
            "scopes": ["openid", "email", "profile"],
            "allowPrivateNetwork": true,
        }})
        .to_string()
    }

    /// Signs a person in at an authorization URL. Returns the path below `/api/auth` to which the browser is sent back.
    pub async fn sign_in(&self, url: &str, person: &Value) -> String {
        assert!(url.starts_with(&self.url), "{url}");
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        let cookie = format!("person={}", URL_SAFE_NO_PAD.encode(person.to_string()));
        let response = http.get(url).header("cookie", cookie).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        location.split_once("/api/auth").unwrap().1.to_owned()
    }

    /// An ID token of `acme` for a person, as an app gets it.
    pub async fn id_token(&self, person: &Value) -> String {
        let mut fields = person.clone();
        fields["kind"] = "acme".into();
        fields["client_id"] = "acme-client".into();
        let request = Client::new().post(format!("{}/forge-id-token", self.url)).body(fields.to_string());
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["idToken"].as_str().unwrap().to_owned()
    }
}

/// Starts a program of `tests/better-auth`. Returns the JSON of its first line.
pub async fn start(program: &str, arguments: &[&str]) -> (Value, Child) {
    let path = workspace::root().unwrap().join("tests/better-auth").join(program);
    let mut command = Command::new("node");
    command.arg(path).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().expect("the provider did not start: see its standard error");
    (serde_json::from_str(&line).unwrap(), process)
}
