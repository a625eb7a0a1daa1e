//! What a deployment can set about the protocol, in effect.

use reqwest::Method;
use serde_json::{Value, json};

use crate::mailbox::{Mailbox, follow};
use crate::support::{Answer, Auth, PASSWORD, email, sign_up_cookie};
use crate::time::Clocked;

#[tokio::test]
async fn strangers_can_be_kept_from_signing_up() {
    let auth = Auth::start_with(&[("SIGN_UP_ENABLED", "false")]).await;
    let form = json!({"name": "A", "email": email("alice"), "password": PASSWORD});
    let answer = auth.post("/sign-up/email", &form).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "EMAIL_PASSWORD_SIGN_UP_DISABLED"));
    assert_eq!(auth.count("users").await, 0);
}

#[tokio::test]
async fn passwords_have_the_lengths_that_are_set() {
    let auth = Auth::start_with(&[("PASSWORD_MIN_LENGTH", "15"), ("PASSWORD_MAX_LENGTH", "200")]).await;
    for (length, status) in [(14, 400), (15, 200), (200, 200), (201, 400)] {
        let form =
            json!({"name": "A", "email": email(&format!("u{length}")), "password": "x".repeat(length)});
        assert_eq!(auth.post("/sign-up/email", &form).await.status, status, "{length}");
    }
    let whole = "x".repeat(200);
    assert!(auth.accepts("u200", &whole).await && !auth.accepts("u200", &whole[..199]).await);
}

#[tokio::test]
async fn cookies_have_the_prefix_domain_and_security_that_are_set() {
    let auth = Auth::start_with(&[
        ("BASE_URL", "https://auth.example.com"),
        ("COOKIE_PREFIX", "shop"),
        ("COOKIE_DOMAIN", "example.com"),
    ])
    .await;
    let alice = auth.user("alice").await;
    let answer = auth.post("/sign-in/email", &json!({"email": email("alice"), "password": PASSWORD})).await;
    let cookie = answer.cookies()[0].clone();
    assert!(cookie.starts_with("__Secure-shop.session_token="), "{cookie}");
    assert!(
        cookie.ends_with("; Max-Age=604800; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax"),
        "{cookie}"
    );
    assert_ne!(alice.session().await, Value::Null, "it is read under that name");
    for cleared in alice.post("/sign-out", &json!({})).await.cookies() {
        assert!(cleared.starts_with("__Secure-shop.") && cleared.contains("Domain=example.com"), "{cleared}");
    }
    let plain =
        Auth::start_with(&[("BASE_URL", "https://auth.example.com"), ("SECURE_COOKIES", "false")]).await;
    let cookie = plain.user("alice").await.cookie;
    assert!(cookie.starts_with("better-auth.session_token="), "{cookie}");
}

