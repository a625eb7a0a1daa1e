use std::time::Duration;

use local_stack::Service;
use serde_json::{Value, json};

use crate::support::{Auth, PASSWORD, email};

#[tokio::test]
async fn us2_1_fr_007_fr_009_right_credentials_make_a_session_and_a_jwt() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let answer =
        auth.post("/sign-in/email", &json!({"email": "ALICE@example.com", "password": PASSWORD})).await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.body, {
        ".token" => "[token]", ".user.id" => "[id]", ".user.createdAt" => "[time]", ".user.updatedAt" => "[time]",
    });
    assert_eq!(answer.header("set-auth-jwt").unwrap().split('.').count(), 3);
    assert_eq!(answer.cookies().len(), 1);
    assert_eq!(auth.count("sessions").await, 2);
}

#[tokio::test]
async fn us2_2_us2_3_fr_010_a_wrong_password_and_an_unknown_email_get_the_same_answer() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let wrong = json!({"email": email("alice"), "password": "wrong password"});
    let unknown = json!({"email": email("nobody"), "password": "wrong password"});
    let (wrong, unknown) =
        (auth.post("/sign-in/email", &wrong).await, auth.post("/sign-in/email", &unknown).await);
    assert_eq!(wrong.status, 401);
    insta::assert_json_snapshot!("refused", wrong.body);
    assert_eq!((wrong.status, &wrong.text), (unknown.status, &unknown.text));
    let names = |answer: &crate::support::Answer| {
        answer.headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&wrong), names(&unknown));
    assert_eq!(auth.count("sessions").await, 1, "no session for either");
}

/// Counts hashes instead of measuring time: each failed sign-in costs one hash, and all hashes have the same cost.
#[tokio::test]
async fn fr_010_an_unknown_email_and_a_wrong_password_each_cost_one_hash_of_the_same_cost() {
    let auth =
        Auth::start_with(&[("RUST_LOG", "info,auth_service::passwords=debug"), ("BCRYPT_COST", "5")]).await;
    auth.user("alice").await;
    let no_password = auth.user("imported").await;
    let client = auth.superuser().await;
    let id = no_password.user["id"].as_str().unwrap();
    client.execute("DELETE FROM passwords WHERE user_id = $1", &[&id]).await.unwrap();

    let mut seen = hashes(&auth.service).len();
    assert_eq!(seen, 2, "one for each sign-up");
    let long = "x".repeat(100);
    for (address, password) in [
        (email("alice"), "wrong password"),
        (email("nobody"), "wrong password"),
        (email("imported"), "wrong password"),
        (email("alice"), long.as_str()),
        (email("nobody"), long.as_str()),
        (email("alice"), "nul \0 password"),
    ] {
        let answer = auth.post("/sign-in/email", &json!({"email": address, "password": password})).await;
        assert_eq!(answer.status, 401, "{address}");
        // The line is written before the response is sent, but it may be read later.
        wait_for_hash(&auth.service, seen + 1).await;
        let new = hashes(&auth.service).split_off(seen);
        assert_eq!(new, [("verify".to_owned(), 5)], "{address}");
        seen += 1;
    }
    let right = auth.post("/sign-in/email", &json!({"email": email("alice"), "password": PASSWORD})).await;
    assert_eq!(right.status, 200);
    wait_for_hash(&auth.service, seen + 1).await;
    assert_eq!(hashes(&auth.service).len(), seen + 1, "a right password costs no more");
}

/// The hashes in the log: what was done, at which cost.
pub fn hashes(service: &Service) -> Vec<(String, u64)> {
    let events = hash_events(service).into_iter().filter(|fields| fields["message"] == "bcrypt");
    events
        .map(|fields| (fields["operation"].as_str().unwrap().to_owned(), fields["cost"].as_u64().unwrap()))
        .collect()
}

/// The fields of every log event about a hash, of any algorithm.
fn hash_events(service: &Service) -> Vec<Value> {
    let lines = service.output();
    let events = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events
        .map(|mut event| event["fields"].take())
        .filter(|fields| fields["operation"] == "hash" || fields["operation"] == "verify")
        .collect()
}

pub async fn wait_for_hash(service: &Service, count: usize) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while hash_events(service).len() < count {
        assert!(tokio::time::Instant::now() < deadline, "no hash number {count}");
        tokio::task::yield_now().await;
    }
}

