//! Limits. They are off in all other tests.

mod accounts;
mod addresses;
mod device_cookie;
mod hash_queue;
mod mail;
mod outage;
mod routes;
mod usernames;
mod window;

use local_stack::Service;
use local_stack::testing::{self, Database};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, Auth, PASSWORD, email};

thread_local! {
    /// Creating a client is slow, and a test has one thread.
    static HTTP: Client = Client::new();
}

/// Turns limits on, and trusts a proxy on this machine to name any client.
const ON: [(&str, &str); 2] = [("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1")];

async fn limited() -> Auth {
    Auth::start_with(&ON).await
}

/// Another replica on the same database.
async fn replica(database: &Database) -> Service {
    testing::auth_service(database, &ON).await
}

/// A request to a replica from a client with this IP address.
fn from(replica: &Service, address: &str, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}/api/auth{path}", replica.url());
    HTTP.with(|http| http.request(method, url)).header("x-forwarded-for", address)
}

/// A sign-in from this IP address, with this cookie unless it is empty.
fn sign_in(replica: &Service, address: &str, account: &str, password: &str, cookie: &str) -> RequestBuilder {
    let request = from(replica, address, Method::POST, "/sign-in/email");
    let request = request.json(&json!({"email": account, "password": password}));
    if cookie.is_empty() {
        request
    } else {
        request.header("cookie", cookie).header("origin", crate::support::PAGE)
    }
}

/// Creates an account from its own IP address. Returns the response to its first device.
async fn sign_up(replica: &Service, address: &str, name: &str) -> Answer {
    let body = json!({"name": name, "email": email(name), "password": PASSWORD});
    let answer = Answer::of(from(replica, address, Method::POST, "/sign-up/email").json(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// The statuses of sequential wrong passwords, each from its own IP address.
async fn wrong_passwords(replica: &Service, account: &str, addresses: std::ops::Range<usize>) -> Vec<u16> {
    let mut found = Vec::new();
    for number in addresses {
        let answer = Answer::of(sign_in(replica, &address(number), account, "wrong password", "")).await;
        found.push(answer.status.as_u16());
    }
    found
}

/// One of many IP addresses.
fn address(number: usize) -> String {
    format!("198.51.{}.{}", number / 250, number % 250 + 1)
}

/// The device cookie of a response, as a browser sends it back.
fn device_cookie(answer: &Answer) -> Option<String> {
    let cookies = answer.cookies();
    let found = cookies.iter().find(|cookie| cookie.starts_with("better-auth.device="))?;
    Some(found.split(';').next().unwrap().to_owned())
}

/// The number of responses with each status, lowest status first.
fn tally(answers: &[Answer]) -> Value {
    let mut counts = std::collections::BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status.as_u16()).or_insert(0) += 1;
    }
    json!(counts)
}
