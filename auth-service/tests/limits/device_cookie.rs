//! The device cookie, as browsers see it.

use reqwest::Method;
use serde_json::json;

use super::{address, device_cookie, from, limited, sign_in, sign_up, wrong_passwords};
use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, PAGE, PASSWORD, email};

#[tokio::test]
async fn it_follows_the_session_cookie_and_survives_the_session() {
    let auth = limited().await;
    let signed_up = sign_up(&auth.service, "203.0.113.1", "alice").await;
    let cookies = signed_up.cookies();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].starts_with("better-auth.session_token="), "{cookies:?}");
    assert!(cookies[1].ends_with("; Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax"), "{cookies:?}");
    let device = device_cookie(&signed_up).unwrap();
    assert!(!device.contains("alice") && device.len() < 300, "{device}");

    let session = cookies[0].split(';').next().unwrap();
    let sign_out = from(&auth.service, "203.0.113.1", Method::POST, "/sign-out").header("origin", PAGE);
    let signed_out =
        Answer::of(sign_out.header("cookie", format!("{session}; {device}")).json(&json!({}))).await;
    let cleared = signed_out.cookies();
    assert_eq!((signed_out.status.as_u16(), cleared.len()), (200, 3));
    assert!(cleared.iter().all(|cookie| !cookie.contains(".device")), "{cleared:?}");
}

#[tokio::test]
async fn it_authenticates_nothing() {
    let auth = limited().await;
    let device = device_cookie(&sign_up(&auth.service, "203.0.113.1", "alice").await).unwrap();
    let value = device.split_once('=').unwrap().1;
    for cookie in [device.clone(), format!("better-auth.session_token={value}")] {
        let get = |path| from(&auth.service, "203.0.113.1", Method::GET, path).header("cookie", &cookie);
        assert_eq!(Answer::of(get("/get-session")).await.text, "null", "{cookie}");
        assert_eq!(Answer::of(get("/token")).await.status, 401, "{cookie}");
    }
}

#[tokio::test]
async fn a_second_account_joins_the_first_on_the_same_device() {
    let auth = limited().await;
    sign_up(&auth.service, "203.0.113.1", "bob").await;
    let alices = device_cookie(&sign_up(&auth.service, "203.0.113.2", "alice").await).unwrap();
    let bob = Answer::of(sign_in(&auth.service, "203.0.113.3", &email("bob"), PASSWORD, &alices)).await;
    let both = device_cookie(&bob).unwrap();
    assert_ne!(both, alices, "it gained an account");
    for (index, name) in ["alice", "bob"].into_iter().enumerate() {
        wrong_passwords(&auth.service, &email(name), index * 20..index * 20 + 11).await;
        let again = sign_in(&auth.service, &address(60 + index), &email(name), PASSWORD, &both);
        let again = Answer::of(again).await;
        assert_eq!((again.status.as_u16(), device_cookie(&again)), (200, None), "{name}");
    }
}

#[tokio::test]
async fn a_forged_or_foreign_one_counts_as_none() {
    let auth = limited().await;
    let alices = device_cookie(&sign_up(&auth.service, "203.0.113.1", "alice").await).unwrap();
    let mallorys = device_cookie(&sign_up(&auth.service, "203.0.113.2", "mallory").await).unwrap();
    assert_eq!(wrong_passwords(&auth.service, &email("alice"), 0..11).await.last(), Some(&429));

    // The same cookie of another service, with other secrets.
    let secrets = [("AUTH_SECRETS", "another-secret-another-secret-another")];
    let settings = [super::ON.as_slice(), &secrets].concat();
    let elsewhere = Auth::start_with(&settings).await;
    let foreign = device_cookie(&sign_up(&elsewhere.service, "203.0.113.1", "alice").await).unwrap();

    let (text, signature) = alices.rsplit_once('.').unwrap();
    let marks_of_alice = text.rsplit('~').next().unwrap();
    let (mallorys_text, mallorys_signature) = mallorys.rsplit_once('.').unwrap();
    let forged = [
        mallorys.clone(),
        foreign,
        text.to_owned(),
        format!("{text}."),
        format!("{text}.{mallorys_signature}"),
        format!("{mallorys_text}~{marks_of_alice}.{mallorys_signature}"),
        format!("{text}~{marks_of_alice}.{signature}"),
        "better-auth.device=%ff".to_owned(),
        "better-auth.device=".to_owned(),
        alices.replace("better-auth.device", "better-auth.Device"),
    ];
    for (index, cookie) in forged.iter().enumerate() {
        let request = sign_in(&auth.service, &address(100 + index), &email("alice"), PASSWORD, cookie);
        assert_eq!(Answer::of(request).await.status, 429, "{cookie}");
    }
    let planted = format!("better-auth.device=x; {mallorys}; {alices}");
    let request = sign_in(&auth.service, &address(200), &email("alice"), PASSWORD, &planted);
    assert_eq!(Answer::of(request).await.status, 200, "a planted one does not hide the good one");
}

