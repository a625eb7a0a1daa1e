//! Hashing and all other requests do not delay each other.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::support::{Answer, Auth, email};

/// Sign-ins per second: three times what one thread hashes at this cost, about 25 ms for a hash.
const COST: &str = "9";
const FLOOD: f64 = 120.0;
const TIME: Duration = Duration::from_secs(4);
/// A limit that a busy machine keeps too.
const GENEROUS: Duration = Duration::from_secs(10);

/// Name and nice value of every thread of a process.
#[cfg(target_os = "linux")]
fn threads(process: u32) -> Vec<(String, i32)> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let stat = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("stat")).ok();
    let read = |stat: String| {
        // The name is in parentheses, and the nice value is field 19 of all.
        let (name, fields) = stat.rsplit_once(") ").unwrap();
        let (_, name) = name.split_once('(').unwrap();
        (name.to_owned(), fields.split(' ').nth(19 - 3).unwrap().parse().unwrap())
    };
    tasks.filter_map(|task| stat(task.unwrap())).map(read).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn threads_that_hash_have_a_lower_priority_than_all_others() {
    let auth = Auth::start_with(&[("HASH_CONCURRENCY", "2")]).await;
    let lower = async {
        loop {
            let (hashing, others): (Vec<_>, Vec<_>) = threads(auth.service.id().unwrap())
                .into_iter()
                .partition(|(name, _)| name.starts_with("hash-"));
            let highest = others.iter().map(|(_, nice)| *nice).max().unwrap();
            assert_eq!(hashing.len(), 2, "{hashing:?}");
            if hashing.iter().all(|(_, nice)| *nice >= highest + 5) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    // A thread lowers its priority as its first action, but the service may be ready before.
    timeout(GENEROUS, lower).await.expect("a lower priority");
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_refused_at_once_and_leaves_other_requests_alone() {
    let auth = Auth::start_with(&[("HASH_CONCURRENCY", "1"), ("BCRYPT_COST", COST)]).await;
    let user = auth.user("alice").await;
    let sign_in = async |number: usize| {
        let body = json!({"email": email(&format!("nobody{number}")), "password": "wrong password"});
        let begun = Instant::now();
        let answer = auth.post("/sign-in/email", &body).await;
        (answer, begun.elapsed())
    };
    let end = Instant::now() + TIME;
    let flood = async {
        let mut ticks = interval(Duration::from_secs_f64(1.0 / FLOOD));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (mut in_flight, mut answers) = (FuturesUnordered::new(), Vec::new());
        for number in 0.. {
            while Instant::now() < end {
                tokio::select! {
                    _ = ticks.tick() => break,
                    Some(answer) = in_flight.next() => answers.push(answer),
                }
            }
            if Instant::now() >= end {
                break;
            }
            in_flight.push(sign_in(number));
        }
        answers.extend(in_flight.collect::<Vec<(Answer, Duration)>>().await);
        answers
    };
    let others = async {
        let mut answered = 0;
        while Instant::now() < end {
            let answer =
                timeout(GENEROUS, user.get("/get-session")).await.expect("an answer during the flood");
            assert_eq!(answer.status, 200);
            answered += 1;
        }
        answered
    };
    let (answers, answered) = tokio::join!(flood, others);
    let (refused, decided): (Vec<_>, Vec<_>) = answers.iter().partition(|(answer, _)| answer.status == 503);
    assert!(refused.iter().all(|(answer, _)| answer.header("retry-after").as_deref() == Some("2")));
    assert!(decided.iter().all(|(answer, took)| answer.status == 401 && *took < GENEROUS));
    let mut times: Vec<Duration> = refused.iter().map(|(_, took)| *took).collect();
    times.sort_unstable();
    println!("{} decided, {} refused, {answered} other requests", decided.len(), refused.len());
    assert!(!refused.is_empty() && !decided.is_empty() && answered > 0);
    assert!(times[times.len() / 2] < Duration::from_secs(1), "refused after {:?}", times[times.len() / 2]);
}
