//! Pages and filters of a list.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::client::{Client, titles};
use crate::stack::Stack;

/// The titles that this query finds, on one page.
async fn find(client: &Client, query: &[(&str, &str)]) -> Vec<String> {
    let query = Serializer::new(String::new()).extend_pairs(query).finish();
    titles(&client.get(&format!("/api/me/tasks?{query}")).await.expect(200).json())
}

async fn make(client: &Client, body: Value) {
    client.post("/api/me/tasks", &body).await.expect(201);
}

/// Walks all pages, calling `between` after each, and answers the ids in their order.
async fn walk(client: &Client, query: &str, limit: usize, between: impl AsyncFn(usize)) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        let list =
            client.get(&format!("/api/me/tasks?limit={limit}{query}{cursor}")).await.expect(200).json();
        let tasks = list["tasks"].as_array().unwrap();
        ids.extend(tasks.iter().map(|task| task["id"].as_str().unwrap().to_owned()));
        match list["next_cursor"].as_str() {
            Some(next) => {
                assert_eq!(tasks.len(), limit, "a page before the last is full");
                cursor = format!("&cursor={next}");
            }
            None => break,
        }
        between(page).await;
    }
    ids
}

#[tokio::test]
async fn a_walk_through_the_pages_finds_every_task_once_newest_first() {
    let stack = Stack::start().await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    let mut made = Vec::new();
    for n in 0..23 {
        made.push(alice.create(&format!("task {n}")).await);
        bob.create("Bob's").await;
    }
    made.reverse();
    for limit in [1, 5, 22, 23, 24, 100] {
        assert_eq!(walk(&alice, "", limit, async |_| {}).await, made, "limit {limit}");
    }
    assert_eq!(walk(&alice, "&search=task%201", 4, async |_| {}).await.len(), 11);
}

#[tokio::test]
async fn a_walk_is_not_disturbed_by_tasks_that_come_and_go() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    let mut made = Vec::new();
    for n in 0..20 {
        made.push(alice.create(&format!("task {n}")).await);
    }
    // After each page a new task comes, and the task that the cursor stands on goes.
    let seen = walk(&alice, "", 3, async |page| {
        alice.create("new").await;
        let last = &made[19 - (page * 3 + 2)];
        alice.delete(&format!("/api/me/tasks/{last}")).await.expect(204);
    })
    .await;
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "none twice");
    made.reverse();
    assert_eq!(seen, made, "all that were there, and none that came later");
}

#[tokio::test]
async fn without_a_limit_a_page_holds_50_tasks() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    for n in 0..51 {
        alice.create(&format!("task {n}")).await;
    }
    let page = alice.get("/api/me/tasks").await.expect(200).json();
    assert_eq!(page["tasks"].as_array().unwrap().len(), 50);
    let next = page["next_cursor"].as_str().unwrap();
    let rest = alice.get(&format!("/api/me/tasks?cursor={next}")).await.expect(200).json();
    assert_eq!((titles(&rest), &rest["next_cursor"]), (vec!["task 0".to_owned()], &Value::Null));
}

#[tokio::test]
async fn another_users_cursor_shows_nothing_of_theirs() {
    let stack = Stack::start().await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    alice.create("old").await;
    for n in 0..3 {
        bob.create(&format!("Bob's {n}")).await;
    }
    let page = bob.get("/api/me/tasks?limit=1").await.expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(find(&alice, &[("cursor", cursor)]).await, ["old"]);
}

#[tokio::test]
async fn filters_narrow_the_list_and_add_up() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    make(&alice, json!({"title": "a", "priority": "low"})).await;
    make(&alice, json!({"title": "b", "priority": "high", "is_completed": true})).await;
    make(&alice, json!({"title": "c", "priority": "high"})).await;
    make(&alice, json!({"title": "d", "is_completed": true})).await;

    assert_eq!(find(&alice, &[]).await, ["d", "c", "b", "a"]);
    assert_eq!(find(&alice, &[("status", "all")]).await, ["d", "c", "b", "a"]);
    assert_eq!(find(&alice, &[("status", "pending")]).await, ["c", "a"]);
    assert_eq!(find(&alice, &[("status", "completed")]).await, ["d", "b"]);
    assert_eq!(find(&alice, &[("priority", "high")]).await, ["c", "b"]);
    assert_eq!(find(&alice, &[("priority", "medium")]).await, ["d"]);
    assert_eq!(find(&alice, &[("priority", "high"), ("status", "pending")]).await, ["c"]);
    assert_eq!(find(&alice, &[("priority", "high"), ("status", "pending"), ("search", "b")]).await, [""; 0]);
    assert_eq!(find(&alice, &[("something", "else")]).await, ["d", "c", "b", "a"]);
}

#[tokio::test]
async fn a_search_ignores_case_and_takes_every_character_as_it_is() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    for title in ["100% sure", "snake_case", r"back\slash", "ÄRGER", "it's; DROP TABLE tasks --", "100 sure"]
    {
        alice.create(title).await;
    }
    make(&alice, json!({"title": "other", "description": "buy Oat MILK\ntoday"})).await;

    assert_eq!(find(&alice, &[("search", "SURE")]).await, ["100 sure", "100% sure"]);
    assert_eq!(find(&alice, &[("search", "100%")]).await, ["100% sure"]);
    assert_eq!(find(&alice, &[("search", "%")]).await, ["100% sure"]);
    assert_eq!(find(&alice, &[("search", "_")]).await, ["snake_case"]);
    assert_eq!(find(&alice, &[("search", r"\")]).await, [r"back\slash"]);
    assert_eq!(find(&alice, &[("search", "ärger")]).await, ["ÄRGER"]);
    assert_eq!(find(&alice, &[("search", "oat milk\nTODAY")]).await, ["other"]);
    assert_eq!(find(&alice, &[("search", "'S; drop table")]).await, ["it's; DROP TABLE tasks --"]);
    assert_eq!(find(&alice, &[("search", "nowhere")]).await, [""; 0]);
    assert_eq!(find(&alice, &[("search", "")]).await.len(), 7);
}
