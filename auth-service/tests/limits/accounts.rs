//! Wrong passwords for one account.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{address, device_cookie, from, limited, replica, sign_in, sign_up, tally, wrong_passwords};
use crate::support::{Answer, Auth, PASSWORD, connect, email};

/// Number of wrong passwords that return 401 before the account is locked.
const ALLOWED: usize = 10;

#[tokio::test]
async fn of_50_guesses_at_once_from_50_addresses_over_two_replicas_exactly_10_are_compared() {
    let one = limited().await;
    let two = replica(&one.database).await;
    sign_up(&one.service, "203.0.113.1", "alice").await;
    let spellings = [email("alice"), email("ALICE"), "Alice@Example.COM".to_owned()];
    let requests = (0..50).map(|index| {
        let replica = if index % 2 == 0 { &one.service } else { &two };
        Answer::of(sign_in(replica, &address(index), &spellings[index % 3], "wrong password", ""))
    });
    let answers = join_all(requests).await;
    let decided = answers.iter().filter(|answer| answer.status == 401).count();
    // An account can have one hash in the queue. Of concurrent attempts, some are refused with 503 and not counted.
    assert!(
        answers.iter().all(|answer| [401, 429, 503].contains(&answer.status.as_u16())),
        "{}",
        tally(&answers)
    );
    let rest = wrong_passwords(&two, &email("alice"), 100..100 + 1 + ALLOWED).await;
    let refused_from = rest.iter().position(|status| *status == 429).unwrap();
    assert_eq!(decided + refused_from, ALLOWED, "{} and {rest:?}", tally(&answers));
    assert!(rest[..refused_from].iter().all(|status| *status == 401), "{rest:?}");

    let right = Answer::of(sign_in(&one.service, &address(99), &email("alice"), PASSWORD, "")).await;
    assert_eq!(right.status, 429, "a stranger with the right password does not learn that it is");
    let wait: u64 = right.header("x-retry-after").unwrap().parse().unwrap();
    assert!((800..=900).contains(&wait), "{wait}");
    let other = sign_in(&one.service, &address(99), &email("bob"), "wrong password", "");
    assert_eq!(Answer::of(other).await.status, 401, "another account");
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_limited_the_same() {
    let auth = limited().await;
    sign_up(&auth.service, "203.0.113.1", "alice").await;
    let known = wrong_passwords(&auth.service, &email("alice"), 0..12).await;
    let unknown = wrong_passwords(&auth.service, &email("nobody"), 20..32).await;
    assert_eq!(known, [vec![401; ALLOWED], vec![429; 2]].concat());
    assert_eq!(known, unknown);
    let last = |account: &str| Answer::of(sign_in(&auth.service, &address(50), account, "x", ""));
    let (known, unknown) = (last(&email("alice")).await, last(&email("nobody")).await);
    assert_eq!(known.text, unknown.text);
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&known), names(&unknown));
}

#[tokio::test]
async fn a_device_that_has_signed_in_is_not_locked_out_by_strangers() {
    let auth = limited().await;
    let first = sign_up(&auth.service, "203.0.113.1", "alice").await;
    let second = sign_in(&auth.service, "203.0.113.2", &email("alice"), PASSWORD, "");
    let devices = [first, Answer::of(second).await].map(|answer| device_cookie(&answer).unwrap());
    assert_ne!(devices[0], devices[1]);
    assert_eq!(wrong_passwords(&auth.service, &email("alice"), 0..11).await.last(), Some(&429));

    for (index, device) in devices.iter().enumerate() {
        let answer =
            Answer::of(sign_in(&auth.service, &address(60 + index), "ALICE@example.com", PASSWORD, device));
        let answer = answer.await;
        assert_eq!(answer.status, 200, "signed up or in before: {answer:?}");
        assert_eq!(device_cookie(&answer), None, "set only when it changes");
    }
    let stranger = sign_in(&auth.service, &address(70), &email("alice"), PASSWORD, "");
    assert_eq!(Answer::of(stranger).await.status, 429, "and strangers gained nothing by that");
}

#[tokio::test]
async fn a_known_device_has_its_own_limit_which_the_correct_password_resets() {
    let auth = limited().await;
    let signed_up = sign_up(&auth.service, "203.0.113.1", "alice").await;
    let device = device_cookie(&signed_up).unwrap();
    let try_it = async |number: usize, password: &str| {
        let request = sign_in(&auth.service, &address(number), &email("alice"), password, &device);
        Answer::of(request).await.status.as_u16()
    };
    for number in 0..ALLOWED - 1 {
        assert_eq!(try_it(number, "wrong password").await, 401);
    }
    assert_eq!(try_it(20, PASSWORD).await, 200);
    for number in 30..30 + ALLOWED {
        assert_eq!(try_it(number, "wrong password").await, 401, "a whole budget again");
    }
    assert_eq!(try_it(50, PASSWORD).await, 429, "a stolen device may not guess for ever");
    let stranger = sign_in(&auth.service, &address(51), &email("alice"), PASSWORD, "");
    assert_eq!(Answer::of(stranger).await.status, 200, "nor does it use up the budget of others");
}

