//! Accounts of auth-service or Better Auth, and the requests that they send.

use reqwest::Client;
use serde_json::{Value, json};

use super::http::{Requests, UNIQUE};
use super::servers::Server;

const PASSWORD: &str = "correct horse battery";
const SIGN_IN: &str = "/api/auth/sign-in/email";
const SIGN_UP: &str = "/api/auth/sign-up/email";

/// A signed-in user.
#[derive(Debug, Clone)]
pub struct Account {
    /// The user's id.
    pub id: String,
    /// The session's cookie, as in a `Cookie` header.
    pub cookie: String,
    email: String,
}

/// Signs up this many users, one after the other.
pub async fn sign_up(server: &Server, prefix: &str, count: usize) -> Vec<Account> {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut accounts = Vec::new();
    for n in 0..count {
        let email = format!("{prefix}{n}@example.com");
        let body = json!({"name": "Ada", "email": email, "password": PASSWORD});
        let request = client.post(format!("{}{SIGN_UP}", server.url())).json(&body);
        let response = request.send().await.unwrap().error_for_status().unwrap();
        let cookie = response.headers().get_all("set-cookie").iter().find_map(|value| {
            let pair = value.to_str().ok()?.split(';').next()?;
            pair.split_once('=')?.0.ends_with("session_token").then(|| pair.to_owned())
        });
        let body: Value = response.json().await.unwrap();
        let id = body["user"]["id"].as_str().unwrap().to_owned();
        accounts.push(Account { id, cookie: cookie.unwrap(), email });
    }
    accounts
}

/// Returns an access token of each account.
pub async fn tokens(server: &Server, accounts: &[Account]) -> Vec<String> {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut tokens = Vec::new();
    for account in accounts {
        let request =
            client.get(format!("{}/api/auth/token", server.url())).header("cookie", &account.cookie);
        let body: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        tokens.push(body["token"].as_str().unwrap().to_owned());
    }
    tokens
}

/// Returns requests of each account for this path.
pub fn gets(server: &Server, accounts: &[Account], path: &str) -> Requests {
    let mut requests = Requests::default();
    for account in accounts {
        requests.push(server.address(), "GET", path, &[format!("Cookie: {}", account.cookie)], None);
    }
    requests
}

/// Returns a request for this path without credentials.
pub fn get(server: &Server, path: &str) -> Requests {
    let mut requests = Requests::default();
    requests.push(server.address(), "GET", path, &[], None);
    requests
}

/// Returns a sign-in of each account.
pub fn sign_ins(server: &Server, accounts: &[Account]) -> Requests {
    let mut requests = Requests::default();
    for account in accounts {
        let body = json!({"email": account.email, "password": PASSWORD}).to_string();
        requests.push(server.address(), "POST", SIGN_IN, &[], Some(&body));
    }
    requests
}

/// Returns a sign-up that has an email of its own each time it is sent.
pub fn sign_ups(server: &Server) -> Requests {
    let mut requests = Requests::default();
    let email = format!("new{UNIQUE}@example.com");
    let body = json!({"name": "Ada", "email": email, "password": PASSWORD}).to_string();
    requests.push(server.address(), "POST", SIGN_UP, &[], Some(&body));
    requests
}
