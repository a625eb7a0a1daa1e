use serde_json::json;

use crate::support::{Answer, Auth, PASSWORD, email};

#[tokio::test]
async fn us1_1_fr_001_a_valid_email_and_password_make_an_account_and_a_session() {
    let auth = Auth::start().await;
    let body = json!({"name": "Alice", "email": "Alice@Example.com", "password": PASSWORD});
    let answer = auth.post("/sign-up/email", &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type").unwrap(), "application/json");
    insta::assert_json_snapshot!(answer.body, {
        ".token" => "[token]", ".user.id" => "[id]", ".user.createdAt" => "[time]", ".user.updatedAt" => "[time]",
    });
    let created = answer.body["user"]["createdAt"].as_str().unwrap();
    assert_eq!((created.len(), created.ends_with('Z')), (24, true), "three fractional digits: {created}");

    let token = answer.body["token"].as_str().unwrap();
    let signed = answer.header("set-auth-token").unwrap();
    assert!(signed.starts_with(&format!("{token}.")), "{signed}");
    let cookies = answer.cookies();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert!(cookies[0].starts_with(&format!("better-auth.session_token={token}.")), "{cookies:?}");
    assert!(cookies[0].ends_with("; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"), "{cookies:?}");
    assert_eq!((auth.count("users").await, auth.count("sessions").await), (1, 1));
}

#[tokio::test]
async fn fr_006_a_jwt_is_issued_on_registration() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    assert_eq!(alice.jwt.split('.').count(), 3);
}

#[tokio::test]
async fn us1_2_fr_005_a_taken_email_gets_no_second_account_whatever_its_case() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    for taken in ["alice@example.com", "ALICE@example.COM"] {
        let body = json!({"name": "Mallory", "email": taken, "password": PASSWORD});
        let answer = auth.post("/sign-up/email", &body).await;
        assert_eq!(answer.status, 422);
        insta::assert_json_snapshot!("taken_email", answer.body);
        assert!(answer.cookies().is_empty());
    }
    assert_eq!(auth.count("users").await, 1);
    assert_eq!(auth.count("passwords").await, 1);
    assert_eq!(auth.count("sessions").await, 1);
}

#[tokio::test]
async fn fr_005_a_race_for_one_email_has_one_winner() {
    let auth = Auth::start().await;
    let body = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let answers = futures_util::future::join_all((0..8).map(|_| auth.post("/sign-up/email", &body))).await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 422).count();
    assert_eq!((made, refused), (1, 7));
    assert_eq!(auth.count("users").await, 1);
}

#[tokio::test]
async fn us1_3_fr_003_a_short_password_is_told_the_rule() {
    let auth = Auth::start().await;
    let sign_up = |password: String| {
        let body = json!({"name": "Alice", "email": email("alice"), "password": password});
        let auth = &auth;
        async move { auth.post("/sign-up/email", &body).await }
    };
    let short = sign_up("1234567".to_owned()).await;
    assert_eq!(short.status, 400);
    insta::assert_json_snapshot!("short_password", short.body);
    let long = sign_up("x".repeat(129)).await;
    assert_eq!(long.status, 400);
    insta::assert_json_snapshot!("long_password", long.body);
    assert_eq!(auth.count("users").await, 0);
    assert_eq!(sign_up("x".repeat(128)).await.status, 200);
}

#[tokio::test]
async fn us1_4_fr_002_a_bad_email_is_told_so() {
    let auth = Auth::start().await;
    for bad in ["", "alice", "alice@", "alice@example", "al ice@example.com", "älice@example.com"] {
        let answer =
            auth.post("/sign-up/email", &json!({"name": "A", "email": bad, "password": PASSWORD})).await;
        assert_eq!(answer.status, 400, "{bad}");
        insta::assert_json_snapshot!("bad_email", answer.body);
    }
    assert_eq!(auth.count("users").await, 0);
}

#[tokio::test]
async fn fr_004_sc_007_no_plain_password_is_kept_or_logged() {
    let auth = Auth::start_with(&[("RUST_LOG", "trace")]).await;
    let secret = "my very own passphrase";
    let body = json!({"name": "Alice", "email": email("alice"), "password": secret});
    let signed_up: Answer = auth.post("/sign-up/email", &body).await;
    let token = signed_up.body["token"].as_str().unwrap();
    let wrong = json!({"email": email("alice"), "password": "another secret phrase"});
    assert_eq!(auth.post("/sign-in/email", &wrong).await.status, 401);

    let client = auth.superuser().await;
    let rows = client.query("SELECT p.hash, p.scheme FROM passwords p", &[]).await.unwrap();
    let (hash, scheme): (&str, &str) = (rows[0].get(0), rows[0].get(1));
    assert!(hash.starts_with("$2b$04$"), "{hash}");
    assert_eq!(scheme, "bcrypt");
    let mut everything = String::new();
    for table in ["users", "passwords", "sessions", "signing_keys"] {
        let rows = client.query(&format!("SELECT {table}::text FROM {table}"), &[]).await.unwrap();
        everything.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    everything.push_str(&auth.service.output().join("\n"));
    assert!(everything.len() > 1000, "there is something to look through");
    for leaked in [secret, "another secret phrase", token, "PRIVATE KEY"] {
        assert!(!everything.contains(leaked), "{leaked} is kept or logged");
    }
}

#[tokio::test]
async fn a_form_signs_up_too() {
    let auth = Auth::start().await;
    let form = "name=Alice+A&email=alice%40example.com&password=correct+horse+battery";
    let request = auth.request(reqwest::Method::POST, "/sign-up/email").body(form);
    let answer = Answer::of(request.header("content-type", "application/x-www-form-urlencoded")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["user"]["email"], "alice@example.com");
    assert_eq!(answer.body["user"]["name"], "Alice A");
    auth.another_device("alice").await;
}

#[tokio::test]
async fn an_image_is_kept_and_unknown_fields_are_not() {
    let auth = Auth::start().await;
    let body = json!({
        "name": "Alice", "email": email("alice"), "password": PASSWORD, "image": "https://example.com/a.png",
        "emailVerified": true, "id": "chosen", "role": "admin", "userId": "somebody",
    });
    let answer = auth.post("/sign-up/email", &body).await;
    assert_eq!(answer.body["user"]["image"], "https://example.com/a.png");
    assert_eq!(answer.body["user"]["emailVerified"], false);
    assert_ne!(answer.body["user"]["id"], "chosen");
}

#[tokio::test]
async fn sign_up_without_remember_me_ends_with_the_browser() {
    let auth = Auth::start().await;
    let body = json!({"name": "A", "email": email("alice"), "password": PASSWORD, "rememberMe": false});
    let cookies = auth.post("/sign-up/email", &body).await.cookies();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].ends_with("; Path=/; HttpOnly; SameSite=Lax") && !cookies[0].contains("Max-Age"));
    assert!(cookies[1].starts_with("better-auth.dont_remember=true."), "{cookies:?}");
}
