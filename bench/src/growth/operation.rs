//! A kind of request that is measured.

use std::future::Future;
use std::pin::Pin;

use super::stand::{Cost, Stand};

/// Requests in a turn, unless an operation takes long.
const REQUESTS: usize = 3000;

type Make = Box<dyn Fn(&Stand, usize) -> String + Sync>;

/// Returns the requests themselves, of an operation that cannot be repeated.
pub type Collect = for<'a> fn(&'a Stand) -> Pin<Box<dyn Future<Output = Vec<String>> + 'a>>;

enum Source {
    /// A new request each time.
    Made(Make),
    /// Each of these once.
    Collected(Collect),
}

/// A kind of request.
pub struct Operation {
    pub name: &'static str,
    requests: usize,
    source: Source,
}

/// The requests of a turn.
pub struct Prepared<'a> {
    pub count: usize,
    pub make: Box<dyn Fn(usize) -> String + Sync + 'a>,
}

impl Operation {
    pub fn new(name: &'static str, make: impl Fn(&Stand, usize) -> String + Sync + 'static) -> Self {
        Self { name, requests: REQUESTS, source: Source::Made(Box::new(make)) }
    }

    pub fn collected(name: &'static str, collect: Collect) -> Self {
        Self { name, requests: REQUESTS, source: Source::Collected(collect) }
    }

    /// Sets the number of requests in a turn.
    pub fn with_requests(mut self, requests: usize) -> Self {
        self.requests = requests;
        self
    }

    /// Sends the requests of a turn and measures what they cost.
    pub async fn turn(&self, stand: &Stand) -> Cost {
        let Prepared { count, make } = self.prepare(stand).await;
        stand.measure(count, &*make).await
    }

    /// Prepares the requests of a turn on this stand.
    pub async fn prepare<'a>(&'a self, stand: &'a Stand) -> Prepared<'a> {
        match &self.source {
            Source::Made(make) => {
                Prepared { count: self.requests, make: Box::new(move |number| make(stand, number)) }
            }
            Source::Collected(collect) => {
                let mut requests = collect(stand).await;
                requests.truncate(self.requests);
                Prepared { count: requests.len(), make: Box::new(move |number| requests[number].clone()) }
            }
        }
    }
}
