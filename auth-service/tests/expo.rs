//! Native apps made with Expo, with the real `@better-auth/expo`. Only its imports of the phone's APIs are replaced.

use local_stack::testing::{self, TestDatabase};
use serde_json::{Value, json};

use crate::import_node::script;

/// The results of an app with `scheme` at a service that trusts `trusted`.
async fn app(scheme: &str, trusted: &str) -> Value {
    let database = TestDatabase::auth().await;
    let settings = [("TRUSTED_ORIGINS", trusted), ("RATE_LIMIT_ENABLED", "false")];
    let service = testing::auth_service(&database, &settings).await;
    script("expo/app.mjs", &[service.url(), scheme], &[]).await.unwrap()
}

fn call(said: &Value, name: &str) -> Value {
    let answers = said["answers"].as_array().unwrap();
    answers.iter().find(|answer| answer["name"] == name).unwrap().clone()
}

#[tokio::test]
async fn an_app_signs_up_in_and_out() {
    let said = app("myapp", "https://page.example,myapp://").await;
    for name in ["sign-up", "session", "update", "accounts", "sign-out", "sign-in", "again", "revoke"] {
        assert_eq!(call(&said, name)["ok"], json!(true), "{name}: {said:#}");
    }
    assert_eq!(call(&said, "session")["user"], json!("ada@example.com"));
    assert_eq!(call(&said, "nobody")["user"], Value::Null, "signed out: {said:#}");
    assert_eq!(call(&said, "again")["user"], json!("ada@example.com"));
    assert_eq!(said["cookie"], json!("better-auth.session_token"));
    for request in said["sent"].as_array().unwrap() {
        assert_eq!((&request["origin"], &request["app"]), (&Value::Null, &json!("myapp://")), "{request}");
    }
}

#[tokio::test]
async fn an_app_that_is_not_trusted_is_refused() {
    let said = app("other", "https://page.example,myapp://").await;
    for name in ["sign-up", "sign-in"] {
        assert_eq!(call(&said, name)["code"], json!("INVALID_ORIGIN"), "{name}: {said:#}");
    }
}