/// An imported hash costs one hash too, of its own scheme, until the user signs in.
#[tokio::test]
async fn fr_010_a_foreign_hash_is_the_only_one_that_is_checked_and_is_renewed_once() {
    let logged = [("RUST_LOG", "info,auth_service::passwords=debug")];
    let auth = Auth::start_with(&logged).await;
    let scrypt = "2efb124f32c48d8ec42d7585426fe414:64e3feee69d3362db002bd5904b97bc2f8b892d965e3b62f47514cefa9b9b822cc24ceac45a22359e78517034f90d8700b61e59c93ba9b31833cf4563b98558f";
    let bcrypt = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";
    let client = auth.superuser().await;
    for (name, hash, kind) in [("alice", scrypt, "better-auth-scrypt"), ("bob", bcrypt, "foreign-bcrypt")] {
        let user = "INSERT INTO users VALUES ($1, '', $1 || '@example.com', true, NULL, now(), now())";
        client.execute(user, &[&name]).await.unwrap();
        let password = "INSERT INTO passwords VALUES ($1, $2, $3, now())";
        client.execute(password, &[&name, &hash, &kind]).await.unwrap();
    }
    let mut seen = 0;
    for (name, password, expected) in [
        ("alice", "wrong password", vec![("scrypt", "better-auth-scrypt", "verify")]),
        (
            "alice",
            "password123",
            vec![("scrypt", "better-auth-scrypt", "verify"), ("bcrypt", "bcrypt", "hash")],
        ),
        ("alice", "password123", vec![("bcrypt", "bcrypt", "verify")]),
        ("bob", "wrong password", vec![("bcrypt", "foreign-bcrypt", "verify")]),
        ("bob", "abc", vec![("bcrypt", "foreign-bcrypt", "verify"), ("bcrypt", "bcrypt", "hash")]),
    ] {
        auth.post("/sign-in/email", &json!({"email": email(name), "password": password})).await;
        wait_for_hash(&auth.service, seen + expected.len()).await;
        let new = hash_events(&auth.service).split_off(seen);
        let new: Vec<_> = new
            .iter()
            .map(|event| {
                ["message", "scheme", "operation"].map(|field| event[field].as_str().unwrap().to_owned())
            })
            .collect();
        assert_eq!(new, expected.iter().map(|&(a, b, c)| [a, b, c]).collect::<Vec<_>>(), "{name} {password}");
        seen += new.len();
    }
    assert_eq!(hash_events(&auth.service)[4]["cost"], 6, "the cost is that of the hash at hand");
}

#[tokio::test]
async fn fr_008_only_the_whole_password_signs_in() {
    let auth = Auth::start().await;
    let long = format!("{}!", "x".repeat(72));
    let body = json!({"name": "A", "email": email("alice"), "password": long});
    assert_eq!(auth.post("/sign-up/email", &body).await.status, 200);
    for (password, status) in
        [(long.as_str(), 200), (&long[..72], 401), (&format!("{}?", "x".repeat(72)), 401)]
    {
        let answer =
            auth.post("/sign-in/email", &json!({"email": email("alice"), "password": password})).await;
        assert_eq!(answer.status, status, "{password}");
    }
}

#[tokio::test]
async fn a_hash_of_another_cost_is_made_anew_at_the_next_sign_in() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let id = alice.user["id"].as_str().unwrap();
    let client = auth.superuser().await;
    let mut dearer = local_stack::testing::auth_service(&auth.database, &[("BCRYPT_COST", "5")]).await;
    let sign_in = reqwest::Client::new()
        .post(format!("{}/api/auth/sign-in/email", dearer.url()))
        .json(&json!({"email": email("alice"), "password": PASSWORD}));
    assert_eq!(sign_in.send().await.unwrap().status(), 200);
    let row = client.query_one("SELECT hash FROM passwords WHERE user_id = $1", &[&id]).await.unwrap();
    assert!(row.get::<_, String>(0).starts_with("$2b$05$"));
    dearer.kill().await.unwrap();
    let again = auth.post("/sign-in/email", &json!({"email": email("alice"), "password": PASSWORD})).await;
    assert_eq!(again.status, 200, "the password is the same");
}

#[tokio::test]
async fn a_callback_url_is_returned_and_must_be_trusted() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let sign_in = |url: &str| {
        let body = json!({"email": email("alice"), "password": PASSWORD, "callbackURL": url});
        let auth = &auth;
        async move { auth.post("/sign-in/email", &body).await }
    };
    let answer = sign_in("/dashboard").await;
    assert_eq!(answer.status, 200);
    assert_eq!((&answer.body["redirect"], &answer.body["url"]), (&json!(true), &json!("/dashboard")));
    assert_eq!(answer.header("location").unwrap(), "/dashboard");
    let evil = sign_in("https://evil.example").await;
    assert_eq!((evil.status.as_u16(), evil.code()), (403, "INVALID_CALLBACK_URL"));
    assert!(evil.cookies().is_empty(), "nobody was signed in");
}

