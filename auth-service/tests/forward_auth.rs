//! `forward-auth`, called like by a reverse proxy. The tests of local-stack run the real proxies.

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};

use crate::support::{Answer, Auth, email};

/// A proxy on this machine with an application behind it.
const SETTINGS: [(&str, &str); 3] = [
    ("BASE_URL", BASE_URL),
    ("TRUSTED_ORIGINS", "https://app.example.com,http://localhost:3000"),
    ("TRUSTED_PROXIES", "127.0.0.1"),
];
const BASE_URL: &str = "http://auth.example.com";
const SIGN_IN: &str = "/forward-auth?signIn=https://app.example.com/signin%3Fa=b";
/// The proxy's description of a request to the application.
const PAGE_OF_APP: [(&str, &str); 3] = [
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "app.example.com"),
    ("x-forwarded-uri", "/reports?year=2026&q=a%20b%0d%0aSet-Cookie:x=y"),
];

async fn ask(auth: &Auth, path: &str, headers: &[(&str, &[u8])]) -> Answer {
    let request = auth.request_without_redirects(Method::GET, path);
    let request = headers.iter().fold(request, |request, (name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.header(name, HeaderValue::from_bytes(value).unwrap())
    });
    Answer::of(request).await
}

async fn ask_as_proxy(auth: &Auth, path: &str, also: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> =
        PAGE_OF_APP.iter().chain(also).map(|(name, value)| (*name, value.as_bytes())).collect();
    ask(auth, path, &headers).await
}

#[tokio::test]
async fn a_live_session_is_named_in_headers() {
    let auth = Auth::start_with(&SETTINGS).await;
    let alice = auth.user("alice").await;
    for path in ["/forward-auth", SIGN_IN, "/forward-auth?token=false"] {
        let answer = alice.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{path}");
        assert_eq!(answer.header("x-user-id").as_deref(), alice.user["id"].as_str());
        assert_eq!(answer.header("x-user-email"), Some(email("alice")));
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(answer.header("authorization"), None);
        assert_eq!(answer.header("set-auth-jwt"), None);
    }
    let bearer = format!("Bearer {}", alice.token);
    let by_token = ask(&auth, "/forward-auth", &[("authorization", bearer.as_bytes())]).await;
    assert_eq!(by_token.header("x-user-email"), Some(email("alice")));
    let token = alice.get("/forward-auth?token=true").await.header("authorization").unwrap();
    assert_eq!(token, format!("Bearer {}", alice.jwt), "an access token");
}

#[tokio::test]
async fn without_a_live_session_it_is_401() {
    let auth = Auth::start_with(&SETTINGS).await;
    let alice = auth.user("alice").await;
    assert_eq!(ask(&auth, "/forward-auth", &[]).await.code(), "UNAUTHORIZED");
    let lie = [("x-user-id", &b"alice"[..]), ("x-user-email", b"alice@example.com")];
    let answer = ask(&auth, "/forward-auth", &lie).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-user-id")), (401, None));
    alice.post("/sign-out", &serde_json::json!({})).await;
    let ended = alice.get("/forward-auth").await;
    assert_eq!(
        (ended.status.as_u16(), ended.cookies().len()),
        (401, 3),
        "the cookies of the session are cleared"
    );
    assert_eq!(ended.header("x-user-id"), None);
}

#[tokio::test]
async fn a_browser_is_redirected_to_the_sign_in_page_with_the_way_back() {
    let auth = Auth::start_with(&SETTINGS).await;
    let answer =
        ask_as_proxy(&auth, SIGN_IN, &[("sec-fetch-mode", "navigate"), ("x-forwarded-method", "GET")]).await;
    assert_eq!(answer.status, 302, "{answer:?}");
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
    let location: url::Url = answer.header("location").unwrap().parse().unwrap();
    assert!(location.as_str().starts_with("https://app.example.com/signin?a=b&callbackURL=https%3A%2F%2F"));
    let pairs: Vec<_> =
        location.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let back = "https://app.example.com/reports?year=2026&q=a%20b%0d%0aSet-Cookie:x=y";
    assert_eq!(pairs, [("a".to_owned(), "b".to_owned()), ("callbackURL".to_owned(), back.to_owned())]);
    // A path would be one of this service, but the browser is at another origin.
    let path = ask_as_proxy(&auth, "/forward-auth?signIn=/signin", &[]).await;
    assert!(
        path.header("location").unwrap().starts_with(&format!("{BASE_URL}/signin?callbackURL=")),
        "{path:?}"
    );
}

#[tokio::test]
async fn scripts_and_submitted_forms_get_401_instead_of_a_page() {
    let auth = Auth::start_with(&SETTINGS).await;
    for (name, value) in [
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-mode", "no-cors"),
        ("x-forwarded-method", "POST"),
        ("x-forwarded-method", "DELETE"),
    ] {
        let answer = ask_as_proxy(&auth, SIGN_IN, &[(name, value)]).await;
        assert_eq!(answer.status, 401, "{name}: {value}");
    }
}

#[tokio::test]
async fn the_way_back_must_be_of_a_trusted_origin() {
    let auth = Auth::start_with(&SETTINGS).await;
    for host in
        ["evil.example", "app.example.com@evil.example", "app.example.com.evil.example", "evil.example#"]
    {
        let headers = [
            ("x-forwarded-proto", &b"https"[..]),
            ("x-forwarded-host", host.as_bytes()),
            ("x-forwarded-uri", b"/"),
        ];
        let answer = ask(&auth, SIGN_IN, &headers).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "INVALID_CALLBACK_URL"), "{host}");
    }
    let page = ask(&auth, "/forward-auth?signIn=https://evil.example/signin", &[]).await;
    assert_eq!((page.status.as_u16(), page.code()), (403, "INVALID_SIGN_IN_URL"));
}

#[tokio::test]
async fn headers_that_cannot_be_believed_leave_the_way_back_out() {
    let auth = Auth::start_with(&SETTINGS).await;
    let plain = Some("https://app.example.com/signin?a=b".to_owned());
    let [scheme, host, path] = PAGE_OF_APP.map(|(name, value)| (name, value.as_bytes()));
    for headers in [
        &[][..],
        &[scheme, host],
        &[scheme, path],
        &[host, path],
        &[("x-forwarded-proto", b"javascript"), host, path],
        &[scheme, host, ("x-forwarded-uri", b"evil.example/")],
        &[scheme, host, ("x-forwarded-uri", b"/\xff")],
        &[scheme, host, host, path],
    ] {
        let answer = ask(&auth, SIGN_IN, headers).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, plain.clone()), "{headers:?}");
    }
    let auth = Auth::start_with(&SETTINGS[..2]).await;
    let stranger = ask_as_proxy(&auth, SIGN_IN, &[]).await;
    assert_eq!(stranger.header("location"), plain, "the peer is not in TRUSTED_PROXIES");
}

/// A page with all its pictures causes more requests than any other route gets.
#[tokio::test]
async fn it_has_a_limit_of_its_own() {
    let auth = Auth::start_with(&[("RATE_LIMIT_ENABLED", "true")]).await;
    for _ in 0..120 {
        assert_eq!(auth.get("/forward-auth").await.status, 401);
    }
}
