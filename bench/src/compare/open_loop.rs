//! Open-loop load: requests are sent at fixed times, whether or not earlier ones have been answered.
//!
//! A response time counts from when its request was due. A closed loop would send fewer requests while the server is slow,
//! and so measure too few of the long times.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::http::{Connection, Requests};
use super::results::{Open, Operation, Target};

/// Connections, each with a thread. If all of them wait for responses, requests are sent late, and that time counts.
const CONNECTIONS: usize = 32;
/// Below this part of the offered rate, the server is overloaded and higher rates are not tried.
const KEPT_UP: f64 = 0.95;
/// Time for the threads to connect before the first request is due.
const LEAD: Duration = Duration::from_millis(50);

/// A program with an operation.
pub struct Case {
    /// The program.
    pub target: Target,
    /// The operation.
    pub operation: Operation,
    /// `host:port`.
    pub address: String,
    /// The requests.
    pub requests: Requests,
}

/// Measures the cases in turns at each of these rates, up to the first that a server cannot keep up with.
pub async fn measure(mut cases: Vec<Case>, rates: &[u32], length: Duration) -> Vec<Open> {
    let mut all = Vec::new();
    for &rate in rates {
        let mut kept_up = Vec::new();
        for case in cases {
            let turn = tokio::task::spawn_blocking(move || (case.turn(rate, length), case));
            let (open, case) = turn.await.unwrap();
            eprintln!(
                "  {}, {}, {rate}/s offered: {:.0}/s, p99 {:.0} µs",
                open.operation.name(),
                open.target.name(),
                open.achieved,
                open.p99
            );
            if open.achieved >= KEPT_UP * f64::from(rate) {
                kept_up.push(case);
            }
            all.push(open);
        }
        cases = kept_up;
    }
    all
}

impl Case {
    fn turn(&self, rate: u32, length: Duration) -> Open {
        let total = usize::try_from(u128::from(rate) * length.as_millis() / 1000).unwrap();
        let rate = f64::from(rate);
        let (next, times) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(total)));
        let begin = Instant::now() + LEAD;
        // Without a limit, a server that is too slow would be waited for until it has answered everything.
        let end = begin + length.mul_f64(1.5);
        thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| {
                    let mut connection = Connection::open(&self.address).unwrap();
                    let mut own = Vec::new();
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let due = begin + Duration::from_secs_f64(index as f64 / rate);
                        if index >= total || Instant::now() > end {
                            break;
                        }
                        wait_until(due);
                        let response = connection.send(&self.requests.get(index)).unwrap();
                        assert!(response.status < 400, "{}: {}", self.target.name(), response.head);
                        own.push(due.elapsed());
                    }
                    times.lock().unwrap().extend(own);
                });
            }
        });
        let seconds = begin.elapsed().max(length).as_secs_f64();
        let mut times = times.into_inner().unwrap();
        times.sort_unstable();
        let percentile = |percent: usize| {
            let index = times.len().saturating_sub(1) * percent / 100;
            times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        let achieved = times.len() as f64 / seconds;
        let (target, operation) = (self.target, self.operation);
        Open { target, operation, offered: rate, achieved, p50: percentile(50), p99: percentile(99) }
    }
}

fn wait_until(due: Instant) {
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        // May return early.
        thread::park_timeout(left);
    }
}
