//! The whole product behind the gateway, started as docker-compose.yml says.

use std::process::Command;

use local_stack::{Binary, run_to_end};
use serde_json::{Value, json};

use super::process::Gateway;
use crate::deployment::stack::ComposeStack;

/// Somebody with a browser or a program, and no account yet.
fn anonymous() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.build().unwrap()
}

/// The stack and the gateway in front of it, or `None` where there is no Caddy.
async fn everything() -> Option<(ComposeStack, Gateway)> {
    // Caddy looks for its upstreams at each request, so a missing Caddy is found before the slow part.
    Gateway::start("127.0.0.1:9", "127.0.0.1:9")?;
    let stack = ComposeStack::start().await;
    let gateway = Gateway::start(authority(stack.auth.url()), authority(stack.tasks.url()))?;
    Some((stack, gateway))
}

fn authority(url: &str) -> &str {
    url.trim_start_matches("http://")
}

/// A new user: the session cookie, the token, the id.
async fn sign_up(gateway: &str, name: &str) -> (String, String, String) {
    let client = anonymous();
    let body =
        json!({"name": name, "email": format!("{name}@example.com"), "password": "correct horse battery"});
    let answer = client.post(format!("{gateway}/api/auth/sign-up/email")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let id = answer.json::<Value>().await.unwrap()["user"]["id"].as_str().unwrap().to_owned();
    let answer =
        client.get(format!("{gateway}/api/auth/token")).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    (cookie, token, id)
}

#[tokio::test]
async fn from_sign_up_to_tasks_through_the_gateway() {
    let Some((stack, gateway)) = everything().await else { return };
    let (client, url) = (anonymous(), gateway.url());
    let (cookie, token, id) = sign_up(&url, "alice").await;
    let (_, other_token, _) = sign_up(&url, "bob").await;

    let tasks = format!("{url}/api/{id}/tasks");
    let created = client.post(&tasks).bearer_auth(&token).json(&json!({"title": "Water the plants"}));
    let created = created.send().await.unwrap();
    assert_eq!(created.status(), 201);
    let created: Value = created.json().await.unwrap();
    assert_eq!(created["user_id"], json!(id));
    for own in [tasks.clone(), format!("{url}/api/me/tasks")] {
        let listed = client.get(own).bearer_auth(&token).send().await.unwrap();
        assert_eq!(listed.json::<Value>().await.unwrap(), json!({"tasks": [created], "next_cursor": null}));
    }

    let foreign = client.get(&tasks).bearer_auth(&other_token).send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    let nobody = client.get(&tasks).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(nobody.status(), 401, "the session cookie is nothing to task-service");
    assert_eq!(nobody.headers()["www-authenticate"], "Bearer");
    let path_of_other_service = client.get(format!("{url}/api//auth/token")).header("cookie", &cookie);
    assert_eq!(path_of_other_service.send().await.unwrap().status(), 404);

    let keys = client.get(format!("{url}/.well-known/jwks.json")).send().await.unwrap();
    let direct = client.get(format!("{}/.well-known/jwks.json", stack.auth.url())).send().await.unwrap();
    assert_eq!(keys.text().await.unwrap(), direct.text().await.unwrap());
}

/// On Linux all of 127.0.0.0/8 is this machine, so a client can have an address of its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_session_shows_its_clients_address_whatever_the_client_says() {
    let Some((_stack, gateway)) = everything().await else { return };
    let address = "127.0.0.77";
    let builder = reqwest::Client::builder().no_proxy().local_address(Some(address.parse().unwrap()));
    let client = builder.build().unwrap();
    let lies = [None, Some("203.0.113.9"), Some("203.0.113.9, 127.0.0.1")];
    for (index, lie) in lies.into_iter().enumerate() {
        let email = format!("dora{index}@example.com");
        let body = json!({"name": "Dora", "email": email, "password": "correct horse battery"});
        let mut request = client.post(format!("{}/api/auth/sign-up/email", gateway.url())).json(&body);
        for name in ["x-forwarded-for", "x-real-ip", "x-client-ip", "cf-connecting-ip"] {
            request = lie.into_iter().fold(request, |request, lie| request.header(name, lie));
        }
        let forwarded = format!("for={}", lie.unwrap_or("unknown"));
        let answer = request.header("forwarded", forwarded).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let session = client.get(format!("{}/api/auth/get-session", gateway.url())).header("cookie", cookie);
        let session: Value = session.send().await.unwrap().json().await.unwrap();
        assert_eq!(session["session"]["ipAddress"], json!(address), "{lie:?}");
    }
    // They were all one client to the limits too, and another is another.
    let url = format!("{}/api/auth/sign-up/email", gateway.url());
    let post = |client: &reqwest::Client| {
        client.post(&url).header("x-forwarded-for", "203.0.113.10").json(&json!({}))
    };
    assert_eq!(post(&client).send().await.unwrap().status(), 429);
    assert_eq!(post(&anonymous()).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_viewers_load_everything_under_their_prefix() {
    let Some((_stack, gateway)) = everything().await else { return };
    for (name, path) in [("auth", "/api/auth/sign-up/email"), ("tasks", "/api/{user_id}/tasks")] {
        let base = format!("{}/docs/{name}/", gateway.url());
        let client = anonymous();
        let redirect = client.get(base.trim_end_matches('/')).send().await.unwrap();
        assert_eq!(redirect.headers()["location"], format!("/docs/{name}/"));
        let page = client.get(&base).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        let assets = references(&page);
        assert!(assets.iter().any(|asset| asset.ends_with(".js")), "{assets:?}");
        assert!(assets.iter().any(|asset| asset.ends_with(".css")), "{assets:?}");
        let mut scripts = String::new();
        for asset in assets {
            assert!(!asset.contains("//") && !asset.starts_with('/'), "{asset} leaves the prefix");
            let answer = client.get(format!("{base}{asset}")).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{asset}");
            if asset == "viewer.js" {
                scripts = answer.text().await.unwrap();
            }
        }
        assert!(
            page.split("<script").skip(1).all(|tag| tag.split('>').next().unwrap().contains("src=")),
            "{page}"
        );
        assert!(scripts.contains("\"openapi.json\""), "{scripts}");
        let document = client.get(format!("{base}openapi.json")).send().await.unwrap();
        let document: Value = document.json().await.unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        assert!(document["paths"][path].is_object(), "{name} documents {path}");
    }
}

/// What a page loads: the values of `src` and `href`.
fn references(page: &str) -> Vec<String> {
    let after = |attribute: &'static str| page.split(attribute).skip(1);
    let values = after("src=\"").chain(after("href=\""));
    let values = values.map(|rest| rest.split('"').next().unwrap());
    values.map(|value| value.trim_start_matches("./").to_owned()).collect()
}

#[tokio::test]
async fn task_service_goes_on_behind_the_gateway_while_auth_service_is_away() {
    let Some((mut stack, gateway)) = everything().await else { return };
    let (_, token, _) = sign_up(&gateway.url(), "carol").await;
    let address = authority(stack.auth.url()).to_owned();
    let asked = |address: String| run_to_end(Binary::AuthService, &["healthcheck"], [("BIND", address)]);
    assert!(asked(address.clone()).await.unwrap().status.success(), "the container's health check");
    stack.auth.terminate().await.unwrap();
    assert!(!asked(address).await.unwrap().status.success(), "nothing is there to be healthy");

    let client = anonymous();
    let away = client.get(format!("{}/api/auth/ok", gateway.url())).send().await.unwrap();
    assert_eq!(away.status(), 503);
    assert!(away.headers().contains_key("retry-after"));
    assert_eq!(away.json::<Value>().await.unwrap()["code"], json!("SERVICE_UNAVAILABLE"));
    let tasks =
        client.get(format!("{}/api/me/tasks", gateway.url())).bearer_auth(token).send().await.unwrap();
    assert_eq!(tasks.status(), 200);
    let healthy = run_to_end(Binary::TaskService, &["healthcheck"], [("BIND", authority(stack.tasks.url()))]);
    assert!(healthy.await.unwrap().status.success());
}

#[tokio::test]
async fn the_walk_of_the_readme_works_against_the_gateway() {
    let Some((_stack, gateway)) = everything().await else { return };
    let walk = local_stack::workspace::root().unwrap().join("deployment/walk.sh");
    let url = gateway.url();
    let walked = tokio::task::spawn_blocking(move || Command::new(walk).args([&url, &url]).output().unwrap());
    let walked = walked.await.unwrap();
    assert!(walked.status.success(), "{walked:?}");
}