/// Before there were device cookies, a client that keeps cookies and sends no Origin could sign in again after signing
/// out.
#[tokio::test]
async fn alone_it_asks_for_no_origin() {
    let auth = limited().await;
    let device = device_cookie(&sign_up(&auth.service, "203.0.113.1", "alice").await).unwrap();
    let request = |cookie: &str| {
        let request =
            from(&auth.service, "203.0.113.2", Method::POST, "/sign-in/email").header("cookie", cookie);
        request.json(&json!({"email": email("alice"), "password": PASSWORD}))
    };
    assert_eq!(Answer::of(request(&device)).await.status, 200);
    assert_eq!(Answer::of(request(&format!("{device}; a=b"))).await.code(), "MISSING_OR_NULL_ORIGIN");
    let evil = request(&device).header("origin", "https://evil.example");
    assert_eq!(Answer::of(evil).await.code(), "INVALID_ORIGIN");
}

/// Otherwise somebody who knew a former password could mark many devices and guess with the limit of each.
#[tokio::test]
async fn devices_of_a_former_password_are_unknown_and_the_one_that_changed_it_is_known() {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let mail =
        [("MAIL_URL", &*url), ("MAIL_FROM", "a@example.com"), ("NOTIFICATION_MAILS", "password-changed")];
    let settings = [super::ON.as_slice(), &mail].concat();
    let auth = Auth::start_with(&settings).await;
    let signed_up = sign_up(&auth.service, "203.0.113.1", "alice").await;
    let session = signed_up.cookies()[0].split(';').next().unwrap().to_owned();
    let own = device_cookie(&signed_up).unwrap();
    let mut collected = Vec::new();
    for number in 0..5 {
        let request = sign_in(&auth.service, &address(number), &email("alice"), PASSWORD, "");
        collected.push(device_cookie(&Answer::of(request).await).unwrap());
    }

    let change = from(&auth.service, "203.0.113.1", Method::POST, "/change-password");
    let change = change.header("cookie", format!("{session}; {own}")).header("origin", PAGE);
    let body = json!({"currentPassword": PASSWORD, "newPassword": "a brand new password"});
    let changed = Answer::of(change.json(&body)).await;
    let renewed = device_cookie(&changed).expect("the device that changed it is known again");

    let mut statuses = Vec::new();
    for number in 0..15 {
        let device = &collected[number % collected.len()];
        let guess = sign_in(&auth.service, &address(20 + number), &email("alice"), "a guess at it", device);
        statuses.push(Answer::of(guess).await.status.as_u16());
    }
    assert_eq!(statuses, [vec![401; 10], vec![429; 5]].concat(), "one budget for all of them");
    let password = "a brand new password";
    let stale = sign_in(&auth.service, &address(50), &email("alice"), password, &own);
    assert_eq!(Answer::of(stale).await.status, 429);
    let known = sign_in(&auth.service, &address(51), &email("alice"), password, &renewed);
    assert_eq!(Answer::of(known).await.status, 200);

    // By a reset, in a browser that never signed in.
    let ask = from(&auth.service, &address(60), Method::POST, "/request-password-reset");
    Answer::of(ask.json(&json!({"email": email("alice")}))).await;
    let token = mailbox.mail_to(&email("alice"), 2).await.token();
    let reset = from(&auth.service, &address(60), Method::POST, "/reset-password");
    let reset = Answer::of(reset.json(&json!({"newPassword": PASSWORD, "token": token}))).await;
    let fresh = device_cookie(&reset).expect("the browser that reset it is known");
    for (device, status) in [(&renewed, 429), (&fresh, 200)] {
        let request = sign_in(&auth.service, &address(61 + status), &email("alice"), PASSWORD, device);
        assert_eq!(usize::from(Answer::of(request).await.status.as_u16()), status);
    }
}
