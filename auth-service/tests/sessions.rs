use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Auth, PAGE};

const CLEARED: [&str; 3] = [
    "better-auth.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
    "better-auth.session_data=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
    "better-auth.dont_remember=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
];

#[tokio::test]
async fn get_session_shows_the_session_and_its_user() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let answer = alice.get("/get-session").await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.body, {
        ".session.id" => "[id]", ".session.token" => "[id]", ".session.userId" => "[id]",
        ".user.id" => "[id]", ".user.createdAt" => "[time]", ".user.updatedAt" => "[time]",
        ".session.expiresAt" => "[time]", ".session.createdAt" => "[time]", ".session.updatedAt" => "[time]",
    });
    assert_eq!(answer.header("cache-control").unwrap(), "no-store");
    assert_eq!(answer.header("pragma").unwrap(), "no-cache");
    assert_eq!(answer.header("set-auth-jwt").unwrap().split('.').count(), 3);
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("set-auth-jwt"), "sent without an Origin too: {exposed}");
    assert!(answer.cookies().is_empty(), "a young session is not extended");
}

#[tokio::test]
async fn the_session_id_in_lists_does_not_authenticate() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let session = alice.session().await;
    let handle = session["session"]["token"].as_str().unwrap();
    assert_eq!(session["session"]["id"], handle);
    assert_ne!(handle, alice.token);
    let request = auth.request(Method::GET, "/get-session").bearer_auth(handle);
    assert_eq!(Answer::of(request).await.body, Value::Null);
}

#[tokio::test]
async fn without_a_session_the_answer_is_null() {
    let auth = Auth::start().await;
    let answer = auth.get("/get-session").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "null"));
    assert_eq!(answer.header("cache-control").unwrap(), "no-store");
    assert!(answer.cookies().is_empty() && answer.header("set-auth-jwt").is_none());
    let post = auth.post("/get-session", &json!({})).await;
    assert_eq!((post.status.as_u16(), post.code()), (405, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED"));
}

#[tokio::test]
async fn us4_1_fr_015_sign_out_ends_the_session_and_clears_the_browser() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let answer = alice.post("/sign-out", &json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"success":true}"#));
    assert_eq!(answer.cookies(), CLEARED);
    assert_eq!(auth.count("sessions").await, 0);

    let dead = alice.get("/get-session").await;
    assert_eq!((dead.text.as_str(), dead.cookies()), ("null", CLEARED.map(str::to_owned).to_vec()));
    let token = alice.get("/token").await;
    assert_eq!((token.status.as_u16(), token.code()), (401, "UNAUTHORIZED"));
    assert_eq!(token.cookies(), CLEARED);
    assert_eq!(alice.post("/sign-out", &json!({})).await.status, 200, "signing out twice is no error");
}

#[tokio::test]
async fn sign_out_ends_the_session_of_the_bearer_token_and_those_of_all_cookies() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let mut devices = Vec::new();
    for _ in 0..6 {
        devices.push(auth.another_device("alice").await);
    }
    let cookies: Vec<_> = devices.iter().skip(1).map(|device| device.cookie.as_str()).collect();
    let request = auth.request(Method::POST, "/sign-out").bearer_auth(&devices[0].token);
    let out = request.header("cookie", cookies.join("; ")).header("origin", PAGE);
    assert_eq!(Answer::of(out).await.status, 200);
    assert_eq!(auth.count("sessions").await, 1, "the first device's alone");
}

#[tokio::test]
async fn sign_out_works_without_a_session_or_a_body() {
    let auth = Auth::start().await;
    let answer = Answer::of(auth.request(Method::POST, "/sign-out")).await;
    assert_eq!((answer.status.as_u16(), answer.cookies()), (200, CLEARED.map(str::to_owned).to_vec()));
}

/// The part of the server: scripts cannot read the session cookie, and no token that scripts have is in a cookie.
#[tokio::test]
async fn fr_014_the_session_is_in_an_http_only_cookie_and_the_jwt_in_none() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let body = json!({"email": "alice@example.com", "password": crate::support::PASSWORD});
    let signed_in = auth.post("/sign-in/email", &body).await;
    let out = alice.post("/sign-out", &json!({})).await;
    let cookies = [signed_in.cookies(), out.cookies()].concat();
    assert_eq!(cookies.len(), 4);
    for cookie in cookies {
        assert!(cookie.contains("; HttpOnly; ") && cookie.ends_with("SameSite=Lax"), "{cookie}");
        assert!(!cookie.contains("=eyJ"), "{cookie}");
    }
}