/// OWASP ASVS 5.0 3.3.3.
#[tokio::test]
async fn cookies_can_be_kept_to_this_host() {
    let settings = [("BASE_URL", "https://auth.example.com"), ("COOKIE_HOST_PREFIX", "true")];
    let auth = Auth::start_with(&settings).await;
    let form = json!({"name": "A", "email": email("alice"), "password": PASSWORD, "rememberMe": false});
    let signed_up = auth.post("/sign-up/email", &form).await;
    let alice = crate::support::Device::of(&auth, &signed_up);
    assert_ne!(alice.session().await, Value::Null);
    let out = alice.post("/sign-out", &json!({})).await;
    let cookies = [signed_up.cookies(), out.cookies()].concat();
    assert_eq!(cookies.len(), 5);
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-better-auth."), "{cookie}");
        assert!(cookie.contains("; Path=/; HttpOnly; Secure; ") && !cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test]
async fn cookies_have_the_same_site_that_is_set() {
    let auth =
        Auth::start_with(&[("BASE_URL", "https://auth.example.com"), ("COOKIE_SAME_SITE", "none")]).await;
    let form = json!({"name": "A", "email": email("alice"), "password": PASSWORD});
    let answer = auth.post("/sign-up/email", &form).await;
    assert!(answer.cookies()[0].ends_with("; Path=/; HttpOnly; Secure; SameSite=None"), "{answer:?}");
}

#[tokio::test]
async fn a_path_can_be_turned_off() {
    let disabled = ("DISABLED_PATHS", "/sign-up/email,/reset-password/:token");
    let auth = Auth::start_with(&[disabled]).await;
    for path in ["/sign-up/email", "/sign%2Dup/email", "/sign-up/email/", "/reset-password/x?callbackURL=/"] {
        for method in [Method::GET, Method::POST] {
            let answer = Answer::of(auth.request(method, path)).await;
            assert_eq!((answer.status.as_u16(), &*answer.text), (404, "Not Found"), "{path}");
            assert!(answer.header("x-request-id").is_some());
        }
    }
    assert_eq!(auth.post("/sign-in/email", &json!({})).await.status, 400);
    assert_eq!(auth.post("/reset-password", &json!({})).await.status, 400);
    let document = Answer::of(reqwest::Client::new().get(auth.url("/openapi.json"))).await.body;
    assert!(document["paths"].get("/api/auth/sign-in/email").is_some());
    assert!(document["paths"].get("/api/auth/sign-up/email").is_none());
}

#[tokio::test]
async fn a_token_can_be_for_several_services() {
    let auth = Auth::start_with(&[("JWT_AUDIENCE", "tasks, https://api.example.com")]).await;
    let alice = auth.user("alice").await;
    assert_eq!(crate::tokens::claims(&alice.jwt)["aud"], json!(["tasks", "https://api.example.com"]));
}

#[tokio::test]
async fn signing_up_can_send_the_link_without_requiring_it_and_verifying_can_sign_in() {
    let mailbox = Mailbox::new();
    let on = [
        ("SEND_VERIFICATION_ON_SIGN_UP", "true"),
        ("AUTO_SIGN_IN_AFTER_VERIFICATION", "true"),
        ("VERIFICATION_LINK_TTL", "2h"),
    ];
    let auth = Auth::start_with_mail(&mailbox, &on).await;
    let alice = auth.user("alice").await;
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert!(mail.text.contains("This link expires in 2 hours and can be used once."), "{}", mail.text);
    let followed = follow(&auth, &mail.link(), Some(&alice.cookie)).await;
    assert!(followed.cookies()[0].starts_with(&alice.cookie), "its own session goes on: {followed:?}");
    assert_eq!(alice.session().await["user"]["emailVerified"], json!(true));
}

#[tokio::test]
async fn verifying_signs_in_with_the_password_but_not_with_the_link_alone() {
    let mailbox = Mailbox::new();
    let on = [
        ("REQUIRE_EMAIL_VERIFICATION", "true"),
        ("SEND_VERIFICATION_ON_SIGN_IN", "true"),
        ("AUTO_SIGN_IN_AFTER_VERIFICATION", "true"),
        ("VERIFY_EMAIL_BY_LINK_ALONE", "true"),
    ];
    let auth = Auth::start_with_mail(&mailbox, &on).await;
    for (name, in_that_browser) in [("alice", true), ("bob", false)] {
        let form = json!({"name": name, "email": email(name), "password": PASSWORD});
        let browser = sign_up_cookie(&auth.post("/sign-up/email", &form).await);
        let refused = auth.post("/sign-in/email", &form).await;
        assert_eq!(refused.code(), "EMAIL_NOT_VERIFIED");
        let again = mailbox.mail_to(&email(name), 2).await;
        let cookie = in_that_browser.then_some(&*browser);
        let followed = follow(&auth, &again.link(), cookie).await;
        assert_eq!(followed.status, 302, "{followed:?}");
        assert_eq!(followed.header("set-auth-token").is_some(), in_that_browser, "{followed:?}");
        assert_eq!(followed.cookies().is_empty(), !in_that_browser, "{followed:?}");
        if let Some(cookie) = followed.cookies().first() {
            let cookie = cookie.split(';').next().unwrap();
            let request = auth.request(Method::GET, "/get-session").header("cookie", cookie);
            assert_eq!(Answer::of(request).await.body["user"]["emailVerified"], json!(true));
        }
    }
}

#[tokio::test]
async fn a_password_on_the_page_of_a_link_signs_in() {
    let mailbox = Mailbox::new();
    let on = [("REQUIRE_EMAIL_VERIFICATION", "true"), ("AUTO_SIGN_IN_AFTER_VERIFICATION", "true")];
    let auth = Auth::start_with_mail(&mailbox, &on).await;
    let form = json!({"name": "A", "email": email("alice"), "password": PASSWORD});
    auth.post("/sign-up/email", &form).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let wrong = auth.post("/verify-email", &json!({"token": token, "password": "wrong password"})).await;
    assert_eq!((wrong.code(), wrong.cookies().len()), ("INVALID_PASSWORD", 0));
    let answer = auth.post("/verify-email", &json!({"token": token, "password": PASSWORD})).await;
    assert_eq!(answer.body, json!({"status": true, "user": null}));
    assert!(answer.header("set-auth-jwt").is_some() && answer.header("set-auth-token").is_some());
    let cookie = answer.cookies()[0].split(';').next().unwrap().to_owned();
    let session = Answer::of(auth.request(Method::GET, "/get-session").header("cookie", cookie)).await.body;
    assert_eq!(session["user"]["email"], json!(email("alice")));
    let again = auth.post("/verify-email", &json!({"token": token, "password": PASSWORD})).await;
    assert!(again.status == 200 && again.cookies().is_empty(), "a link signs in once: {again:?}");
}

#[tokio::test]
async fn configured_limits_apply_to_the_client_in_the_configured_header() {
    let auth = Auth::start_with(&[
        ("RATE_LIMIT_ENABLED", "true"),
        ("RATE_LIMIT_MAX", "2"),
        ("RATE_LIMIT_WINDOW", "1h"),
        ("RATE_LIMIT_RULES", "/sign-in/*=5/1h,/get-session=off"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("CLIENT_ADDRESS_HEADERS", "cf-connecting-ip"),
    ])
    .await;
    let passed = async |method: Method, path: &str, address: &str| {
        let mut passed = 0;
        for number in 0..8 {
            let request = auth.request(method.clone(), path).header("cf-connecting-ip", address);
            let request = request.header("x-forwarded-for", format!("198.51.100.{number}"));
            passed += i32::from(Answer::of(request).await.status != 429);
        }
        passed
    };
    assert_eq!(passed(Method::GET, "/ok", "203.0.113.1").await, 2);
    assert_eq!(passed(Method::GET, "/ok", "203.0.113.2").await, 2, "another client");
    assert_eq!(passed(Method::POST, "/sign-in/email", "203.0.113.1").await, 5);
    assert_eq!(passed(Method::GET, "/get-session", "203.0.113.1").await, 8);
    assert_eq!(auth.count("limits").await, 1, "credentials are counted for all replicas, the rest is not");
}

#[tokio::test]
async fn origins_can_be_trusted_by_pattern() {
    let auth =
        Auth::start_with(&[("TRUSTED_ORIGINS", "https://*.example.com,http://localhost:*,myapp://")]).await;
    auth.user("alice").await;
    let sign_in = |origin: &str, target: &str| {
        let body = json!({"email": email("alice"), "password": PASSWORD, "callbackURL": target});
        let request = auth.request(Method::POST, "/sign-in/email").header("origin", origin).json(&body);
        Answer::of(request)
    };
    for origin in ["https://a.example.com", "http://localhost:5173"] {
        let answer = sign_in(origin, "myapp://signed-in").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location").as_deref()),
            (200, Some("myapp://signed-in"))
        );
        assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some(origin), "CORS agrees");
    }
    for origin in ["https://example.com", "http://a.example.com", "https://a.example.com.evil.com"] {
        let answer = sign_in(origin, "/").await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "INVALID_ORIGIN"), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for target in ["otherapp://x", "myapp://no host", "myapp://[x"] {
        assert_eq!(sign_in("https://a.example.com", target).await.code(), "INVALID_CALLBACK_URL", "{target}");
        let path = format!("/verify-email?token=x&callbackURL={}", crate::addresses::encoded(target));
        let followed = auth.get(&path).await;
        assert_eq!((followed.status.as_u16(), followed.code()), (403, "INVALID_CALLBACK_URL"), "{target}");
    }
}

