//! One user sends as many searches as possible, and another must not be slowed down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use local_stack::databases::connect;
use tokio::time::Instant;

use crate::client::Client;
use crate::stack::Stack;

/// The rows of the user who searches without a pause.
const ROWS: u32 = 200_000;
/// How many searches that user keeps in flight.
const SEARCHES: usize = 20;
/// How many requests of the other user are measured, at rest and then under that load.
const REQUESTS: usize = 200;
/// What counts as unnoticed whatever the idle value is, on a machine that does other things too. Without limits the
/// searches take every connection, and the other user waits for seconds or gets 503.
const UNNOTICED: Duration = Duration::from_millis(200);
/// How often a comparison may be disturbed by what else the machine does. Without limits each one fails.
const TRIES: usize = 4;

/// Fills the account of `abuser` with rows of ordinary length.
const FILL: &str =
    "INSERT INTO tasks (user_id, id, title, description, is_completed, priority, created_at, updated_at)
    SELECT 'abuser', ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Task number ' || n,
           repeat('Lorem ipsum dolor sit amet ', 5), false, 'low', now(), now()
    FROM generate_series(1, $1::int) n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_user_who_searches_without_a_pause_does_not_slow_another_down() {
    let stack = Stack::with(&[("TASK_QUOTA", "1000000")]).await;
    let superuser = connect(&stack.database.superuser_url()).await.unwrap();
    superuser.execute(FILL, &[&i32::try_from(ROWS).unwrap()]).await.unwrap();
    superuser.batch_execute("ANALYZE tasks").await.unwrap();
    let (abuser, victim) = (stack.user("abuser"), stack.user("victim"));
    // So that every connection is there and has its statements prepared.
    measure(&victim, REQUESTS).await;

    let mut seen = Vec::new();
    for _ in 0..TRIES {
        let idle = measure(&victim, REQUESTS).await;
        let load = Load::start(&abuser);
        load.until_searching().await;
        let loaded = measure(&victim, REQUESTS).await;
        load.stop().await;
        if loaded < UNNOTICED.max(2 * idle) {
            return;
        }
        seen.push((idle, loaded));
    }
    panic!("p99 at rest and beside the searches: {seen:?}");
}

/// Searches of one user, none of which finds anything, so that each reads all rows.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(abuser: &Client) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let clients = (0..SEARCHES).map(|_| {
            let (abuser, stop, answered) = (abuser.clone(), Arc::clone(&stop), Arc::clone(&answered));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let answer = abuser.get("/api/me/tasks?search=nowhere").await;
                    assert!([200, 429, 503].contains(&answer.status), "{answer:?}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let clients = clients.collect();
        Self { stop, answered, clients }
    }

    async fn until_searching(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.answered.load(Ordering::Relaxed) == 0 {
            assert!(Instant::now() < deadline, "no search ended");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends it, and returns when no search is left.
    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
    }
}

/// The 99th percentile of the answers' times over what a page does: create, read, list.
async fn measure(client: &Client, requests: usize) -> Duration {
    let mut times = Vec::with_capacity(requests);
    let mut task = client.create("first").await;
    for n in 0..requests {
        let begun = Instant::now();
        match n % 3 {
            0 => task = client.create("one").await,
            1 => drop(client.get(&format!("/api/me/tasks/{task}")).await.expect(200)),
            _ => drop(client.get("/api/me/tasks").await.expect(200)),
        }
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times[times.len() * 99 / 100]
}
