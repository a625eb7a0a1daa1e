//! Sign-in by identity providers, beyond what the comparison with Better Auth covers: other replicas of time and settings, races,
//! taken-over accounts, and providers that misbehave.

mod accounts;
mod journey;
mod network;
mod takeover;

use local_stack::testing::IdentityProvider;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Auth, Device, PAGE};

/// A service with the provider `acme`, and `settings`.
pub async fn service(provider: &IdentityProvider, settings: &[(&str, &str)]) -> Auth {
    let acme = provider.setting();
    Auth::start_with(&[&[("SOCIAL_PROVIDERS", acme.as_str())], settings].concat()).await
}

/// Goes to the provider and comes back, as a person with this email. Returns the response of the callback.
pub async fn come_back(auth: &Auth, provider: &IdentityProvider, begun: &Answer, person: &Value) -> Answer {
    assert_eq!(begun.status, 200, "{begun:?}");
    let state = begun.cookies().into_iter().find(|cookie| cookie.starts_with("better-auth.state=")).unwrap();
    let back = provider.sign_in(begun.body["url"].as_str().unwrap(), person).await;
    let (_, path) = back.split_once("/api/auth").unwrap();
    let callback = auth.request_without_redirects(Method::GET, path);
    Answer::of(callback.header("cookie", state.split(';').next().unwrap())).await
}

/// Signs in by `acme` as a person with this email.
pub async fn enter(auth: &Auth, provider: &IdentityProvider, person: &Value) -> Answer {
    let begun = auth.post("/sign-in/social", &json!({"provider": "acme", "callbackURL": "/there"})).await;
    come_back(auth, provider, &begun, person).await
}

/// Links an account at `acme` to the user of `device`.
pub async fn link(auth: &Auth, device: &Device<'_>, provider: &IdentityProvider, person: &Value) -> Answer {
    let begun = device.post("/link-social", &json!({"provider": "acme", "callbackURL": "/settings"})).await;
    come_back(auth, provider, &begun, person).await
}

/// Where a response redirects to.
pub fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{answer:?}");
    answer.header("location").unwrap()
}

/// The session cookie of a response.
pub fn session_cookie(answer: &Answer) -> String {
    let cookies = answer.cookies();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with("better-auth.session_token="));
    cookie.unwrap().split(';').next().unwrap().to_owned()
}

/// Posts as the browser with this session cookie.
pub async fn post(auth: &Auth, cookie: &str, path: &str, body: &Value) -> Answer {
    let request = auth.request(Method::POST, path).header("cookie", cookie).header("origin", PAGE);
    Answer::of(request.json(body)).await
}

/// Gets as the browser with this session cookie.
pub async fn get(auth: &Auth, cookie: &str, path: &str) -> Answer {
    Answer::of(auth.request(Method::GET, path).header("cookie", cookie)).await
}
