//! The commands of docs/API.md for identity providers do what it says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_stack::databases::connect;
use local_stack::testing::{self, IdentityProvider, TestDatabase};
use serde_json::{Value, json};
use tokio::process::Command;

/// The block of commands.
fn commands() -> String {
    let page = std::fs::read_to_string(local_stack::workspace::root().unwrap().join("docs/API.md")).unwrap();
    let (_, section) = page.split_once("### Identity providers\n").unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    blocks.into_iter().find(|block| block.contains("curl ")).unwrap().to_owned()
}

#[tokio::test]
async fn every_endpoint_answers_as_documented() {
    let provider = IdentityProvider::start().await;
    let database = TestDatabase::auth().await;
    let setting = provider.setting();
    let auth = testing::auth_service(&database, &[("SOCIAL_PROVIDERS", &setting)]).await;
    let body = json!({"name": "Alice", "email": "alice@example.com", "password": "correct horse battery"});
    let sign_up = reqwest::Client::new().post(format!("{}/api/auth/sign-up/email", auth.url()));
    let signed_up: Value = sign_up.json(&body).send().await.unwrap().json().await.unwrap();
    let superuser = connect(&database.superuser_url()).await.unwrap();
    superuser.execute("UPDATE users SET email_verified = true", &[]).await.unwrap();

    let person = json!({"email": "alice@example.com", "name": "Alice"});
    let token = |kind: &str| {
        let mut fields = person.clone();
        fields["use"] = kind.into();
        fields["refresh"] = "kept".into();
        URL_SAFE_NO_PAD.encode(fields.to_string())
    };
    let mut shell = Command::new("sh");
    shell.args(["-eu", "-c", &commands()]).env("AUTH", auth.url());
    shell
        .env("SESSION", signed_up["token"].as_str().unwrap())
        .env("ID_TOKEN", provider.id_token(&person).await);
    shell.env("ACCESS_TOKEN", token("access")).env("REFRESH_TOKEN", token("refresh"));
    let output = shell.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();
    let [to_sign_in, to_link, linked, accounts, info, valid, refreshed, signed_in, unlinked] = &*answers
    else {
        panic!("{answers:?}")
    };
    for answer in [to_sign_in, to_link] {
        assert!(answer["url"].as_str().unwrap().starts_with(&provider.url), "{answer}");
        assert_eq!(answer["redirect"], true);
    }
    assert_eq!(linked["status"], true);
    let providers: Vec<_> =
        accounts.as_array().unwrap().iter().map(|account| &account["providerId"]).collect();
    assert_eq!(providers, ["credential", "acme"]);
    assert_eq!(info["user"]["email"], "alice@example.com");
    assert_eq!(valid["accessToken"], token("access"));
    assert_ne!(refreshed["accessToken"], valid["accessToken"]);
    assert_eq!(signed_in["user"]["email"], "alice@example.com");
    assert_eq!(unlinked["status"], true);
}
