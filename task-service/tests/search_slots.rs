//! One search at a time for each user, and a time limit for each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local_stack::databases::connect;
use task_service::search_slots::{Busy, SearchSlots};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::client::Client;
use crate::stack::Stack;

const LONG: Duration = Duration::from_secs(60);

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[actix_web::test]
async fn a_search_waits_for_the_owners_earlier_one_and_for_nobody_elses() {
    let (alice, bob) = ("alice", "bob");
    let slots = SearchSlots::new(LONG);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let searches = (0..20).map(|_| {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        slots.run(alice, async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            running.fetch_sub(1, Ordering::SeqCst);
        })
    });
    let outcomes = futures_util::future::join_all(searches).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 1);

    let (end, ended) = oneshot::channel::<()>();
    let held = tokio::join!(slots.run(alice, async { ended.await.unwrap() }), async {
        slots.run(bob, async {}).await.and_then(|()| end.send(()).map_err(|()| Busy))
    });
    assert_eq!(held, (Ok(()), Ok(())));
}

#[actix_web::test]
async fn a_search_that_was_dropped_keeps_its_slot_until_it_ends() {
    let alice = "alice";
    let slots = SearchSlots::new(LONG);
    let (began, has_begun) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let mut dropped = Box::pin(slots.run(alice, async move {
        began.send(()).unwrap();
        let _ = ended.await;
    }));
    tokio::select! {
        _ = &mut dropped => panic!("it ended"),
        begun = has_begun => begun.unwrap(),
    }
    drop(dropped);

    // One that is dropped while it waits leaves the queue and never runs.
    let mut impatient = Box::pin(slots.run(alice, async { panic!("its turn came") }));
    assert!(futures_util::poll!(&mut impatient).is_pending());
    drop(impatient);
    let mut next = Box::pin(slots.run(alice, async { "next" }));
    for _ in 0..100 {
        assert!(futures_util::poll!(&mut next).is_pending());
        tokio::task::yield_now().await;
    }
    end.send(()).unwrap();
    assert_eq!(next.await, Ok("next"));
}

#[actix_web::test]
async fn a_search_whose_turn_does_not_come_is_refused_in_time() {
    let (alice, bob) = ("alice", "bob");
    let slots = SearchSlots::new(Duration::from_millis(20));
    let mut forever = Box::pin(slots.run(alice, std::future::pending::<()>()));
    assert!(futures_util::poll!(&mut forever).is_pending());
    assert_eq!(slots.run(alice, async {}).await, Err(Busy));
    assert_eq!(slots.run(bob, async {}).await, Ok(()));

    // Too many at once are refused at once, and those that wait take no room for ever.
    let slots = SearchSlots::new(LONG);
    let (end, ended) = oneshot::channel::<()>();
    let mut first = Box::pin(slots.run(alice, async { ended.await.unwrap() }));
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut waiting: Vec<_> = (0..40).map(|_| Box::pin(slots.run(alice, async {}))).collect();
    let mut refused = 0;
    for search in &mut waiting {
        refused += usize::from(futures_util::poll!(search).is_ready());
    }
    assert_eq!(refused, 40 - 32);
    drop(waiting);
    end.send(()).unwrap();
    assert_eq!((first.await, slots.run(alice, async {}).await), (Ok(()), Ok(())));
}

/// How many lists of the service PostgreSQL works on or keeps waiting for a lock, and by which backends.
async fn at_work(superuser: &tokio_postgres::Client) -> BTreeSet<i32> {
    let active = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                  AND usename = 'tasks_service' AND wait_event_type = 'Lock'";
    superuser.query(active, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn search(client: &Client, query: &str) -> tokio::task::JoinHandle<crate::client::Answer> {
    let (client, path) = (client.clone(), format!("/api/me/tasks{query}"));
    tokio::spawn(async move { client.get(&path).await })
}

#[tokio::test]
async fn postgresql_sees_one_search_of_a_user_at_a_time_and_their_other_requests_go_on() {
    let stack = Stack::with(&[("LIST_TIMEOUT", "8s")]).await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    let task = format!("/api/me/tasks/{}", alice.create("one").await);
    let (superuser, observer) = (
        connect(&stack.database.superuser_url()).await.unwrap(),
        connect(&stack.database.superuser_url()).await.unwrap(),
    );
    // A lock makes each list run for as long as the test likes.
    superuser.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    // Each of these may have to read every row.
    let queries = ["?search=one", "?status=pending", "?priority=medium", "?search=one&limit=1"];
    let of_alice: Vec<_> = queries.iter().map(|query| search(&alice, query)).collect();
    until("no search began", async || !at_work(&observer).await.is_empty()).await;
    let of_bob = search(&bob, "?search=one");
    until("another user's search waits too", async || at_work(&observer).await.len() == 2).await;
    // What reads no more than it shows waits for nobody.
    let (page, one) = (search(&alice, ""), search(&alice, task.strip_prefix("/api/me/tasks").unwrap()));
    until("other requests wait too", async || at_work(&observer).await.len() == 4).await;
    for _ in 0..20 {
        assert_eq!(at_work(&observer).await.len(), 4);
        tokio::task::yield_now().await;
    }
    superuser.batch_execute("COMMIT").await.unwrap();
    for answer in of_alice.into_iter().chain([of_bob, page, one]) {
        answer.await.unwrap().expect(200);
    }
}

#[tokio::test]
async fn a_list_that_takes_too_long_is_503_and_costs_no_connection() {
    let stack = Stack::with(&[("LIST_TIMEOUT", "100ms")]).await;
    let alice = stack.user("alice");
    alice.create("one").await;
    // What a list sends is prepared from here on.
    assert_eq!(alice.titles().await, ["one"]);
    let (superuser, observer) = (
        connect(&stack.database.superuser_url()).await.unwrap(),
        connect(&stack.database.superuser_url()).await.unwrap(),
    );
    let connections = "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND usename = 'tasks_service'";
    let connections = async || observer.query_one(connections, &[]).await.unwrap().get::<_, Vec<i32>>(0);
    let before = connections().await;
    superuser.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    for query in ["", "?search=one", "?search=one", "?status=completed"] {
        let answer = alice.get(&format!("/api/me/tasks{query}")).await;
        assert_eq!(answer.expect_error(503, "SERVICE_UNAVAILABLE").header("retry-after"), "1");
    }
    assert_eq!(connections().await, before, "the connections are those from before");

    // Nothing but lists has so little time.
    let create = async { alice.create("two").await };
    let unlock = async {
        until("the create is not waiting", async || at_work(&observer).await.len() == 1).await;
        let begun = Instant::now();
        until("it gave up", async || begun.elapsed() > Duration::from_millis(300)).await;
        superuser.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(create, unlock);
    assert_eq!(alice.titles().await, ["two", "one"]);
}
