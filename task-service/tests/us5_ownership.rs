//! US5 and the life of a task: FR-018, FR-021, FR-022.

use serde_json::{Value, json};

use crate::stack::Stack;

#[tokio::test]
async fn us5_1_fr_018_fr_021_a_new_task_belongs_to_the_token_whatever_the_body_says() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    let other_id = "01900000-0000-7000-8000-000000000000";
    let body = json!({
        "title": "mine", "user_id": "bob", "id": other_id, "created_at": "2000-01-01T00:00:00Z", "owner": "bob",
    });
    let answer = alice.post("/api/me/tasks", &body).await.expect(201);
    let task = answer.json();
    assert_eq!(task["user_id"], "alice");
    assert_ne!(task["id"], other_id);
    assert!(!task["created_at"].as_str().unwrap().starts_with("2000"));
    let location = format!("/api/alice/tasks/{}", task["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), location);
    assert_eq!(alice.get(&location).await.expect(200).json(), task);
    assert_eq!(stack.user("bob").titles().await, [""; 0]);

    for (send, status) in
        [(alice.put(&location, &body).await, 200), (alice.patch(&location, &body).await, 200)]
    {
        let task = send.expect(status).json();
        assert_eq!((&task["user_id"], task["id"] == other_id), (&json!("alice"), false));
    }
    assert_eq!(stack.user("bob").titles().await, [""; 0]);
}

#[tokio::test]
async fn us5_2_the_owner_may_update_a_task_in_every_way() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    let made = alice.post("/api/me/tasks", &json!({"title": "first"})).await.expect(201).json();
    let path = format!("/api/me/tasks/{}", made["id"].as_str().unwrap());
    let defaults = json!({
        "id": made["id"], "user_id": "alice", "title": "first", "description": null, "is_completed": false,
        "priority": "medium", "due_date": null, "created_at": made["created_at"], "updated_at": made["updated_at"],
    });
    assert_eq!(made, defaults);

    let full = json!({
        "title": "second", "description": "two\nlines", "is_completed": true, "priority": "high",
        "due_date": "2030-01-02T03:04:05+01:00",
    });
    let replaced = alice.put(&path, &full).await.expect(200).json();
    assert_eq!(fields(&replaced), json!(["second", "two\nlines", true, "high", "2030-01-02T02:04:05Z"]));
    assert_eq!(replaced["created_at"], made["created_at"]);
    assert!(replaced["updated_at"].as_str() > made["updated_at"].as_str());

    // PATCH: what is absent stays, null clears, nothing changes nothing.
    let changed = alice.patch(&path, &json!({"title": "third"})).await.expect(200).json();
    assert_eq!(fields(&changed), json!(["third", "two\nlines", true, "high", "2030-01-02T02:04:05Z"]));
    let unchanged = alice.patch(&path, &json!({})).await.expect(200).json();
    assert_eq!(unchanged, changed);
    let cleared =
        alice.patch(&path, &json!({"description": null, "due_date": null})).await.expect(200).json();
    assert_eq!(fields(&cleared), json!(["third", null, true, "high", null]));
    let changed = json!({"description": "d", "is_completed": false, "priority": "low", "due_date": "2031-01-01T00:00:00Z"});
    let changed = alice.patch(&path, &changed).await.expect(200).json();
    assert_eq!(fields(&changed), json!(["third", "d", false, "low", "2031-01-01T00:00:00Z"]));

    // PUT: what is absent gets its default.
    let replaced = alice.put(&path, &json!({"title": "fourth"})).await.expect(200).json();
    assert_eq!(fields(&replaced), json!(["fourth", null, false, "medium", null]));

    let complete = format!("{path}/complete");
    for is_completed in [true, true, false] {
        let task = alice.patch(&complete, &json!({"is_completed": is_completed})).await.expect(200).json();
        assert_eq!(fields(&task), json!(["fourth", null, is_completed, "medium", null]));
        assert_eq!(alice.get(&path).await.expect(200).json(), task);
    }

    let gone = alice.delete(&path).await.expect(204);
    assert_eq!(gone.text, "");
    alice.get(&path).await.expect_error(404, "TASK_NOT_FOUND");
    alice.delete(&path).await.expect_error(404, "TASK_NOT_FOUND");
}

fn fields(task: &Value) -> Value {
    json!([task["title"], task["description"], task["is_completed"], task["priority"], task["due_date"]])
}

#[tokio::test]
async fn fr_022_a_list_can_be_had_without_its_body() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    let task = alice.create("one").await;
    for path in ["/api/me/tasks".to_owned(), format!("/api/me/tasks/{task}")] {
        let head = crate::client::send(alice.request(reqwest::Method::HEAD, &path)).await.expect(200);
        assert_eq!((head.text.as_str(), head.header("content-type")), ("", "application/json"));
    }
    let head = stack.anonymous().request(reqwest::Method::HEAD, "/api/me/tasks");
    crate::client::send(head).await.expect(401);
}
