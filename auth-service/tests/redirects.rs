//! Redirects lead to trusted origins only, whatever a link or a body contains.

use reqwest::{Method, Url};
use serde_json::json;

use crate::mailbox::{Mailbox, follow};
use crate::support::{Answer, Auth, Device, PAGE, PASSWORD, email};

/// The service's `BASE_URL`.
const BASE: &str = "http://localhost:8081";
/// Targets that some parser reads as another host.
const HOSTILE: [&str; 20] = [
    "/.//evil.example",
    "/..//evil.example",
    "/x/..//evil.example",
    "/x/y/../..//evil.example/z",
    "/%2e//evil.example",
    "/%2E%2e//evil.example",
    "/x/.%2e//evil.example",
    "/.//evil.example?x=y#z",
    "/.//",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/.\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/.\t//evil.example",
    "\t//evil.example",
    "/\r\n/evil.example",
    "/%2f/evil.example",
    "https:evil.example",
];

fn encoded(target: &str) -> String {
    url::form_urlencoded::byte_serialize(target.as_bytes()).collect()
}

/// The URL to which a browser is redirected: resolved by the WHATWG rules, and of a trusted origin.
#[track_caller]
fn destination(answer: &Answer) -> Url {
    let location = answer.header("location").unwrap();
    let url = Url::parse(BASE).unwrap().join(&location).unwrap();
    let origin = url.origin().ascii_serialization();
    assert!([BASE, PAGE].contains(&origin.as_str()), "{location} leads to {origin}");
    url
}

#[track_caller]
fn assert_refused(answer: &Answer, target: &str) {
    assert_eq!(answer.header("location"), None, "{target}: {answer:?}");
    assert_eq!(answer.status, 403, "{target}: {answer:?}");
    assert!(
        ["INVALID_CALLBACK_URL", "INVALID_REDIRECT_URL"].contains(&answer.code()),
        "{target}: {answer:?}"
    );
}

#[tokio::test]
async fn no_link_leads_to_a_strangers_host() {
    let mailbox = Mailbox::new();
    let on = [("DELETE_USER_ENABLED", "true"), ("DELETE_USER_VERIFICATION", "true")];
    let auth = Auth::start_with_mail(&mailbox, &on).await;
    let alice = auth.user("alice").await;
    alice.post("/send-verification-email", &json!({"email": email("alice")})).await;
    let verification = mailbox.mail_to(&email("alice"), 1).await.token();
    auth.post("/request-password-reset", &json!({"email": email("alice"), "redirectTo": "/"})).await;
    let reset = mailbox.mail_to(&email("alice"), 2).await.token();
    alice.post("/delete-user", &json!({})).await;
    let deletion = mailbox.mail_to(&email("alice"), 3).await.token();

    let links = [
        "/api/auth/verify-email?token=unknown&callbackURL=".to_owned(),
        format!("/api/auth/verify-email?token={verification}&callbackURL="),
        "/api/auth/reset-password/unknown?callbackURL=".to_owned(),
        format!("/api/auth/reset-password/{reset}?callbackURL="),
        format!("/api/auth/delete-user/callback?token={deletion}&callbackURL="),
    ];
    for link in &links {
        for target in HOSTILE {
            let answer = follow(&auth, &format!("{link}{}", encoded(target)), Some(&alice.cookie)).await;
            assert_refused(&answer, &format!("{link}{target}"));
        }
    }
    // Each still redirects, so a refusal above was caused by the target.
    for link in &links {
        for target in ["/x//evil.example?y=//evil.example", "http://localhost:3000//evil.example"] {
            let answer = follow(&auth, &format!("{link}{}", encoded(target)), Some(&alice.cookie)).await;
            if link.contains("delete-user") && answer.status != 302 {
                continue;
            }
            assert_eq!(destination(&answer).path().trim_start_matches("/x"), "//evil.example", "{link}");
        }
    }
}

#[tokio::test]
async fn nothing_that_is_asked_for_by_post_takes_a_strangers_host() {
    let mailbox = Mailbox::new();
    let on = [("DELETE_USER_ENABLED", "true"), ("CHANGE_EMAIL_ENABLED", "true")];
    let auth = Auth::start_with_mail(&mailbox, &on).await;
    let alice = auth.user("alice").await;
    for target in HOSTILE {
        for (path, body) in [
            ("/sign-in/email", json!({"email": email("alice"), "password": PASSWORD, "callbackURL": target})),
            (
                "/sign-up/email",
                json!({"name": "B", "email": email("bob"), "password": PASSWORD, "callbackURL": target}),
            ),
            ("/send-verification-email", json!({"email": email("alice"), "callbackURL": target})),
            ("/change-email", json!({"newEmail": email("new"), "callbackURL": target})),
            ("/delete-user", json!({"password": PASSWORD, "callbackURL": target})),
            ("/request-password-reset", json!({"email": email("alice"), "redirectTo": target})),
        ] {
            assert_refused(&alice.post(path, &body).await, &format!("{path} {target}"));
        }
        let query = format!("/sign-out?callbackURL={}", encoded(target));
        assert_refused(&alice.post(&query, &json!({})).await, target);
    }
    assert_eq!(mailbox.mails().len(), 0);
}

async fn sign_in(auth: &Auth, target: &str) -> Answer {
    let body = json!({"email": email("alice"), "password": PASSWORD, "callbackURL": target});
    Answer::of(auth.request_without_redirects(Method::POST, "/sign-in/email").json(&body)).await
}

/// Clients go to `url` and browsers to `Location`: both are the target that was checked, unchanged if that is safe.
#[tokio::test]
async fn a_sign_in_leads_on_to_what_was_checked() {
    let auth = Auth::start().await;
    let _: Device<'_> = auth.user("alice").await;
    for (target, url, location) in [
        ("/there?x=y#z", "/there?x=y#z", "/there?x=y#z"),
        ("/./a/../b", "/./a/../b", "/./a/../b"),
        ("/\u{e4}", "/\u{e4}", "/%C3%A4"),
        ("http://localhost:3000//x", "http://localhost:3000//x", "http://localhost:3000//x"),
        // Without slashes it is a path if the base URL has the same scheme.
        ("http:localhost:3000/x", "http://localhost:3000/x", "http://localhost:3000/x"),
    ] {
        let answer = sign_in(&auth, target).await;
        assert_eq!(answer.body["redirect"], true, "{target}: {answer:?}");
        assert_eq!(answer.body["url"], url);
        assert_eq!(answer.header("location").as_deref(), Some(location), "{target}");
        destination(&answer);
    }
    let nowhere = sign_in(&auth, "").await;
    assert_eq!((&nowhere.body["redirect"], &nowhere.body["url"]), (&json!(false), &json!("")));
    assert_eq!(nowhere.header("location"), None);
}
