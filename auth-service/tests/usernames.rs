//! Usernames: choosing, changing and signing in with them.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::mailbox::{Mailbox, follow};
use crate::sign_in::{hashes, wait_for_hash};
use crate::support::{Answer, Auth, Device, PASSWORD, email, sign_up_cookie};
use crate::users;

const ON: (&str, &str) = ("USERNAME_ENABLED", "true");
const REQUIRED: (&str, &str) = ("REQUIRE_EMAIL_VERIFICATION", "true");

/// Signs up with the email of `name` and more members.
async fn sign_up(auth: &Auth, name: &str, more: Value) -> Answer {
    let mut body = json!({"name": "A user", "email": email(name), "password": PASSWORD});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    auth.post("/sign-up/email", &body).await
}

async fn sign_in(auth: &Auth, username: &str, password: &str) -> Answer {
    auth.post("/sign-in/username", &json!({"username": username, "password": password})).await
}

async fn is_available(auth: &Auth, username: &str) -> Value {
    auth.post("/is-username-available", &json!({"username": username})).await.body["available"].clone()
}

/// The username and its display form in a user.
fn names(user: &Value) -> Value {
    json!([user["username"], user["displayUsername"]])
}

#[tokio::test]
async fn a_username_is_chosen_signs_in_in_any_case_and_is_changed() {
    let auth = Auth::start_with(&[ON]).await;
    assert_eq!(is_available(&auth, "Alice_1").await, json!(true));
    let answer = sign_up(&auth, "alice", json!({"username": "Alice_1"})).await;
    assert_eq!(names(&answer.body["user"]), json!(["alice_1", "Alice_1"]));
    let alice = Device::of(&auth, &answer);
    assert_eq!(is_available(&auth, "ALICE_1").await, json!(false));
    let signed_in = sign_in(&auth, "aLICE_1", PASSWORD).await;
    assert_eq!((signed_in.status.as_u16(), signed_in.cookies().len()), (200, 1), "{signed_in:?}");
    assert_eq!(names(&signed_in.body["user"]), json!(["alice_1", "Alice_1"]));
    let there = Device::of(&auth, &signed_in);
    assert_eq!(there.session().await["user"]["id"], alice.user["id"]);

    let change = json!({"username": "Wonder.Land", "displayUsername": "Alice in W."});
    assert_eq!(alice.post("/update-user", &change).await.status, 200);
    assert_eq!(names(&there.session().await["user"]), json!(["wonder.land", "Alice in W."]));
    assert_eq!(sign_in(&auth, "alice_1", PASSWORD).await.code(), "INVALID_USERNAME_OR_PASSWORD");
    assert_eq!(sign_in(&auth, "wonder.land", PASSWORD).await.status, 200);
    assert_eq!(is_available(&auth, "alice_1").await, json!(true), "the former one is free again");
    let removed = alice.post("/update-user", &json!({"username": null, "displayUsername": null})).await;
    assert_eq!((removed.status.as_u16(), names(&alice.session().await["user"])), (200, json!([null, null])));
}

#[tokio::test]
async fn without_the_setting_nothing_knows_of_usernames() {
    let auth = Auth::start().await;
    let answer = sign_up(&auth, "alice", json!({"username": "alice", "displayUsername": "Alice"})).await;
    let user = answer.body["user"].as_object().unwrap();
    assert!(!user.contains_key("username") && !user.contains_key("displayUsername"), "{user:?}");
    for path in ["/sign-in/username", "/is-username-available"] {
        for body in [json!({"username": "alice", "password": PASSWORD}), json!([])] {
            let answer = auth.post(path, &body).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, ""), "{path}: {answer:?}");
        }
    }
    let alice = Device::of(&auth, &answer);
    let change = alice.post("/update-user", &json!({"username": "alice"})).await;
    assert_eq!(change.body["message"], "No fields to update");
    assert_eq!(auth.get("/capabilities").await.body["signInMethods"], json!(["email-password"]));
    let on = Auth::start_with(&[ON]).await;
    assert_eq!(on.get("/capabilities").await.body["signInMethods"], json!(["email-password", "username"]));
}

#[tokio::test]
async fn of_users_who_choose_one_username_at_once_exactly_one_gets_it() {
    let auth = Auth::start_with(&[ON, ("DATABASE_POOL_SIZE", "16")]).await;
    let sign_ups = (0..8).map(|number| {
        let auth = &auth;
        async move { sign_up(auth, &format!("user{number}"), json!({"username": "alice"})).await }
    });
    let answers = join_all(sign_ups).await;
    let winners = answers.iter().filter(|answer| answer.status == 200).count();
    let losers = answers.iter().filter(|answer| answer.code() == "USERNAME_IS_ALREADY_TAKEN").count();
    assert_eq!((winners, losers), (1, 7), "{answers:?}");
    assert_eq!(auth.count("users").await, 1, "a refused sign-up leaves nothing");

    let answers = join_all((0..8).map(|number| {
        let auth = &auth;
        async move { sign_up(auth, &format!("other{number}"), json!({})).await }
    }));
    let devices: Vec<Device<'_>> = answers.await.iter().map(|answer| Device::of(&auth, answer)).collect();
    let change = json!({"username": "bob", "name": "Bob"});
    let changes = join_all(devices.iter().map(|device| device.post("/update-user", &change))).await;
    let won = changes.iter().filter(|answer| answer.status == 200).count();
    let lost = changes.iter().filter(|answer| answer.code() == "USERNAME_IS_ALREADY_TAKEN").count();
    assert_eq!((won, lost), (1, 7), "{changes:?}");
    let named = "SELECT count(*) FROM users WHERE name = 'Bob'";
    let named: i64 = auth.superuser().await.query_one(named, &[]).await.unwrap().get(0);
    assert_eq!(named, 1, "a refused change changes nothing");
}

