//! Paths that try to be two things at once.

use super::process::Requests as _;
use super::upstreams::{COOKIE, Upstreams, assert_envelope, header, received};

#[tokio::test]
async fn a_path_that_can_be_read_in_two_ways_goes_nowhere() {
    let tricks = [
        "//api/me/tasks",
        "//api/auth/token",
        "/api//auth/token",
        "/api/auth//token",
        "/api/auth/token//",
        "/api/auth;x/token",
        "/api;/auth/token",
        "/api/me;user_id=other/tasks",
        "/api/%61uth/token",
        "/%61pi/auth/token",
        "/api/auth%2ftoken",
        "/api%2Fauth/token",
        "/api/me%2ftasks",
        "/api\\auth\\token",
        "/api/auth%5ctoken",
        "/api/../api/auth/token",
        "/api/me/../auth/token",
        "/api/auth/../me/tasks",
        "/api/auth/..;/me/tasks",
        "/api/auth/%2e%2e/me/tasks",
        "/api/auth/.%2E/me/tasks",
        "/api/./auth/token",
        "/api/.auth/token",
        "/api/me/.well-known/jwks.json",
        "/api/auth/x/.well-known/jwks.json",
        "/api/me/tasks/.",
        "/api/me/tasks/..",
        "/.well-known/../api/me/tasks",
        "/docs/auth/../../api/me/tasks",
        "/docs/tasks/%2e%2e/api/me/tasks",
        "/docs/tasks//openapi.json",
        "/api/me/tasks%00",
        "/api/me/tasks%0d%0aCookie:%20a=b",
        "/api/me/tasks%23",
        "/api/me/tasks%3fa",
        "/api/me/tasks#fragment",
        "/api/\u{fc}/tasks",
        "/api/auth\u{2024}/token",
        "*",
    ];
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    for target in tricks {
        let answer = gateway.get(target, &[COOKIE]);
        assert_envelope(&answer, 404, "NOT_FOUND");
        assert!(received(&upstreams.auth).await.is_empty(), "{target} reached auth-service");
        assert!(received(&upstreams.tasks).await.is_empty(), "{target} reached task-service");
    }
}

#[tokio::test]
async fn letter_case_and_the_ends_of_names_do_not_move_a_path_to_the_other_service() {
    // Caddy compares paths without regard to letter case; the services do not. So these go to the service whose routes
    // they resemble, and are unknown there.
    let paths = [
        ("/API/AUTH/token", "auth"),
        ("/api/Auth/token", "auth"),
        ("/api/AUTH", "auth"),
        ("/api/auth/", "auth"),
        ("/.WELL-KNOWN/jwks.json", "none"),
        ("/.well-known/", "auth"),
        ("/API/me/tasks", "tasks"),
        ("/api/", "tasks"),
        ("/api/authx/token", "tasks"),
        ("/api/auth-/token", "tasks"),
        ("/api/auth./token", "tasks"),
        ("/api", "none"),
        ("/apiauth/token", "none"),
        ("/docs", "none"),
        ("/docs/", "none"),
        ("/docs/other/", "none"),
        ("/metrics", "none"),
        ("/readyz", "none"),
        ("/openapi.json", "none"),
        ("/", "none"),
        ("/?/api/auth/token", "none"),
    ];
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    for (target, name) in paths {
        let answer = gateway.get(target, &[COOKIE]);
        match name {
            "none" => assert_envelope(&answer, 404, "NOT_FOUND"),
            name => assert_eq!(answer.body, name, "{target}"),
        }
    }
    let at_tasks = received(&upstreams.tasks).await;
    assert_eq!(at_tasks.len(), 5);
    assert!(at_tasks.iter().all(|request| header(request, "cookie").is_none()));
}

#[tokio::test]
async fn an_absolute_request_target_is_routed_by_its_path() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    let url = gateway.url();
    assert_eq!(gateway.get(&format!("{url}/api/me/tasks"), &[COOKIE]).body, "tasks");
    assert_envelope(&gateway.get(&format!("{url}/api/me/../auth/token"), &[COOKIE]), 404, "NOT_FOUND");
    let (_, request) = upstreams.only().await;
    assert_eq!(header(&request, "cookie"), None);
}