#[tokio::test]
async fn each_device_has_its_own_session() {
    let auth = Auth::start().await;
    let laptop = auth.user("alice").await;
    let phone = auth.another_device("alice").await;
    assert_ne!(laptop.session().await["session"]["id"], phone.session().await["session"]["id"]);
    laptop.post("/sign-out", &json!({})).await;
    assert_eq!(laptop.session().await, Value::Null);
    assert_ne!(phone.session().await, Value::Null);
}

#[tokio::test]
async fn bearer_sessions_come_raw_or_signed() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let signed = alice.cookie.split_once('=').unwrap().1.to_owned();
    for (token, good) in [
        (alice.token.clone(), true),
        (signed.clone(), true),
        (signed.replace("%3D", "="), true),
        (format!("{}.AAAA", alice.token), false),
        (alice.jwt.clone(), false),
        ("nonsense".to_owned(), false),
    ] {
        let answer = Answer::of(auth.request(Method::GET, "/get-session").bearer_auth(&token)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body != Value::Null, good, "{token}");
    }
    let sign_out = auth.request(Method::POST, "/sign-out").bearer_auth(&alice.token);
    assert_eq!(Answer::of(sign_out).await.status, 200, "a bearer token needs no origin");
    assert_eq!(alice.session().await, Value::Null);
}

#[tokio::test]
async fn a_forged_cookie_reads_as_none_and_clears_nothing() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let (name, value) = alice.cookie.split_once('=').unwrap();
    let token = &alice.token;
    for forged in [
        format!("{name}={token}"),
        format!("{name}={token}.AAAA"),
        format!("{name}=x{value}"),
        format!("{name}="),
        format!("{name}=%00%ff"),
        format!("{name}={}", "x".repeat(8192)),
        format!("__Secure-{name}={value}"),
    ] {
        let request = auth.request(Method::GET, "/get-session").header("cookie", &forged);
        let answer = Answer::of(request).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "null"), "{forged}");
        assert!(answer.cookies().is_empty(), "{forged}");
    }
}

/// Somebody who can set cookies for a parent domain can plant one with the same name. It is ignored.
#[tokio::test]
async fn of_two_cookies_with_one_name_the_validly_signed_one_is_used() {
    let auth = Auth::start().await;
    let (alice, bob) = (auth.user("alice").await, auth.user("bob").await);
    let (name, value) = alice.cookie.split_once('=').unwrap();
    let planted = format!("{name}=planted.{}", value.split_once('.').unwrap().1);
    for cookies in [format!("{planted}; {}", alice.cookie), format!("{}; {planted}", alice.cookie)] {
        let request = auth.request(Method::GET, "/get-session").header("cookie", &cookies);
        assert_eq!(Answer::of(request).await.body["user"]["id"], alice.user["id"], "{cookies}");
    }
    assert_ne!(bob.session().await, Value::Null);
}

/// With live sessions of two users in one request, one was planted. Choosing either would be a guess, and a planted
/// session exists to make people enter their data into somebody else's account.
#[tokio::test]
async fn the_live_sessions_of_two_users_in_one_request_count_for_neither() {
    let auth = Auth::start().await;
    let (alice, bob) = (auth.user("alice").await, auth.user("bob").await);
    for both in
        [format!("{}; {}", alice.cookie, bob.cookie), format!("{}; x=y; {}", bob.cookie, alice.cookie)]
    {
        let get = |path| Answer::of(auth.request(Method::GET, path).header("cookie", &both));
        let session = get("/get-session").await;
        assert_eq!((session.body, session.headers.get("set-cookie")), (Value::Null, None), "{both}");
        let token = get("/token").await;
        assert_eq!((token.status.as_u16(), token.code()), (401, "UNAUTHORIZED"), "{both}");
        let name = json!({"name": "Mallory"});
        let update =
            auth.request(Method::POST, "/update-user").header("cookie", &both).header("origin", PAGE);
        assert_eq!(Answer::of(update.json(&name)).await.status, 401, "{both}");
    }
    assert_eq!(alice.session().await["user"]["name"], "alice", "each alone is as live as before");
    let same_user = auth.another_device("alice").await;
    let both = format!("{}; {}", alice.cookie, same_user.cookie);
    let request = auth.request(Method::GET, "/get-session").header("cookie", &both);
    assert_eq!(Answer::of(request).await.body["user"]["id"], alice.user["id"], "two of one user");
    bob.post("/sign-out", &json!({})).await;
    let both = format!("{}; {}", bob.cookie, alice.cookie);
    let request = auth.request(Method::GET, "/get-session").header("cookie", &both);
    assert_eq!(Answer::of(request).await.body["user"]["id"], alice.user["id"], "a dead one does not count");
}