#[tokio::test]
async fn an_immutable_username_is_set_once() {
    let auth = Auth::start_with(&[ON, ("USERNAME_IMMUTABLE", "true")]).await;
    let alice = Device::of(&auth, &sign_up(&auth, "alice", json!({})).await);
    assert_eq!(alice.post("/update-user", &json!({"username": "alice"})).await.status, 200);
    for other in [json!("bob"), Value::Null] {
        let refused = alice.post("/update-user", &json!({"username": other, "name": "B"})).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, "USERNAME_IS_IMMUTABLE"));
    }
    let spelling = json!({"username": "ALICE", "displayUsername": "A!"});
    assert_eq!(alice.post("/update-user", &spelling).await.status, 200);
    let user = &alice.session().await["user"];
    assert_eq!((names(user), &user["name"]), (json!(["alice", "A!"]), &json!("A user")));
}

/// The link of the sign-up with the email of `name`, opened in its browser.
async fn complete(auth: &Auth, mailbox: &Mailbox, name: &str, cookie: &str) -> u16 {
    let link = mailbox.mail_to(&email(name), 1).await.link();
    follow(auth, &link, Some(cookie)).await.status.as_u16()
}

#[tokio::test]
async fn a_pending_sign_up_keeps_its_username_and_reserves_nothing() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[ON, REQUIRED]).await;
    let alice = sign_up(&auth, "alice", json!({"username": "Alice"})).await;
    assert_eq!(names(&alice.body["user"]), json!(["alice", "Alice"]));
    let bob = sign_up(&auth, "bob", json!({"username": "alice", "displayUsername": "Bob"})).await;
    assert_eq!(bob.status, 200, "both wait: {bob:?}");
    assert_eq!(is_available(&auth, "alice").await, json!(true));
    assert_eq!(sign_in(&auth, "alice", PASSWORD).await.code(), "EMAIL_NOT_VERIFIED");
    assert_eq!(sign_in(&auth, "alice", "wrong password").await.code(), "INVALID_USERNAME_OR_PASSWORD");

    assert_eq!(complete(&auth, &mailbox, "alice", &sign_up_cookie(&alice)).await, 302);
    let signed_in = sign_in(&auth, "alice", PASSWORD).await;
    assert_eq!(signed_in.body["user"]["email"], email("alice"));
    assert_eq!(
        sign_up(&auth, "carol", json!({"username": "alice"})).await.code(),
        "USERNAME_IS_ALREADY_TAKEN"
    );
    // The username is taken by now. The sign-up is completed without it.
    assert_eq!(complete(&auth, &mailbox, "bob", &sign_up_cookie(&bob)).await, 302);
    let body = json!({"email": email("bob"), "password": PASSWORD});
    let signed_in = auth.post("/sign-in/email", &body).await;
    assert_eq!((signed_in.status.as_u16(), names(&signed_in.body["user"])), (200, json!([null, null])));
}

#[tokio::test]
async fn of_sign_ups_with_one_username_that_are_completed_at_once_each_becomes_a_user() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[ON, REQUIRED, ("DATABASE_POOL_SIZE", "16")]).await;
    let mut cookies = Vec::new();
    for number in 0..6 {
        let answer = sign_up(&auth, &format!("user{number}"), json!({"username": "alice"})).await;
        cookies.push((format!("user{number}"), sign_up_cookie(&answer)));
    }
    let completions = cookies.iter().map(|(name, cookie)| complete(&auth, &mailbox, name, cookie));
    assert_eq!(join_all(completions).await, vec![302; 6]);
    let counts = "SELECT count(*), count(username), count(display_username) FROM users WHERE email_verified";
    let row = auth.superuser().await.query_one(counts, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2)), (6_i64, 1_i64, 1_i64));
}

