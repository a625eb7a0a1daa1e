//! Additional fields of users: in requests, responses, the database and tokens.

use local_stack::{Binary, run_to_end};
use serde_json::{Value, json};

use crate::mailbox::{Mailbox, follow};
use crate::status_lists::{SOON, eventually, is_revoked};
use crate::support::{Answer, Auth, PASSWORD, email};
use crate::tokens::claims;
use crate::users;

const FIELDS: &str = r#"{
    "department": {"type": "string", "maxLength": 10},
    "age": {"type": "number"},
    "role": {"type": ["user", "admin"], "defaultValue": "user", "input": false},
    "risk": {"type": "string", "input": false, "returned": false}
}"#;
const SETTINGS: [(&str, &str); 2] = [("USER_FIELDS", FIELDS), ("JWT_USER_FIELDS", "role,department")];

fn sign_up(name: &str, others: Value) -> Value {
    let mut body = json!({"name": name, "email": email(name), "password": PASSWORD});
    body.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    body
}

/// The additional fields that a response has.
fn shown(user: &Value) -> Value {
    let names = ["department", "age", "role", "risk"].into_iter();
    names.filter_map(|name| Some((name.to_owned(), user.get(name)?.clone()))).collect()
}

fn assert_refused(answer: &Answer, code: &str, message: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{answer:?}");
    assert_eq!(answer.body["message"], message);
}

/// Sets fields as the operator.
async fn set(auth: &Auth, arguments: &[&str]) -> local_stack::Finished {
    let env = [("DATABASE_URL", auth.database.service_url()), ("USER_FIELDS", FIELDS.to_owned())];
    run_to_end(Binary::AuthService, &[&["users", "set"], arguments].concat(), env).await.unwrap()
}

#[tokio::test]
async fn users_set_the_fields_that_they_may_and_see_those_that_are_returned() {
    let auth = Auth::start_with(&SETTINGS).await;
    let answer =
        auth.post("/sign-up/email", &sign_up("alice", json!({"department": "R&D", "other": 1}))).await;
    let new = json!({"department": "R&D", "age": null, "role": "user"});
    assert_eq!((answer.status.as_u16(), shown(&answer.body["user"])), (200, new.clone()), "{answer:?}");
    let alice = crate::support::Device::of(&auth, &answer);
    assert_eq!(shown(&alice.session().await["user"]), new);
    let signed_in =
        auth.post("/sign-in/email", &json!({"email": email("alice"), "password": PASSWORD})).await;
    assert_eq!(shown(&signed_in.body["user"]), new);

    let change = json!({"age": 42, "department": null});
    assert_eq!(alice.post("/update-user", &change).await.status, 200);
    let changed = json!({"department": null, "age": 42, "role": "user"});
    assert_eq!(shown(&alice.session().await["user"]), changed);
    let stored: Value =
        auth.superuser().await.query_one("SELECT fields FROM users", &[]).await.unwrap().get(0);
    assert_eq!(stored, json!({"age": 42}), "a default is not stored, and null is no value");
    assert_eq!(alice.post("/update-user", &json!({"age": null})).await.status, 200);
    let stored: Option<Value> =
        auth.superuser().await.query_one("SELECT fields FROM users", &[]).await.unwrap().get(0);
    assert_eq!(stored, None, "as before the first value, so that no change is announced");
    let changed = json!({"department": null, "age": null, "role": "user"});
    let changed_password = json!({"currentPassword": PASSWORD, "newPassword": "a brand new password"});
    assert_eq!(shown(&alice.post("/change-password", &changed_password).await.body["user"]), changed);
}

#[tokio::test]
async fn nobody_sets_what_is_not_theirs_to_set() {
    let auth = Auth::start_with(&SETTINGS).await;
    // As in Better Auth: with a default, a new user gets it; without one, the request is refused.
    let answer = auth.post("/sign-up/email", &sign_up("alice", json!({"role": "admin"}))).await;
    assert_eq!(shown(&answer.body["user"])["role"], "user");
    let alice = crate::support::Device::of(&auth, &answer);
    let bob = auth.post("/sign-up/email", &sign_up("bob", json!({"risk": "low"}))).await;
    assert_refused(&bob, "FIELD_NOT_ALLOWED", "risk is not allowed to be set");
    for (change, name) in [(json!({"role": "admin"}), "role"), (json!({"name": "A", "risk": "low"}), "risk")]
    {
        let answer = alice.post("/update-user", &change).await;
        assert_refused(&answer, "FIELD_NOT_ALLOWED", &format!("{name} is not allowed to be set"));
    }
    let nothing =
        alice.post("/update-user", &json!({"credentialEpoch": 7, "banned": false, "role": ""})).await;
    assert_eq!((nothing.status.as_u16(), &nothing.body["message"]), (400, &json!("No fields to update")));
    assert_eq!(alice.session().await["user"]["name"], "alice", "nothing half done");
    assert_eq!(auth.count("users").await, 1);
}