#[tokio::test]
async fn tokens_can_contain_the_claims_of_better_auth() {
    let auth = Auth::start_with(&[("JWT_CLAIMS", "better-auth")]).await;
    let alice = auth.user("alice").await;
    let claims = crate::tokens::claims(&alice.jwt);
    for field in ["id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"] {
        assert_eq!(claims[field], alice.user[field], "{field}");
    }
    assert_eq!((&claims["sub"], &claims["email_verified"]), (&alice.user["id"], &json!(false)));
}

#[actix_web::test]
async fn sessions_live_and_are_extended_as_is_set() {
    let server = Clocked::start_with(&[("SESSION_TTL", "48h"), ("SESSION_UPDATE_AGE", "12h")]).await;
    let token = server.sign_up(true).await;
    server.pass(11);
    assert!(server.get("/get-session", &token).await.cookies().is_empty());
    server.pass(1);
    let extended = server.get("/get-session", &token).await;
    assert!(extended.cookies()[0].contains("Max-Age=172800;"), "{:?}", extended.cookies());
    server.pass(48);
    assert_eq!(server.get("/get-session", &token).await.body, Value::Null);
}

/// OWASP ASVS 5.0 7.3.2.
#[actix_web::test]
async fn a_session_in_daily_use_ends_after_the_lifetime_that_is_set() {
    let server = Clocked::start_with(&[("SESSION_MAX_LIFETIME", "240h")]).await;
    let token = server.sign_up(true).await;
    for day in 1..10 {
        server.pass(24);
        assert_ne!(server.get("/get-session", &token).await.body, Value::Null, "day {day}");
    }
    let session = server.get("/get-session", &token).await.body;
    assert_eq!(session["session"]["expiresAt"], "2026-03-11T12:00:00.000Z");
    assert_eq!(server.get("/list-sessions?x", &token).await.status, 403, "long since not fresh");
    server.pass(24);
    let over = server.get("/get-session", &token).await;
    assert_eq!((&over.body, over.cookies().len()), (&Value::Null, 3));
}

