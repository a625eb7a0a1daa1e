//! Requests without a pause, and what became of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use tokio::task::JoinHandle;

/// Concurrent requests of each kind.
const AT_ONCE: usize = 4;

/// Longer than the gateway waits for a service.
const PATIENCE: Duration = Duration::from_secs(60);

/// One request's outcome: when it was sent and when it was over, and its status, or 0 where there was no response.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub sent: Instant,
    pub ended: Instant,
    pub status: u16,
}

/// Requests that are repeated until it is stopped.
pub struct Traffic {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<Outcome>>>,
}

impl Traffic {
    pub fn start(requests: impl IntoIterator<Item = RequestBuilder>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let repeated = requests
            .into_iter()
            .flat_map(|one| std::iter::repeat_with(move || one.try_clone().unwrap()).take(AT_ONCE));
        let clients = repeated.map(|request| tokio::spawn(repeat(request, Arc::clone(&stop)))).collect();
        Self { stop, clients }
    }

    pub async fn stop(self) -> Outcomes {
        self.stop.store(true, Ordering::Relaxed);
        let mut outcomes = Vec::new();
        for client in self.clients {
            outcomes.extend(client.await.unwrap());
        }
        outcomes.sort_by_key(|outcome| outcome.ended);
        Outcomes(outcomes)
    }
}

async fn repeat(request: RequestBuilder, stop: Arc<AtomicBool>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let sent = Instant::now();
        let answer = request.try_clone().unwrap().timeout(PATIENCE).send().await;
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        if let Ok(answer) = answer
            && status >= 500
        {
            let (url, headers) = (answer.url().path().to_owned(), answer.headers().clone());
            println!("{status} from {url}: {headers:?} {:?}", answer.text().await);
        }
        outcomes.push(Outcome { sent, ended: Instant::now(), status });
        // A client that gets no response at once would otherwise send thousands more.
        if status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    outcomes
}

/// Every outcome, in the order of their ends.
pub struct Outcomes(pub Vec<Outcome>);

impl Outcomes {
    /// How many of each status.
    pub fn statuses(&self) -> BTreeMap<u16, usize> {
        let mut statuses = BTreeMap::new();
        for outcome in &self.0 {
            *statuses.entry(outcome.status).or_default() += 1;
        }
        statuses
    }

    /// The last that failed.
    pub fn last_failure(&self) -> Option<Outcome> {
        self.0.iter().rev().find(|outcome| outcome.status != 200).copied()
    }
}
