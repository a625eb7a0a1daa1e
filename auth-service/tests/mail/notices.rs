//! Notices to the owner of an account, received by a real mail server.

use local_stack::testing::{self, CountedDatabase, TestDatabase};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::scene::{Scene, cookies, place};
use super::server::MailServer;
use crate::support::{Answer, PASSWORD, email, sign_up_cookie};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/17.5 Mobile/15E148 Safari/604.1";
const NEW: &str = "another good password";
const NEW_DEVICE: &str = "New sign-in to your account";
const PASSWORD_CHANGED: &str = "Your password was changed";
/// Maximum number of notices of one kind in an hour.
const NOTICES: usize = 5;

#[tokio::test]
async fn a_sign_in_on_a_new_device_is_reported_and_says_when_where_and_what() {
    let Some(scene) = Scene::new(&[]).await else { return };
    scene.sign_up(("198.51.100.1", FIREFOX), "alice").await;
    assert!(scene.subjects("alice").await.is_empty(), "the sign-up's own session is not reported");
    scene.sign_in(("203.0.113.7", SAFARI), "", "alice", PASSWORD).await;
    assert_eq!(scene.subjects("alice").await, [NEW_DEVICE]);
    let mail = &scene.mails_to("alice").await[0];
    let (text, html) = (mail["text"].as_str().unwrap(), mail["html"].as_str().unwrap());
    for part in [
        "Example account on a new device",
        " UTC",
        "203.0.113.7",
        "Safari on iPhone",
        "Forgot your password?",
    ] {
        assert!(text.contains(part) && html.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("://") && !html.contains("href"), "it has no link: {text}");
}

#[tokio::test]
async fn a_known_device_is_not_reported() {
    let Some(scene) = Scene::new(&[]).await else { return };
    let home = ("198.51.100.1", FIREFOX);
    let device = cookies(&scene.sign_up(home, "alice").await, ".device");
    // The mark is enough, wherever the device is.
    scene.sign_in(("203.0.113.7", FIREFOX), &device, "alice", PASSWORD).await;
    // A client without cookies is known while a session that it started is live.
    scene.sign_in(home, "", "alice", PASSWORD).await;
    assert!(scene.subjects("alice").await.is_empty());
    // Neither the mark of another account nor half of what such a client shows is enough.
    let others = cookies(&scene.sign_up(("198.51.100.2", FIREFOX), "mallory").await, ".device");
    scene.sign_in(("203.0.114.7", FIREFOX), &others, "alice", PASSWORD).await;
    scene.sign_in(("198.51.100.1", SAFARI), "", "alice", PASSWORD).await;
    assert_eq!(scene.subjects("alice").await.len(), 2);
    // Without a live session the client is new again.
    scene.execute("DELETE FROM sessions").await;
    scene.sign_in(home, "", "alice", PASSWORD).await;
    assert_eq!(scene.subjects("alice").await.len(), 3);
}

#[tokio::test]
async fn a_wrong_password_is_not_reported() {
    let Some(scene) = Scene::new(&[]).await else { return };
    scene.sign_up(("198.51.100.1", FIREFOX), "alice").await;
    for name in ["alice", "nobody"] {
        let body = json!({"email": email(name), "password": "wrong password"});
        let answer = Answer::of(scene.post(("203.0.113.7", SAFARI), "", "/sign-in/email", &body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "INVALID_EMAIL_OR_PASSWORD"));
        assert!(scene.subjects(name).await.is_empty());
    }
}

#[tokio::test]
async fn the_browser_that_verified_its_email_or_reset_its_password_is_not_reported() {
    let Some(scene) = Scene::new(&[("REQUIRE_EMAIL_VERIFICATION", "true")]).await else { return };
    let home = ("198.51.100.1", FIREFOX);
    let browser = sign_up_cookie(&scene.sign_up(home, "alice").await);
    let token = |mail: &Value| {
        let text = mail["text"].as_str().unwrap();
        let link =
            text.lines().find(|line| line.starts_with("http")).unwrap().parse::<reqwest::Url>().unwrap();
        let in_query =
            link.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
        in_query.unwrap_or_else(|| link.path_segments().unwrap().next_back().unwrap().to_owned())
    };
    // On another device, with the password.
    let phone = ("203.0.113.9", SAFARI);
    let verified = json!({"token": token(&scene.mails_to("alice").await[0]), "password": PASSWORD});
    let verified = Answer::of(scene.post(phone, "", "/verify-email", &verified)).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    scene.sign_in(phone, &cookies(&verified, ".device"), "alice", PASSWORD).await;
    scene.sign_in(home, &browser, "alice", PASSWORD).await;

    let asked = json!({"email": email("alice"), "redirectTo": "/reset"});
    let elsewhere = ("203.0.113.7", SAFARI);
    assert_eq!(Answer::of(scene.post(elsewhere, "", "/request-password-reset", &asked)).await.status, 200);
    let reset = json!({"token": token(&scene.mails_to("alice").await[1]), "newPassword": NEW});
    let reset = Answer::of(scene.post(elsewhere, "", "/reset-password", &reset)).await;
    assert_eq!(reset.status, 200, "{reset:?}");
    scene.sign_in(elsewhere, &cookies(&reset, ".device"), "alice", NEW).await;
    let subjects = scene.subjects("alice").await;
    assert_eq!(subjects, ["Verify your email address", "Reset your password", PASSWORD_CHANGED]);

    // The mark of the former password is worth nothing, and neither is the cookie of the sign-up.
    scene.sign_in(home, &browser, "alice", NEW).await;
    assert_eq!(scene.subjects("alice").await[3..], [NEW_DEVICE]);
}

#[tokio::test]
async fn a_changed_password_and_a_changed_email_are_reported_with_their_circumstances() {
    let Some(scene) = Scene::new(&[]).await else { return };
    let home = ("198.51.100.1", FIREFOX);
    let device = cookies(&scene.sign_up(home, "alice").await, "session_token");
    let change = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    assert_eq!(Answer::of(scene.post(home, &device, "/change-password", &change)).await.status, 200);
    let change = json!({"newEmail": email("renamed")});
    assert_eq!(Answer::of(scene.post(home, &device, "/change-email", &change)).await.status, 200);
    let mails = scene.mails_to("renamed").await;
    let link = mails[0]["text"].as_str().unwrap();
    let link = link.lines().find(|line| line.starts_with("http")).unwrap();
    let (_, path) = link.split_once("/api/auth").unwrap();
    let follow = scene.auth.request_without_redirects(Method::GET, path).header("cookie", &device);
    let follow = follow.header("x-forwarded-for", "203.0.113.9").header("user-agent", SAFARI);
    assert_eq!(Answer::of(follow).await.status, 302);

    let subjects = scene.subjects("alice").await;
    assert_eq!(subjects, [PASSWORD_CHANGED, "Your email address was changed"], "to the former email");
    let mails = scene.mails_to("alice").await;
    for (mail, address, name) in
        [(&mails[0], home.0, "Firefox on Linux"), (&mails[1], "203.0.113.9", "Safari on iPhone")]
    {
        let text = mail["text"].as_str().unwrap();
        for line in [format!("IP address: {address}"), format!("Device: {name}")] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        assert!(text.contains(" UTC") && !text.contains("://"), "{text}");
    }
    let text = mails[1]["text"].as_str().unwrap();
    assert!(text.contains("r***@e***.com") && !text.contains("renamed"), "{text}");
}

#[tokio::test]
async fn a_burst_of_sign_ins_sends_few_mails_and_leaves_those_for_a_reset() {
    for verified in [true, false] {
        let Some(scene) = Scene::new(&[("METRICS_BIND", "127.0.0.1:0")]).await else { return };
        scene.sign_up(("198.51.100.1", FIREFOX), "alice").await;
        scene.execute(&format!("UPDATE users SET email_verified = {verified}")).await;
        for number in 0..12 {
            scene.sign_in((&place(number), SAFARI), "", "alice", PASSWORD).await;
        }
        assert_eq!(scene.subjects("alice").await, [NEW_DEVICE; NOTICES], "verified: {verified}");
        let asked = json!({"email": email("alice")});
        let ask = async |number| {
            let request = scene.post((&place(number), SAFARI), "", "/request-password-reset", &asked);
            assert_eq!(Answer::of(request).await.status, 200);
        };
        ask(0).await;
        assert_eq!(scene.subjects("alice").await.last().unwrap(), "Reset your password");
        let line = scene.auth.service.output().into_iter().find(|line| line.contains("\"metrics\"")).unwrap();
        let address: Value = serde_json::from_str(&line).unwrap();
        let url = format!("http://{}/metrics", address["fields"]["addr"].as_str().unwrap());
        let metrics = reqwest::get(url).await.unwrap().text().await.unwrap();
        let withheld = format!("auth_service_mails_withheld_total{{limit=\"notice\"}} {}", 12 - NOTICES);
        assert!(metrics.contains(&withheld), "{metrics}");

        // And the other way round: requests for links do not use up the notices.
        scene.execute("DELETE FROM limits").await;
        for number in 0..8 {
            ask(number).await;
        }
        let before = scene.subjects("alice").await.len();
        scene.sign_in((&place(30), FIREFOX), "", "alice", PASSWORD).await;
        assert_eq!(scene.subjects("alice").await[before..], [NEW_DEVICE], "verified: {verified}");
    }
}

#[tokio::test]
async fn a_burst_at_once_over_one_account_sends_exactly_as_many_as_allowed() {
    let Some(scene) = Scene::new(&[]).await else { return };
    scene.sign_up(("198.51.100.1", FIREFOX), "alice").await;
    scene.execute("UPDATE users SET email_verified = true").await;
    let places: Vec<String> = (0..10).map(place).collect();
    let signed_in = places.iter().map(|place| scene.sign_in((place, SAFARI), "", "alice", PASSWORD));
    futures_util::future::join_all(signed_in).await;
    assert_eq!(scene.auth.count("sessions").await, 11);
    assert_eq!(scene.subjects("alice").await, [NEW_DEVICE; NOTICES]);
}

#[tokio::test]
async fn each_notice_can_be_turned_off() {
    for (setting, expected) in [
        ("none", Vec::new()),
        ("password-changed,email-changed", vec![PASSWORD_CHANGED]),
        ("new-device", vec![NEW_DEVICE]),
    ] {
        let Some(scene) = Scene::new(&[("NOTIFICATION_MAILS", setting)]).await else { return };
        let home = ("198.51.100.1", FIREFOX);
        let device = cookies(&scene.sign_up(home, "alice").await, "session_token");
        let change = json!({"currentPassword": PASSWORD, "newPassword": NEW});
        assert_eq!(Answer::of(scene.post(home, &device, "/change-password", &change)).await.status, 200);
        scene.sign_in(("203.0.113.7", SAFARI), "", "alice", NEW).await;
        assert_eq!(scene.subjects("alice").await, expected, "{setting}");
    }
}

/// Without limits nothing bounds the notices of new devices, and no device is marked.
#[tokio::test]
async fn without_limits_no_new_device_is_reported() {
    let Some(scene) = Scene::new(&[("RATE_LIMIT_ENABLED", "false")]).await else { return };
    scene.sign_up(("198.51.100.1", FIREFOX), "alice").await;
    scene.sign_in(("203.0.113.7", SAFARI), "", "alice", PASSWORD).await;
    assert!(scene.subjects("alice").await.is_empty());
}

#[tokio::test]
async fn a_sign_in_that_is_not_stored_is_not_reported_and_a_notice_that_is_not_stored_stops_the_sign_in() {
    let Some(scene) = Scene::new(&[]).await else { return };
    scene.sign_up(("198.51.100.1", FIREFOX), "alice").await;
    let body = json!({"email": email("alice"), "password": PASSWORD});
    let sign_in = || Answer::of(scene.post(("203.0.113.7", SAFARI), "", "/sign-in/email", &body));
    for (table, other) in [("sessions", "outbox"), ("outbox", "sessions")] {
        let before = scene.auth.count(other).await;
        scene.execute(&format!("ALTER TABLE {table} ADD CONSTRAINT full_up CHECK (false) NOT VALID")).await;
        assert_eq!(sign_in().await.status, 500, "{table}");
        assert_eq!(scene.auth.count(other).await, before, "{table}");
        scene.execute(&format!("ALTER TABLE {table} DROP CONSTRAINT full_up")).await;
    }
    assert!(scene.subjects("alice").await.is_empty());
    assert_eq!(sign_in().await.status, 200);
    assert_eq!(scene.subjects("alice").await, [NEW_DEVICE], "nor was it counted");
}

/// The round trips of a sign-in on a new device whose notice is withheld, and of one on a device that is known by its
/// session.
async fn round_trips(server: &MailServer, notices: &str) -> [usize; 2] {
    let database = TestDatabase::auth().await;
    let counted = CountedDatabase::of(&database).await;
    let settings = [
        ("DATABASE_URL", counted.service_url()),
        ("DATABASE_POOL_SIZE", "1"),
        ("KEY_REFRESH_INTERVAL", "10s"),
        ("MAIL_URL", &server.url()),
        ("MAIL_FROM", "accounts@example.com"),
        ("MAIL_POLL_INTERVAL", "10m"),
        ("RATE_LIMIT_ENABLED", "true"),
        ("RATE_LIMIT_RULES", "/sign-in/*=off"),
        ("NOTIFICATION_MAILS", notices),
    ];
    let service = testing::auth_service(&database, &settings).await;
    let http = Client::new();
    let account = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let post = async |path: &str, user_agent: &str| {
        let request = http.post(format!("{}/api/auth{path}", service.url()));
        let answer = Answer::of(request.header("user-agent", user_agent).json(&account)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    post("/sign-up/email", FIREFOX).await;
    let mut number = 0;
    let mut new_device = async || {
        number += 1;
        post("/sign-in/email", &format!("program{number}")).await;
    };
    for _ in 0..NOTICES {
        new_device().await;
    }
    if notices != "none" {
        // One site may cause two. When they are sent, the worker is idle.
        server.received(2).await;
    }
    let known = async || post("/sign-in/email", FIREFOX).await;
    [counted.cost_of(new_device).await, counted.cost_of(known).await]
}

#[tokio::test]
async fn a_sign_in_without_a_mail_costs_no_round_trip_more() {
    let Some(server) = MailServer::plain().await else { return };
    let costs = round_trips(&server, "new-device").await;
    assert_eq!(costs, round_trips(&server, "none").await);
}
