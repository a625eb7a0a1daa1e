//! How many codes are compared.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;
use serde_json::{Value, json};

use super::{Browser, assert_challenged, enroll};
use crate::support::{Auth, email};

const SOON: Duration = Duration::from_secs(10);
/// Limits of requests are off, so that only those of challenges and accounts hold.
const NO_REQUEST_LIMITS: [(&str, &str); 2] =
    [("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_RULES", "/two-factor/*=off,/sign-in/*=off,/sign-up/*=off")];

#[tokio::test]
async fn of_ten_thousand_guesses_ten_are_compared() {
    let settings = [&NO_REQUEST_LIMITS[..], &[("METRICS_BIND", "127.0.0.1:0")]].concat();
    let mut auth = Auth::start_with(&settings).await;
    let line = auth.service.wait_for_line(|line| line.contains("\"metrics\""), SOON).await.unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let metrics = format!("http://{}/metrics", line["fields"]["addr"].as_str().unwrap());
    let (app, codes) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    // The guesser knows the password, and nothing else: a new challenge for every five guesses.
    let mut outcomes = std::collections::BTreeMap::<String, usize>::new();
    for round in 0..10 {
        let mut first = Browser::new(&auth);
        assert_challenged(&first.sign_in("alice").await);
        let cookie = first.cookies.clone();
        let guesses = (0..1000).map(|number| {
            let mut browser = first.with(&cookie);
            let code = format!("{:06}", round * 1000 + number);
            async move { browser.post("/two-factor/verify-totp", &json!({"code": code})).await }
        });
        let answers: Vec<_> = iter(guesses).buffer_unordered(32).collect().await;
        for answer in answers {
            *outcomes.entry(answer.code().to_owned()).or_default() += 1;
        }
    }
    assert_eq!(outcomes.values().sum::<usize>(), 10_000, "{outcomes:?}");
    assert_eq!(outcomes.get("INVALID_CODE"), Some(&10), "{outcomes:?}");
    assert_eq!(outcomes.get(""), None, "none was right or failed otherwise: {outcomes:?}");
    let figures = reqwest::get(metrics).await.unwrap().text().await.unwrap();
    let compared = "auth_service_second_factor_codes_total{outcome=\"wrong\"} 10";
    assert!(figures.lines().any(|line| line == compared), "{figures}");

    // The right code, and a backup code, are not compared either.
    let mut browser = Browser::new(&auth);
    assert_challenged(&browser.sign_in("alice").await);
    let locked = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!((locked.status.as_u16(), locked.code()), (429, "ACCOUNT_TEMPORARILY_LOCKED"), "{locked:?}");
    let seconds: i64 = locked.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{seconds}");
    let locked = browser.post("/two-factor/verify-backup-code", &json!({"code": codes[0]})).await;
    assert_eq!(locked.code(), "ACCOUNT_TEMPORARILY_LOCKED", "{locked:?}");
}

#[tokio::test]
async fn concurrent_guesses_at_one_challenge_are_five() {
    let auth = Auth::start_with(&[("RATE_LIMIT_ENABLED", "false")]).await;
    enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let mut first = Browser::new(&auth);
    assert_challenged(&first.sign_in("alice").await);
    let cookie = first.cookies.clone();
    let guesses = (0..40).map(|_| {
        let mut browser = first.with(&cookie);
        async move { browser.post("/two-factor/verify-backup-code", &json!({"code": "aaaaa-aaaaa"})).await }
    });
    let answers: Vec<_> = iter(guesses).buffer_unordered(40).collect().await;
    let compared = answers.iter().filter(|answer| answer.code() == "INVALID_BACKUP_CODE").count();
    assert_eq!(compared, 5);
}

#[tokio::test]
async fn a_known_device_keeps_its_own_budget_while_strangers_have_spent_theirs() {
    let auth = Auth::start_with(&NO_REQUEST_LIMITS).await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    let (app, _) = enroll(&mut owner).await;
    let mut stranger = Browser::new(&auth);
    let mut codes = Vec::new();
    for _ in 0..3 {
        assert_challenged(&stranger.sign_in("alice").await);
        for _ in 0..5 {
            codes.push(
                stranger.post("/two-factor/verify-totp", &json!({"code": "000000"})).await.code().to_owned(),
            );
        }
    }
    assert_eq!(codes.iter().filter(|code| *code == "INVALID_CODE").count(), 10, "{codes:?}");
    assert_eq!(codes.last().unwrap(), "ACCOUNT_TEMPORARILY_LOCKED");
    // The browser of the owner signed in before.
    owner.post("/sign-out", &json!({})).await;
    assert_challenged(&owner.sign_in("alice").await);
    let verified = owner.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    assert_eq!(verified.body["user"]["email"], email("alice"));
}

#[tokio::test]
async fn guesses_of_a_signed_in_user_count_too() {
    let auth = Auth::start_with(&NO_REQUEST_LIMITS).await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    enroll(&mut owner).await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        codes.push(owner.post("/two-factor/verify-totp", &json!({"code": "000000"})).await.code().to_owned());
    }
    assert_eq!(codes.iter().filter(|code| *code == "INVALID_CODE").count(), 10, "{codes:?}");
}
