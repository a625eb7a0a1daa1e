//! What a deployment can set about the protocol, in effect.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Auth, PASSWORD, email};
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
async fn tokens_can_carry_what_those_of_better_auth_do() {
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

/// A gateway removes the path before requests arrive here. What the service says of itself has it.
#[tokio::test]
async fn links_and_documents_have_the_path_of_the_base_url() {
    let mailbox = crate::mailbox::Mailbox::new();
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