/// OWASP ASVS 5.0, 7.2.4.
#[tokio::test]
async fn signing_in_ends_the_sessions_that_the_browser_had() {
    let auth = Auth::start().await;
    let (alice, bob) = (auth.user("alice").await, auth.user("bob").await);
    let elsewhere = auth.another_device("alice").await;
    let sign_in = |password: &str, cookies: &str| {
        let form = json!({"email": crate::support::email("alice"), "password": password});
        let request = auth.request(Method::POST, "/sign-in/email").header("origin", PAGE);
        Answer::of(request.header("cookie", cookies).json(&form))
    };
    let presented = format!("{}; {}", alice.cookie, bob.cookie);
    assert_eq!(sign_in("wrong password", &presented).await.status, 401);
    assert_ne!(alice.session().await, Value::Null, "a sign-in that failed ends nothing");
    assert_ne!(bob.session().await, Value::Null);

    let again = sign_in(crate::support::PASSWORD, &presented).await;
    assert_eq!(again.status, 200);
    assert_eq!((alice.session().await, bob.session().await), (Value::Null, Value::Null));
    assert_ne!(elsewhere.session().await, Value::Null, "a device that presented nothing stays signed in");
    let again = crate::support::Device::of(&auth, &again);
    assert_ne!(again.session().await, Value::Null);

    let form = json!({"email": crate::support::email("alice"), "password": crate::support::PASSWORD});
    let bearer = auth.request(Method::POST, "/sign-in/email").bearer_auth(&again.token).json(&form);
    assert_eq!(Answer::of(bearer).await.status, 200);
    assert_eq!(again.session().await, Value::Null, "one that came as a bearer token too");

    let carol = json!({"name": "Carol", "email": "carol@example.com", "password": crate::support::PASSWORD});
    let sign_up = auth.request(Method::POST, "/sign-up/email").header("origin", PAGE);
    let carol = Answer::of(sign_up.header("cookie", &elsewhere.cookie).json(&carol)).await;
    assert_eq!(carol.status, 200);
    assert_eq!(elsewhere.session().await, Value::Null, "and so does signing up");
}

/// If COOKIE_DOMAIN is set later, browsers still have the host's old cookie, which nothing clears, beside the
/// domain's.
#[tokio::test]
async fn a_dead_session_in_one_cookie_does_not_hide_the_live_one_in_another() {
    let auth = Auth::start().await;
    let old = auth.user("alice").await;
    let new = auth.another_device("alice").await;
    old.post("/sign-out", &json!({})).await;
    let both = format!("{}; {}", old.cookie, new.cookie);
    let session = Answer::of(auth.request(Method::GET, "/get-session").header("cookie", &both)).await;
    assert_eq!(session.body["session"]["id"], new.session().await["session"]["id"]);
    assert!(session.cookies().is_empty());

    let other = auth.another_device("alice").await;
    let both = format!("{}; {}", other.cookie, new.cookie);
    let out = auth.request(Method::POST, "/sign-out").header("cookie", &both).header("origin", PAGE);
    assert_eq!(Answer::of(out).await.status, 200);
    assert_eq!(
        (other.session().await, new.session().await),
        (Value::Null, Value::Null),
        "signed out of both"
    );
}

#[tokio::test]
async fn a_deleted_user_has_no_session() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    auth.superuser().await.execute("DELETE FROM users", &[]).await.unwrap();
    assert_eq!(alice.session().await, Value::Null);
    assert_eq!(auth.count("sessions").await, 0);
    assert_eq!(auth.count("passwords").await, 0);
}

#[tokio::test]
async fn a_later_remembered_sign_in_clears_dont_remember() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let body = json!({"email": "alice@example.com", "password": crate::support::PASSWORD});
    let request = auth.request(Method::POST, "/sign-in/email").header("origin", PAGE).json(&body);
    let cookies = Answer::of(request.header("cookie", "better-auth.dont_remember=true.x")).await.cookies();
    assert!(cookies[0].contains("Max-Age=604800"));
    assert_eq!(cookies[1], CLEARED[2]);
}
