//! How many guesses at codes are compared.

use futures_util::future::join_all;
use jiff::SignedDuration;
use local_stack::Service;
use reqwest::{Client, Method};
use serde_json::json;

use super::{ON, code, other_than, refusal, service, sign_in};
use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, PAGE, email};
use crate::time::Clocked;

/// Turns limits on, and trusts a proxy on this machine to name any client.
const LIMITED: [(&str, &str); 2] = [("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1")];

/// One of many IP addresses.
fn address(number: usize) -> String {
    format!("203.{}.{}.{}", number / 62_500 % 250, number / 250 % 250, number % 250 + 1)
}

async fn guess(http: &Client, service: &Service, from: usize, name: &str, code: &str) -> Answer {
    let request = http.request(Method::POST, format!("{}/api/auth/sign-in/email-otp", service.url()));
    let body = json!({"email": email(name), "otp": code});
    Answer::of(request.header("x-forwarded-for", address(from)).json(&body)).await
}

#[tokio::test]
async fn a_code_allows_three_wrong_guesses_and_no_answer_tells_of_accounts() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    auth.user("alice").await;
    let alices = code(&auth, &mailbox, "forget-password", ("alice", 1)).await;
    super::send(&auth, "forget-password", "nobody").await;
    let check = async |name: &str, code: &str| {
        let body = json!({"email": email(name), "type": "forget-password", "otp": code});
        let answer = auth.post("/email-otp/check-verification-otp", &body).await;
        (answer.status.as_u16(), answer.code().to_owned())
    };
    let ok = check("alice", &alices).await;
    assert_eq!(ok.0, 200, "a right one is not counted");
    for name in ["alice", "nobody"] {
        let wrong = other_than(&alices);
        let mut refusals = Vec::new();
        for _ in 0..5 {
            refusals.push(check(name, &wrong).await.1);
        }
        let expected = ["INVALID_OTP", "INVALID_OTP", "INVALID_OTP", "TOO_MANY_ATTEMPTS", "INVALID_OTP"];
        assert_eq!(refusals, expected, "{name}");
    }
    assert_eq!(check("alice", &alices).await.1, "INVALID_OTP", "the code is gone");
}

/// Comparing takes longer for an account, whose row is locked.
#[tokio::test]
async fn a_wrong_guess_takes_the_minimum_time_with_and_without_an_account() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    auth.user("alice").await;
    for (path, body) in [
        ("/sign-in/email-otp", json!({})),
        ("/email-otp/check-verification-otp", json!({"type": "forget-password"})),
        ("/email-otp/verify-email", json!({})),
        ("/email-otp/reset-password", json!({"password": "a brand new password"})),
    ] {
        for name in ["alice", "nobody"] {
            let mut body = body.clone();
            body["email"] = json!(email(name));
            body["otp"] = json!("123456");
            let start = tokio::time::Instant::now();
            let answer = auth.post(path, &body).await;
            assert_eq!(refusal(&answer), (400, "INVALID_OTP"), "{path} {name}");
            assert!(start.elapsed().as_millis() >= 100, "{path} {name}: {:?}", start.elapsed());
        }
    }
}

#[tokio::test]
async fn concurrent_guesses_are_counted() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[("DATABASE_POOL_SIZE", "8")]).await;
    let code = code(&auth, &mailbox, "sign-in", ("alice", 1)).await;
    let wrong = other_than(&code);
    let answers = join_all((0..20).map(|_| sign_in(&auth, "alice", &wrong))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.code() == "TOO_MANY_ATTEMPTS").count(),
        1,
        "{answers:?}"
    );
    assert_eq!(refusal(&sign_in(&auth, "alice", &code).await), (400, "INVALID_OTP"));
}