#[tokio::test]
async fn a_device_has_ten_wrong_passwords_in_verify_password_too() {
    let auth = limited().await;
    let device = sign_up(&auth.service, "203.0.113.1", "alice").await;
    let token = device.body["token"].as_str().unwrap();
    let verify = |password: &str| {
        let request = from(&auth.service, "203.0.113.1", Method::POST, "/verify-password").bearer_auth(token);
        Answer::of(request.json(&json!({"password": password})))
    };
    for _ in 0..ALLOWED {
        assert_eq!(verify("wrong password").await.code(), "INVALID_PASSWORD");
    }
    assert_eq!(verify(PASSWORD).await.status, 429);
    let stranger = sign_in(&auth.service, &address(2), &email("alice"), PASSWORD, "");
    assert_eq!(
        Answer::of(stranger).await.status,
        429,
        "a session without the mark of a device is a stranger"
    );
}

#[tokio::test]
async fn right_passwords_are_given_back_and_wrong_ones_stay_counted() {
    let auth = limited().await;
    sign_up(&auth.service, "203.0.113.1", "alice").await;
    for number in 0..2 * ALLOWED {
        let right = sign_in(&auth.service, &address(number), &email("alice"), PASSWORD, "");
        assert_eq!(Answer::of(right).await.status, 200);
    }
    let mut wrong = wrong_passwords(&auth.service, &email("alice"), 50..55).await;
    let right = sign_in(&auth.service, &address(55), &email("alice"), PASSWORD, "");
    assert_eq!(Answer::of(right).await.status, 200);
    wrong.extend(wrong_passwords(&auth.service, &email("alice"), 60..66).await);
    assert_eq!(wrong, [vec![401; ALLOWED], vec![429]].concat(), "a success of somebody forgives no guesses");
}

#[tokio::test]
async fn what_was_never_compared_is_not_counted() {
    let auth = limited().await;
    sign_up(&auth.service, "203.0.113.1", "alice").await;
    let long = "x".repeat(200);
    for number in 0..2 * ALLOWED {
        let request = sign_in(&auth.service, &address(number), &email("alice"), &long, "");
        assert_eq!(Answer::of(request).await.code(), "PASSWORD_TOO_LONG");
        let request = from(&auth.service, &address(100 + number), Method::POST, "/sign-in/email");
        let forged = request.header("origin", "https://evil.example");
        let body = json!({"email": email("alice"), "password": "wrong password"});
        assert_eq!(Answer::of(forged.json(&body)).await.status, 403);
    }
    let wrong = wrong_passwords(&auth.service, &email("alice"), 50..61).await;
    assert_eq!(wrong, [vec![401; ALLOWED], vec![429]].concat());
}

#[tokio::test]
async fn a_full_hashing_queue_is_no_wrong_password() {
    const REQUESTS: usize = 60;
    let settings = [super::ON.as_slice(), &[("HASH_CONCURRENCY", "1"), ("BCRYPT_COST", "10")]].concat();
    let auth = Auth::start_with(&settings).await;
    // More than one slot can queue, each for an account of its own.
    let names: Vec<String> = (0..REQUESTS).map(|index| email(&format!("a{index}"))).collect();
    let requests = names.iter().enumerate().map(|(index, account)| {
        Answer::of(sign_in(&auth.service, &address(index), account, "wrong password", ""))
    });
    let answers = join_all(requests).await;
    let busy = answers.iter().filter(|answer| answer.status == 503).count();
    let wrong = answers.iter().filter(|answer| answer.status == 401).count();
    assert!(busy > 0 && busy + wrong == REQUESTS, "{}", tally(&answers));
    let client = auth.superuser().await;
    // The counts of networks end within ten seconds, so these are the counts of accounts.
    let counted = "SELECT count(*), sum(count) FROM limits WHERE ends_at > now() + interval '11 seconds'";
    let row = client.query_one(counted, &[]).await.unwrap();
    let counted = (row.get::<_, i64>(0), row.get::<_, i64>(1));
    assert_eq!(counted, (i64::try_from(REQUESTS).unwrap(), i64::try_from(wrong).unwrap()));
}

#[tokio::test]
async fn nobody_reads_addresses_out_of_the_table() {
    let auth = limited().await;
    wrong_passwords(&auth.service, &email("alice"), 0..3).await;
    let client = connect(&auth.database.superuser_url()).await;
    let rows = client.query("SELECT l.*::text, key FROM limits l", &[]).await.unwrap();
    assert_eq!(rows.len(), 4, "one of each address and one of the account");
    for row in rows {
        let key: Vec<u8> = row.get("key");
        assert_eq!(key.len(), 32);
        let text = String::from_utf8_lossy(&key).into_owned();
        assert!(!text.contains("alice") && !text.contains("198.51"), "{text}");
    }
}
