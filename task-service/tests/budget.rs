//! The request budget of a user.

use crate::client::send;
use crate::stack::Stack;

#[tokio::test]
async fn past_the_budget_a_user_gets_429_and_nobody_else_does() {
    let stack = Stack::with(&[("REQUESTS_PER_MINUTE", "5")]).await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    // Whatever is answered counts, and so does another token of the same user.
    alice.create("one").await;
    alice.get("/api/me/tasks?limit=0").await.expect(400);
    alice.get("/api/bob/tasks").await.expect(403);
    stack.user("alice").get("/api/me/tasks").await.expect(200);
    alice.get("/api/me/tasks/01900000-0000-7000-8000-000000000000").await.expect(404);
    // What nobody signed does not.
    for _ in 0..10 {
        stack.anonymous().get("/api/alice/tasks").await.expect(401);
    }
    for client in [&alice, &stack.user("alice")] {
        let request = client.request(reqwest::Method::GET, "/api/me/tasks");
        let answer = send(request.header("origin", "http://localhost:3000")).await;
        let answer = answer.expect_error(429, "TOO_MANY_REQUESTS");
        let seconds: u32 = answer.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_eq!(answer.header("access-control-allow-origin"), "http://localhost:3000");
    }
    assert_eq!(bob.titles().await, [""; 0]);
    // A replica counts on its own, and `/readyz` is nobody's request.
    alice.get("/readyz").await.expect(200);
}