#[tokio::test]
async fn of_ten_thousand_guesses_at_the_codes_of_an_account_ten_are_compared() {
    let mailbox = Mailbox::new();
    // Only the limit of the account counts.
    let rules = ("RATE_LIMIT_RULES", "/sign-in/*=off");
    let auth = Auth::start_with_mail(&mailbox, &[&[ON, rules][..], &LIMITED].concat()).await;
    let http = Client::new();
    let (mut compared, mut refused, mut codes) = (0, 0, 0);
    for batch in 0..200 {
        if batch % 10 == 0 {
            // From everywhere, so that the mail limits of a network do not matter.
            let request = auth.request(Method::POST, "/email-otp/send-verification-otp");
            let body = json!({"email": email("alice"), "type": "sign-in"});
            Answer::of(request.header("x-forwarded-for", address(20_000 + batch)).json(&body)).await;
            codes += 1;
        }
        // Seven digits, so that none is right.
        let guesses =
            (0..50).map(|number| guess(&http, &auth.service, 50 * batch + number, "alice", "1234567"));
        for answer in join_all(guesses).await {
            match answer.status.as_u16() {
                400 | 403 => compared += 1,
                429 => refused += 1,
                _ => panic!("{answer:?}"),
            }
        }
    }
    // Those that are refused since the code allowed three are given back, and compare nothing.
    let most = 10 + codes;
    assert!((10..=most).contains(&compared) && refused == 10_000 - compared, "{compared}, {refused}");
    let sent = mailbox.mails().iter().filter(|mail| mail.to == email("alice")).count();
    assert!(sent <= 5, "{sent} mails in an hour");
}

#[tokio::test]
async fn an_attacker_does_not_lock_out_a_known_device() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[&[ON][..], &LIMITED].concat()).await;
    let http = Client::new();
    let request = |from: usize, path: &str, body: serde_json::Value| {
        auth.request(Method::POST, path).header("x-forwarded-for", address(from)).json(&body)
    };
    let ask = |from| {
        let body = json!({"email": email("alice"), "type": "sign-in"});
        request(from, "/email-otp/send-verification-otp", body)
    };
    Answer::of(ask(1)).await;
    let code = mailbox.code_to(&email("alice"), 1).await;
    let entered = guess(&http, &auth.service, 2, "alice", &code).await;
    let device = entered.cookies().into_iter().find(|cookie| cookie.contains(".device=")).unwrap();
    let device = device.split(';').next().unwrap().to_owned();
    let mut last = 0;
    for number in 10..30 {
        last = guess(&http, &auth.service, number, "alice", "1234567").await.status.as_u16();
    }
    assert_eq!(last, 429);
    Answer::of(ask(3)).await;
    let code = mailbox.code_to(&email("alice"), 2).await;
    let locked = guess(&http, &auth.service, 50, "alice", &code).await;
    assert_eq!(locked.status, 429, "an unknown device waits: {locked:?}");
    let own = request(51, "/sign-in/email-otp", json!({"email": email("alice"), "otp": code}));
    let own = Answer::of(own.header("cookie", device).header("origin", PAGE)).await;
    assert_eq!(own.status, 200, "{own:?}");
}

#[actix_web::test]
async fn after_an_hour_guesses_are_compared_again() {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let settings = [&[ON, ("MAIL_URL", &*url), ("MAIL_FROM", "a@example.com")][..], &LIMITED].concat();
    let server = Clocked::start_with(&settings).await;
    let guess = async |from: usize| {
        let request = server.http.post(format!("{}/api/auth/sign-in/email-otp", server.url));
        let body = json!({"email": email("alice"), "otp": "123456"});
        Answer::of(request.header("x-forwarded-for", address(from)).json(&body)).await.status.as_u16()
    };
    let mut statuses = Vec::new();
    for number in 0..12 {
        statuses.push(guess(number).await);
    }
    assert_eq!(statuses, [&[400; 10][..], &[429; 2]].concat());
    server.clock.advance(SignedDuration::from_secs(3600));
    assert_eq!(guess(20).await, 400);
}
