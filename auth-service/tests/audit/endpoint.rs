//! `GET security-events`: users see their own.

use serde_json::{Value, json};

use crate::support::{Auth, PASSWORD};

fn names(page: &Value) -> Vec<&str> {
    page["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn users_see_their_own_events_newest_first() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let bob = auth.user("bob").await;
    let laptop = auth.another_device("alice").await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another password"});
    assert_eq!(laptop.post("/change-password", &change).await.status, 200);

    let answer = alice.get("/security-events").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["nextCursor"], Value::Null);
    let newest = &answer.body["events"][0];
    assert_eq!(newest["event"], "password.changed");
    assert_eq!((&newest["outcome"], &newest["ipAddress"]), (&json!("success"), &json!("127.0.0.1")));
    assert_eq!(newest["sessionId"], laptop.session().await["session"]["id"]);
    assert!(newest["occurredAt"].as_str().unwrap().ends_with('Z'));
    let started = &answer.body["events"][1];
    assert_eq!((&started["event"], &started["reason"]), (&json!("session.started"), &json!("sign_in")));
    assert_eq!(names(&answer.body).len(), 4, "and the sign-up: {answer:?}");
    assert_eq!(names(&bob.get("/security-events").await.body).len(), 2);
    assert_eq!(auth.get("/security-events").await.status, 401);
}

#[tokio::test]
async fn pages_hold_every_event_once() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    for number in 0..7 {
        assert_eq!(alice.post("/update-user", &json!({"name": format!("a{number}")})).await.status, 200);
    }
    let all = alice.get("/security-events").await.body;
    assert_eq!(names(&all).len(), 9);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = alice.get(&format!("/security-events?limit=2{cursor}")).await.body;
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= 2);
        paged.extend(events.clone());
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(json!(paged), all["events"]);
}

#[tokio::test]
async fn an_invalid_page_is_a_400() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "cursor=",
        "cursor=x",
        "cursor=1_2",
        "limit=1&limit=2",
    ] {
        let answer = alice.get(&format!("/security-events?{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "VALIDATION_ERROR"), "{query}");
    }
}
