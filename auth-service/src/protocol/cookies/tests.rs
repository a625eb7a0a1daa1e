use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use jiff::SignedDuration;

use super::super::auth_secrets::AuthSecrets;
use super::super::cookie_domain::CookieDomain;
use super::*;
use crate::protocol::opaque_token::SessionToken;

const SECRET: &str = "research-secret-research-secret-0123456789";
const OTHER: &str = "another-secret-another-secret-another";
const DAY: SignedDuration = SignedDuration::from_hours(24);
const TOKEN: &str = "vOse1K4zapeaYpdmupmRk5FmuQU8HLCD";
const SIGNATURE: &str = "zNn6Wjdfy2fomPlDknXfQbAqxrM3BKTEwaejhgK7wvA=";

fn cookies(secrets: &str, base_url: &str) -> Cookies {
    let secrets = AuthSecrets::parse(&secrets.to_owned().into()).unwrap();
    Cookies::new(secrets, &settings(base_url, None))
}

fn settings(base_url: &str, domain: Option<&str>) -> CookieSettings {
    let base_url = base_url.parse().unwrap();
    CookieSettings {
        prefix: "better-auth".to_owned(),
        domain: domain.map(|domain| CookieDomain::parse(domain, &base_url).unwrap()),
        secure: base_url.scheme() == "https",
        host_prefix: false,
        same_site: SameSite::Lax,
        max_age: SignedDuration::from_hours(168),
    }
}

fn text(value: &HeaderValue) -> &str {
    std::str::from_utf8(value.as_bytes()).unwrap()
}

fn request(name: HeaderName, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_str(value).unwrap());
    headers
}

fn read(cookies: &Cookies, value: &str) -> Option<String> {
    let headers = request(COOKIE, &format!("x=y; better-auth.session_token={value}"));
    cookies.presented(&headers).1.first().map(|token| token.expose().to_owned())
}

#[test]
fn signatures_are_better_auths() {
    let cookies = cookies(SECRET, "http://localhost:8081");
    assert_eq!(cookies.signed(&TOKEN.into()), format!("{TOKEN}.{SIGNATURE}"));
    let set = cookies.set(&HeaderMap::new(), &cookies.signed(&TOKEN.into()), true);
    assert_eq!(
        set,
        [format!(
            "better-auth.session_token={TOKEN}.zNn6Wjdfy2fomPlDknXfQbAqxrM3BKTEwaejhgK7wvA%3D; \
             Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
        )
        .as_str()]
    );
}

#[test]
fn only_a_good_signature_is_read() {
    let cookies = cookies(SECRET, "http://localhost:8081");
    let good = format!("{TOKEN}.zNn6Wjdfy2fomPlDknXfQbAqxrM3BKTEwaejhgK7wvA%3D");
    assert_eq!(read(&cookies, &good).as_deref(), Some(TOKEN));
    assert_eq!(read(&cookies, &format!("{TOKEN}.{SIGNATURE}")).as_deref(), Some(TOKEN), "not encoded");
    for bad in ["", ".", "abc", "abc.def", &good.replace('z', "y"), &good.replace('O', "P"), "%ff.%ff"] {
        assert_eq!(read(&cookies, bad), None, "{bad}");
    }
    let two = format!("better-auth.session_token=forged.AAAA; better-auth.session_token={good}");
    assert!(
        cookies.presented(&request(COOKIE, &two)).1.len() == 1,
        "a planted cookie does not hide the good one"
    );
}

#[test]
fn every_secret_verifies_and_the_first_signs() {
    let old = cookies(SECRET, "http://localhost:8081").signed(&TOKEN.into());
    let rotated = cookies(&format!("{OTHER},{SECRET}"), "http://localhost:8081");
    assert_eq!(read(&rotated, &old).as_deref(), Some(TOKEN));
    assert_ne!(rotated.signed(&TOKEN.into()), old);
    assert_eq!(read(&cookies(OTHER, "http://localhost:8081"), &old), None);
}

#[test]
fn bearer_tokens_come_raw_or_signed() {
    let cookies = cookies(SECRET, "http://localhost:8081");
    let signed = cookies.signed(&TOKEN.into());
    for (given, found) in [
        (format!("Bearer {TOKEN}"), true),
        (format!("bearer {signed}"), true),
        (format!("Bearer {}", signed.replace('=', "%3D")), true),
        (format!("Bearer {TOKEN}.AAAA"), false),
        (format!("Basic {TOKEN}"), false),
        ("Bearer ".to_owned(), false),
    ] {
        let (presented, tokens) = cookies.presented(&request(AUTHORIZATION, &given));
        let expected = if found { Presented::Bearer } else { Presented::Cookie };
        assert_eq!((presented, tokens.len()), (expected, usize::from(found)), "{given}");
    }
}