#[tokio::test]
async fn a_value_of_another_type_and_a_missing_one_are_refused() {
    let fields =
        r#"{"department": {"type": "string", "required": true, "maxLength": 3}, "age": {"type": "number"}}"#;
    let auth = Auth::start_with(&[("USER_FIELDS", fields)]).await;
    let without = auth.post("/sign-up/email", &sign_up("alice", json!({}))).await;
    assert_refused(&without, "MISSING_FIELD", "department is required");
    let null = auth.post("/sign-up/email", &sign_up("alice", json!({"department": null}))).await;
    assert_refused(&null, "MISSING_FIELD", "department is required");
    for (others, complaint) in [
        (json!({"department": 7}), "[body.department] Invalid input: expected string, received number"),
        (json!({"department": "R&Ds"}), "[body.department] Too big: expected string to have <=3 characters"),
        (
            json!({"department": "R", "age": "7"}),
            "[body.age] Invalid input: expected number, received string",
        ),
    ] {
        let answer = auth.post("/sign-up/email", &sign_up("alice", others)).await;
        assert_refused(&answer, "VALIDATION_ERROR", complaint);
    }
    let answer = auth.post("/sign-up/email", &sign_up("alice", json!({"department": "R&D"}))).await;
    let alice = crate::support::Device::of(&auth, &answer);
    let removed = alice.post("/update-user", &json!({"department": null})).await;
    assert_refused(&removed, "MISSING_FIELD", "department is required");
}

/// The person who completes a sign-up gets what that sign-up said, and the role stays what the operator gave.
#[tokio::test]
async fn a_pending_sign_up_keeps_its_fields() {
    let mailbox = Mailbox::new();
    let settings = [&SETTINGS[..], &[("REQUIRE_EMAIL_VERIFICATION", "true")]].concat();
    let auth = Auth::start_with_mail(&mailbox, &settings).await;
    let answer = auth.post("/sign-up/email", &sign_up("alice", json!({"department": "R&D"}))).await;
    let expected = json!({"department": "R&D", "age": null, "role": "user"});
    assert_eq!(shown(&answer.body["user"]), expected);
    let cookie = crate::support::sign_up_cookie(&answer);
    let link = mailbox.mail_to(&email("alice"), 1).await.link();
    assert_eq!(follow(&auth, &link, Some(&cookie)).await.status, 302);
    let signed_in =
        auth.post("/sign-in/email", &json!({"email": email("alice"), "password": PASSWORD})).await;
    assert_eq!(shown(&signed_in.body["user"]), expected);
}

#[tokio::test]
async fn a_changed_role_is_in_the_next_token_and_revokes_the_others() {
    let auth = Auth::start_with(&SETTINGS).await;
    let answer = auth.post("/sign-up/email", &sign_up("alice", json!({"department": "R&D"}))).await;
    let alice = crate::support::Device::of(&auth, &answer);
    let elsewhere = auth.another_device("alice").await;
    let bob = auth.user("bob").await;
    let about = |jwt: &str| (claims(jwt)["role"].clone(), claims(jwt)["department"].clone());
    assert_eq!(about(&alice.jwt), (json!("user"), json!("R&D")));
    assert_eq!(about(&bob.jwt), (json!("user"), Value::Null), "a field without a value is no claim");
    assert!(claims(&alice.jwt).get("age").is_none() && claims(&alice.jwt).get("risk").is_none());

    let done = set(&auth, &[&email("alice"), "role=admin", "risk=high"]).await;
    assert!(done.status.success() && done.stdout[0].ends_with("is changed."), "{done:?}");
    for jwt in [&alice.jwt, &elsewhere.jwt] {
        eventually("the bit", SOON, async || is_revoked(auth.service.url(), jwt).await).await;
    }
    assert!(!is_revoked(auth.service.url(), &bob.jwt).await, "nobody else is touched");
    for device in [&alice, &elsewhere] {
        let token = device.get("/token").await.body["token"].as_str().unwrap().to_owned();
        assert_eq!(about(&token), (json!("admin"), json!("R&D")), "the session goes on");
        assert!(!is_revoked(auth.service.url(), &token).await);
    }
    // A field that users set themselves.
    let token = alice.get("/token").await.body["token"].as_str().unwrap().to_owned();
    assert_eq!(alice.post("/update-user", &json!({"age": 42})).await.status, 200);
    assert!(!is_revoked(auth.service.url(), &token).await, "the age is no claim");
    assert_eq!(alice.post("/update-user", &json!({"department": "Sales"})).await.status, 200);
    eventually("the bit", SOON, async || is_revoked(auth.service.url(), &token).await).await;
    let token = alice.get("/token").await.body["token"].as_str().unwrap().to_owned();
    assert_eq!(about(&token), (json!("admin"), json!("Sales")));
}

#[tokio::test]
async fn operators_set_and_see_every_field() {
    let auth = Auth::start_with(&SETTINGS).await;
    auth.user("alice").await;
    assert!(set(&auth, &[&email("alice"), "role=admin", "age=42", "risk=a \"b\""]).await.status.success());
    let of_alice = async || users::json(&auth.database, &["show", &email("alice")]).await["fields"].clone();
    assert_eq!(of_alice().await, json!({"role": "admin", "age": 42, "risk": "a \"b\""}));
    let text = users::users(&auth.database, &["show", &email("alice")]).await.stdout;
    assert!(text.contains(&"role        \"admin\"".to_owned()), "{text:?}");
    assert!(set(&auth, &[&email("alice"), "role=", "risk="]).await.status.success());
    assert_eq!(of_alice().await, json!({"age": 42}));
    for (arguments, code, message) in [
        (["role=root"], 2, "`role`: Invalid option: expected one of \"user\"|\"admin\""),
        (["age=old"], 2, "`age`: Invalid input: expected number, received string"),
        (["hobby=chess"], 2, "`hobby` is not in USER_FIELDS"),
    ] {
        let refused = set(&auth, &[&[&*email("alice")], &arguments[..]].concat()).await;
        assert_eq!(refused.status.code(), Some(code), "{refused:?}");
        assert!(refused.stderr.iter().any(|line| line.contains(message)), "{refused:?}");
    }
    assert_eq!(set(&auth, &["nobody@example.com", "role=admin"]).await.status.code(), Some(3));
    assert_eq!(of_alice().await, json!({"age": 42}));
}