/// A sign-up takes over an account whose email was never verified, with its username if that is free.
#[tokio::test]
async fn a_sign_up_that_takes_over_an_account_changes_its_username_if_it_can() {
    for (chosen, expected) in [("new", ["new", "new"]), ("taken", ["old", "old"])] {
        let mailbox = Mailbox::new();
        let open = Auth::start_with(&[ON]).await;
        sign_up(&open, "alice", json!({"username": "old"})).await;
        sign_up(&open, "bob", json!({"username": "free"})).await;
        let Auth { database, .. } = open;
        let url = mailbox.url();
        let settings = [ON, REQUIRED, ("MAIL_URL", &*url), ("MAIL_FROM", "a@example.com")];
        let auth = Auth::on(database, &settings).await;
        let answer = sign_up(&auth, "alice", json!({"username": chosen})).await;
        let superuser = auth.superuser().await;
        let take = "UPDATE users SET username = 'taken' WHERE username = 'free'";
        superuser.execute(take, &[]).await.unwrap();
        assert_eq!(complete(&auth, &mailbox, "alice", &sign_up_cookie(&answer)).await, 302);
        let signed_in = sign_in(&auth, expected[0], PASSWORD).await;
        assert_eq!(names(&signed_in.body["user"]), json!(expected), "{chosen}: {signed_in:?}");
        assert_eq!(signed_in.body["user"]["email"], email("alice"));
    }
}

#[tokio::test]
async fn unknown_and_known_usernames_and_emails_cost_the_same_hashes_and_get_the_same_answer() {
    for (required, each) in [("false", 1), ("true", 2)] {
        let mailbox = Mailbox::new();
        let settings = [
            ON,
            ("REQUIRE_EMAIL_VERIFICATION", required),
            ("RUST_LOG", "info,auth_service::passwords=debug"),
            ("BCRYPT_COST", "5"),
        ];
        let auth = Auth::start_with_mail(&mailbox, &settings).await;
        for name in ["alice", "imported", "waiting"] {
            sign_up(&auth, name, json!({"username": name})).await;
        }
        let superuser = auth.superuser().await;
        let without =
            "DELETE FROM passwords WHERE user_id IN (SELECT id FROM users WHERE username = 'imported')";
        superuser.batch_execute(without).await.unwrap();
        wait_for_hash(&auth.service, 3).await;
        let mut seen = hashes(&auth.service).len();
        let mut answers = Vec::new();
        for name in ["alice", "nobody", "imported", "waiting"] {
            let answer = sign_in(&auth, name, "wrong password").await;
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "INVALID_USERNAME_OR_PASSWORD"));
            wait_for_hash(&auth.service, seen + each).await;
            let new = hashes(&auth.service).split_off(seen);
            assert_eq!(new, vec![("verify".to_owned(), 5); each], "{name}");
            seen += each;
            answers.push(answer.text);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
}

#[tokio::test]
async fn a_refused_sign_in_is_recorded_with_its_reason() {
    let mut auth = Auth::start_with(&[ON]).await;
    let alice = Device::of(&auth, &sign_up(&auth, "alice", json!({"username": "alice"})).await);
    sign_in(&auth, "nobody", "wrong password").await;
    sign_in(&auth, "alice", "wrong password").await;
    users::ban(&auth.database, "@alice").await;
    assert_eq!(sign_in(&auth, "alice", PASSWORD).await.code(), "BANNED_USER");
    assert!(alice.session().await.is_null());
    assert!(auth.service.terminate().await.unwrap().success(), "it stores refusals when it stops");
    let reasons = "SELECT reason, user_id IS NOT NULL FROM audit_events
                   WHERE event = 'sign_in.refused' ORDER BY reason";
    let rows = auth.superuser().await.query(reasons, &[]).await.unwrap();
    let found: Vec<(String, bool)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [("banned", true), ("unknown_username", false), ("wrong_password", true)];
    assert_eq!(found, expected.map(|(reason, has_user)| (reason.to_owned(), has_user)));
}

#[tokio::test]
async fn operators_name_a_user_by_username_and_see_it() {
    let auth = Auth::start_with(&[ON]).await;
    sign_up(&auth, "alice", json!({"username": "Alice"})).await;
    let shown = users::json(&auth.database, &["show", "@ALICE"]).await;
    assert_eq!(
        json!([shown["email"], shown["username"], shown["display_username"]]),
        json!([email("alice"), "alice", "Alice"])
    );
    let text = users::users(&auth.database, &["show", "@alice"]).await.stdout.join("\n");
    assert!(text.contains("username    alice\nshown as    \"Alice\""), "{text}");
    let unknown = users::users(&auth.database, &["show", "@nobody"]).await;
    assert_eq!(unknown.stderr, ["auth-service: no user has the username nobody"]);
}

#[tokio::test]
async fn a_password_must_not_be_the_username() {
    let auth = Auth::start_with(&[ON]).await;
    let body = json!({"username": "correct_horse", "password": "correct_horse1"});
    let refused = sign_up(&auth, "alice", body).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (400, "PASSWORD_COMPROMISED"), "{refused:?}");
}

#[tokio::test]
async fn a_form_of_another_site_cannot_sign_in() {
    let auth = Auth::start_with(&[ON]).await;
    sign_up(&auth, "alice", json!({"username": "alice"})).await;
    let form = auth.request(Method::POST, "/sign-in/username");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let refused = Answer::of(form.body(format!("username=alice&password={PASSWORD}"))).await;
    assert_eq!(refused.status, 415, "{refused:?}");
}