#[actix_web::test]
async fn a_lifetime_that_is_set_later_holds_for_sessions_that_are_there() {
    let database = {
        let server = Clocked::start_with(&[]).await;
        let token = server.sign_up(true).await;
        server.pass(3);
        assert_ne!(server.get("/get-session", &token).await.body, Value::Null);
        (server.database, token)
    };
    let (database, token) = database;
    let later = Clocked::start_on(database, &[("SESSION_MAX_LIFETIME", "2h")]).await;
    later.pass(3);
    assert_eq!(later.get("/get-session", &token).await.body, Value::Null);
}

/// OWASP ASVS 5.0 7.5.2.
#[actix_web::test]
async fn ending_sessions_can_take_a_fresh_one() {
    for (setting, expected) in [("true", 403), ("false", 200)] {
        let server = Clocked::start_with(&[("SESSION_REVOKE_FRESH", setting)]).await;
        let token = server.sign_up(true).await;
        let body = json!({"token": "x"});
        let revoke = |path| server.post(path, &token, &body);
        assert_eq!(revoke("/revoke-other-sessions").await.status, 200, "a fresh one");
        server.pass(24);
        for path in ["/revoke-session", "/revoke-other-sessions", "/revoke-sessions"] {
            let answer = revoke(path).await;
            assert_eq!(answer.status, expected, "{setting} {path}");
            assert_eq!(answer.code(), if expected == 403 { "SESSION_NOT_FRESH" } else { "" });
        }
        let out = server.post("/sign-out", &token, &json!({})).await;
        assert_eq!(out.status, 200, "one's own can be ended at any time");
    }
}

/// A gateway removes the path before requests arrive here. What the service says of itself has it.
#[tokio::test]
async fn links_and_documents_have_the_path_of_the_base_url() {
    let mailbox = Mailbox::new();
    let base = "https://example.com/accounts";
    let auth =
        Auth::start_with(&[("BASE_URL", base), ("JWT_ISSUER", ""), ("MAIL_URL", &mailbox.url())]).await;
    let alice = auth.user("alice").await;
    let answer = auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    assert_eq!(answer.status, 200);
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert!(mail.text.contains("https://example.com/accounts/api/auth/reset-password/"), "{}", mail.text);
    let claims = crate::tokens::claims(&alice.jwt);
    assert_eq!(claims["iss"], base);
    assert_eq!(claims["status"]["status_list"]["uri"], format!("{base}/.well-known/status-lists/0"));
    let metadata = reqwest::get(auth.url("/.well-known/openid-configuration")).await.unwrap();
    let metadata: Value = metadata.json().await.unwrap();
    assert_eq!(metadata["jwks_uri"], format!("{base}/.well-known/jwks.json"));
}