/// A header can only contain ASCII. The body contains the target unchanged.
#[tokio::test]
async fn a_callback_url_of_any_script_is_answered_and_one_with_control_characters_refused() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let sign_in = |url: &str| {
        let body = json!({"email": email("alice"), "password": PASSWORD, "callbackURL": url});
        let auth = &auth;
        async move { auth.post("/sign-in/email", &body).await }
    };
    for (url, location) in [
        ("/caf\u{e9}?q=\u{1f511}", "/caf%C3%A9?q=%F0%9F%94%91"),
        ("http://localhost:3000/\u{65e5}", "http://localhost:3000/%E6%97%A5"),
        ("/a%20b?c=d&e#f", "/a%20b?c=d&e#f"),
    ] {
        let answer = sign_in(url).await;
        assert_eq!((answer.status.as_u16(), &answer.body["url"]), (200, &json!(url)), "{answer:?}");
        assert_eq!(answer.header("location").unwrap(), location);
    }
    let sessions = auth.count("sessions").await;
    for url in ["/a\nb", "http://localhost:3000/\r\nset-cookie: a=b", "http://localhost:3000/\t", "/\u{7f}"] {
        let answer = sign_in(url).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "INVALID_CALLBACK_URL"), "{url:?}");
    }
    assert_eq!(auth.count("sessions").await, sessions, "nobody was signed in");
}

/// The new hash is created after the check of the old one. A concurrent change of the password must win.
#[tokio::test]
async fn a_replaced_hash_does_not_undo_a_concurrent_change_of_the_password() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let client = auth.superuser().await;
    let logged = [("RUST_LOG", "info,auth_service::passwords=debug"), ("BCRYPT_COST", "12")];
    let dearer = local_stack::testing::auth_service(&auth.database, &logged).await;
    let sign_in = reqwest::Client::new()
        .post(format!("{}/api/auth/sign-in/email", dearer.url()))
        .json(&json!({"email": email("alice"), "password": PASSWORD}))
        .send();
    let change = async {
        // The password was checked and the new hash is being created, which takes at least 0.1 s.
        wait_for_hash(&dearer, 2).await;
        client.execute("UPDATE passwords SET hash = 'changed'", &[]).await.unwrap();
    };
    let (answer, ()) = tokio::join!(sign_in, change);
    assert_eq!(answer.unwrap().status(), 200);
    assert_eq!(hashes(&dearer), [("verify".to_owned(), 4), ("hash".to_owned(), 12)]);
    let row = client.query_one("SELECT hash FROM passwords", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "changed");
}

#[tokio::test]
async fn an_invalid_email_and_a_too_long_password_are_reported() {
    let auth = Auth::start().await;
    let bad = auth.post("/sign-in/email", &json!({"email": "nonsense", "password": "x"})).await;
    assert_eq!((bad.status.as_u16(), bad.code()), (400, "INVALID_EMAIL"));
    let long = auth.post("/sign-in/email", &json!({"email": email("a"), "password": "x".repeat(129)})).await;
    assert_eq!((long.status.as_u16(), long.code()), (400, "PASSWORD_TOO_LONG"));
}

#[tokio::test]
async fn a_full_hash_queue_is_a_503_with_retry_after() {
    // One thread and hashes of about 0.1 s: far fewer than 60 are finished within the 1.5 s that each may wait.
    let auth = Auth::start_with(&[("HASH_CONCURRENCY", "1"), ("BCRYPT_COST", "11")]).await;
    let body =
        |number: usize| json!({"email": email(&format!("nobody{number}")), "password": "wrong password"});
    let bodies: Vec<_> = (0..60).map(body).collect();
    let answers =
        futures_util::future::join_all(bodies.iter().map(|body| auth.post("/sign-in/email", body))).await;
    let (busy, decided): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 503);
    assert!(
        !busy.is_empty() && busy.iter().all(|answer| answer.header("retry-after").as_deref() == Some("2"))
    );
    assert!(!decided.is_empty() && decided.iter().all(|answer| answer.status == 401), "{}", decided.len());
    assert_eq!(auth.post("/sign-in/email", &bodies[0]).await.status, 401, "and it recovers");
}