#[test]
fn same_site_is_what_is_set_but_a_link_from_webmail_brings_its_sign_up_along() {
    for (same_site, session, sign_up) in
        [(SameSite::Lax, "Lax", "Lax"), (SameSite::Strict, "Strict", "Lax"), (SameSite::None, "None", "None")]
    {
        let secrets = AuthSecrets::parse(&SECRET.to_owned().into()).unwrap();
        let settings = CookieSettings { same_site, ..settings("https://auth.example.com", None) };
        let cookies = Cookies::new(secrets, &settings);
        let mut set = cookies.set(&HeaderMap::new(), "signed", false);
        set.extend(cookies.clearing());
        set.extend(cookies.set_mark(Mark::Device, "id", DAY));
        assert_eq!(set.len(), 6);
        for cookie in &set {
            assert!(text(cookie).ends_with(&format!("; Secure; SameSite={session}")), "{cookie:?}");
        }
        let cookie = cookies.set_mark(Mark::SignUp, "id", DAY).unwrap();
        assert!(text(&cookie).ends_with(&format!("; Secure; SameSite={sign_up}")), "{cookie:?}");
    }
}

fn raw(pairs: &[(HeaderName, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
    }
    headers
}

#[test]
fn strange_bytes_hide_no_cookie() {
    let cookies = cookies(SECRET, "http://localhost:8081");
    let own = format!("better-auth.session_token={TOKEN}.{SIGNATURE}").into_bytes();
    let name = b"better-auth.session_token=";
    for strange in [
        "campaign=Unders\u{f8}gelse".as_bytes(),
        b"campaign=Unders\xf8gelse",
        b"\xff=\xff",
        b"\xff",
        &[&name[..], b"\xff.\xff"].concat(),
        &[&name[..], b"%ff.%ff"].concat(),
    ] {
        let pair = |parts: [&[u8]; 2]| raw(&[(COOKIE, &parts.join(&b"; "[..]))]);
        let lines = raw(&[(COOKIE, strange), (COOKIE, &own)]);
        for headers in [pair([strange, &own]), pair([&own, strange]), lines] {
            let found: Vec<_> = cookies.all_presented(&headers);
            assert_eq!(found.iter().map(SessionToken::expose).collect::<Vec<_>>(), [TOKEN], "{headers:?}");
            assert_eq!(cookies.presented(&headers).1.len(), 1);
        }
    }
}

#[test]
fn a_bearer_token_that_cannot_be_read_does_not_hand_over_to_the_cookie() {
    let cookies = cookies(SECRET, "http://localhost:8081");
    let own = format!("better-auth.session_token={TOKEN}.{SIGNATURE}").into_bytes();
    let presented = |authorization: &[u8]| {
        let (presented, tokens) = cookies.presented(&raw(&[(AUTHORIZATION, authorization), (COOKIE, &own)]));
        (presented, tokens.iter().any(|token| token.expose() == TOKEN))
    };
    for unreadable in [&b"Bearer \xff"[..], b"bearer \xff.\xff", b"Bearer %ff.x", "Bearer \u{e4}".as_bytes()]
    {
        assert_eq!(presented(unreadable), (Presented::Bearer, false), "{unreadable:?}");
    }
    for another in [&b"Basic \xff"[..], b"\xff", b"Bearer x.y", b"Bearer "] {
        assert_eq!(presented(another), (Presented::Cookie, true), "{another:?}");
    }
}

#[test]
fn more_sessions_than_a_browser_can_have_got_are_none() {
    let cookies = cookies(SECRET, "http://localhost:8081");
    let presented = |tokens: &[&str]| {
        let pair = |token: &&str| format!("better-auth.session_token={}", cookies.signed(&(*token).into()));
        let header = tokens.iter().map(pair).collect::<Vec<_>>().join("; ");
        cookies.presented(&request(COOKIE, &header)).1.len()
    };
    assert_eq!(presented(&["a", "b", "c", "d"]), 4);
    assert_eq!(presented(&["a", "b", "c", "d", "a", "b"]), 4, "one session in two cookies counts once");
    assert_eq!(presented(&["a", "b", "c", "d", "e"]), 0);
}

#[test]
fn who_signs_out_presents_every_token() {
    let cookies = cookies(SECRET, "http://localhost:8081");
    let signed = |token: &str| cookies.signed(&token.into());
    let pairs: Vec<_> =
        (0..9).map(|n| format!("better-auth.session_token={}", signed(&format!("t{n}")))).collect();
    let headers = raw(&[(AUTHORIZATION, b"Bearer b"), (COOKIE, pairs.join("; ").as_bytes())]);
    let all = cookies.all_presented(&headers);
    let all: Vec<_> = all.iter().map(SessionToken::expose).collect();
    assert_eq!(all, ["b", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"]);
}

#[test]
fn https_gets_secure_cookies() {
    let cookies = cookies(SECRET, "https://auth.example.com");
    let set = cookies.set(&HeaderMap::new(), "t.s", true);
    assert_eq!(
        set,
        ["__Secure-better-auth.session_token=t.s; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"]
    );
}

#[test]
fn a_host_prefix_takes_the_place_of_the_secure_one() {
    let secrets = AuthSecrets::parse(&SECRET.to_owned().into()).unwrap();
    let settings = CookieSettings { host_prefix: true, ..settings("https://auth.example.com", None) };
    let cookies = Cookies::new(secrets, &settings);
    assert_eq!(
        cookies.set(&HeaderMap::new(), "t.s", true),
        ["__Host-better-auth.session_token=t.s; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"]
    );
    let planted = format!("__Secure-better-auth.session_token={}", cookies.signed(&TOKEN.into()));
    assert!(cookies.presented(&request(COOKIE, &planted)).1.is_empty(), "the other name is not read");
    assert!(cookies.presented(&request(COOKIE, &planted.replace("__Secure", "__Host"))).1.len() == 1);
}

#[test]
fn a_domain_goes_with_every_cookie_and_with_its_clearing() {
    let secrets = AuthSecrets::parse(&SECRET.to_owned().into()).unwrap();
    let settings = CookieSettings {
        prefix: "shop".to_owned(),
        ..settings("https://auth.example.com", Some("example.com"))
    };
    let cookies = Cookies::new(secrets, &settings);
    assert_eq!(
        cookies.set(&HeaderMap::new(), "t.s", true),
        [
            "__Secure-shop.session_token=t.s; Max-Age=604800; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax"
        ]
    );
    for cookie in cookies.clearing() {
        assert!(text(&cookie).contains("=; Max-Age=0; Domain=example.com; Path=/"), "{cookie:?}");
    }
}

#[test]
fn the_device_cookie_alone_is_no_cookie() {
    for (header, sent) in [
        ("better-auth.device=a", false),
        ("__Secure-better-auth.device=a; better-auth.device=b", false),
        ("better-auth.device=a; better-auth.session_token=b", true),
        ("better-auth.device_x=a", true),
        ("x=better-auth.device=a", true),
        ("a=b", true),
        ("", true),
    ] {
        assert_eq!(are_sent(&request(COOKIE, header)), sent, "{header}");
    }
    assert!(!are_sent(&HeaderMap::new()));
}

#[test]
fn a_mark_needs_a_signature_and_its_own_kind() {
    let cookies = cookies(SECRET, "https://auth.example.com");
    let set = cookies.set_mark(Mark::Device, "id~mark", DAY).unwrap();
    let set = text(&set);
    assert!(set.starts_with("__Secure-better-auth.device=device~id~mark."), "{set}");
    assert!(set.ends_with("; Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=Lax"), "{set}");
    let pair = set.split(';').next().unwrap();
    let devices = |pair: &str| cookies.marks(&request(COOKIE, pair), Mark::Device).collect::<Vec<_>>();
    assert_eq!(devices(pair), ["id~mark"]);
    assert!(devices(&pair.replace("mark", "other")).is_empty());
    assert!(devices("__Secure-better-auth.device=device~id~mark").is_empty());
    let state = cookies.set_mark(Mark::State, "id~mark", DAY).unwrap();
    let renamed = text(&state).split(';').next().unwrap().replace(".state=", ".device=");
    assert!(devices(&renamed).is_empty(), "another kind");
    assert_eq!(cookies.clearing().len(), 3, "signing out leaves it");
}
