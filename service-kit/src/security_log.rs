//! Security events in the log (OWASP ASVS 5.0, 16.2 and 16.3): one line each, with a stable name and the same fields in
//! both services. Each service has one type that names its events.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use ::metrics::{counter, describe_counter};
use actix_web::{HttpMessage, HttpRequest};
use jiff::{SignedDuration, Timestamp};
use tracing_actix_web::RequestId;
use uuid::Uuid;

/// The target of these lines, for filters: `RUST_LOG=warn,security=info`.
const TARGET: &str = "security";

/// Security events, including those that the log leaves out; label `event`.
const EVENTS: &str = "latchkey_security_events_total";

/// Describes the metric.
pub(crate) fn describe_metrics() {
    describe_counter!(EVENTS, "Security events, including those that the log leaves out.");
}

/// Creates the counters of the events with these names, so that the rate of the first event is seen.
pub fn create_counters(names: impl IntoIterator<Item = &'static str>) {
    names.into_iter().for_each(|event| counter!(EVENTS, "event" => event).increment(0));
}

/// The client and the request that caused an event. The default is for events without a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Client {
    address: Option<IpAddr>,
    request_id: Option<RequestId>,
}

impl Client {
    /// Creates the client that sent `request` from `address`. The request id is that of the response's `x-request-id`.
    pub fn of(request: &HttpRequest, address: Option<IpAddr>) -> Self {
        Self { address, request_id: request.extensions().get::<RequestId>().copied() }
    }

    /// The IP address, if it is known.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The request id.
    pub fn request_id(&self) -> Option<Uuid> {
        self.request_id.map(|id| *id)
    }
}

/// A security event. It has no field for a secret or an email.
#[derive(Debug, Clone, Copy)]
#[must_use = "an event is logged by `emit`"]
pub struct Record<'a> {
    /// The name of the event.
    pub name: &'static str,
    /// The client that caused it.
    pub client: Client,
    /// The user it is about.
    pub user_id: Option<&'a str>,
    /// The session that acted or was acted on.
    pub session_id: Option<Uuid>,
    /// The reason.
    pub reason: Option<&'static str>,
    /// The purpose of the link in an email.
    pub link: Option<&'static str>,
    /// The id (`kid`) of a signing key.
    pub key_id: Option<&'a str>,
    /// The number of sessions or keys it is about.
    pub count: Option<u64>,
    unreported: Option<u64>,
}

impl<'a> Record<'a> {
    /// Creates an event with a stable `name`, caused by `client`.
    pub fn new(name: &'static str, client: Client) -> Self {
        let (user_id, session_id, reason, link, key_id) = (None, None, None, None, None);
        Self { name, client, user_id, session_id, reason, link, key_id, count: None, unreported: None }
    }

    /// Adds the user the event is about.
    pub fn user(self, id: &'a str) -> Self {
        Self { user_id: Some(id), ..self }
    }

    /// Adds the session that acted or is acted on, by its id. The id does not authenticate anybody.
    pub fn session(self, id: Uuid) -> Self {
        Self { session_id: Some(id), ..self }
    }

    /// Adds the reason, in `snake_case` and stable.
    pub fn reason(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Adds the purpose of the link in an email.
    pub fn link(self, purpose: &'static str) -> Self {
        Self { link: Some(purpose), ..self }
    }

    /// Adds the id (`kid`) of a signing key.
    pub fn key(self, id: &'a str) -> Self {
        Self { key_id: Some(id), ..self }
    }

    /// Adds the number of sessions or keys the event is about.
    pub fn count(self, count: u64) -> Self {
        Self { count: Some(count), ..self }
    }

    /// Logs the event at `info`. If a transaction caused it, call this after the commit.
    pub fn emit(self) {
        self.add_to_metrics();
        self.write();
    }

    fn add_to_metrics(&self) {
        counter!(EVENTS, "event" => self.name).increment(1);
    }

    fn write(self) {
        tracing::info!(
            target: TARGET,
            event = self.name,
            user_id = self.user_id,
            session_id = self.session_id.map(tracing::field::display),
            client_address = self.client.address.map(tracing::field::display),
            request_id = self.client.request_id.map(tracing::field::display),
            reason = self.reason,
            link = self.link,
            key_id = self.key_id,
            count = self.count,
            unreported = self.unreported,
            "security event"
        );
    }
}

/// Time in which a [`Throttle`] logs one event of each source.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// Maximum number of events of one name that a [`Throttle`] logs in a [`WINDOW`], whatever their sources: ten lines a
/// second, so that a flood from many networks does not fill the disk either.
const MAX_EVENTS: usize = 600;

/// Limits events that anybody can cause at no cost: one per minute for each name and source, and ten per second for each
/// name. The next event of that name contains the number of those left out. Its size is bounded, and it is used only when a
/// request is refused.
#[derive(Debug, Default)]
pub struct Throttle {
    hasher: RandomState,
    of_names: Mutex<HashMap<&'static str, Window>>,
}

#[derive(Debug, Default)]
struct Window {
    began_at: Option<Timestamp>,
    /// Hashes of the sources that were logged. Keyed at random, so nobody can choose sources that share one.
    logged: HashSet<u64>,
    unreported: u64,
}

impl Throttle {
    /// Logs `event`, unless one of its name and of this `source` was logged within the last minute.
    pub fn emit(&self, event: Record<'_>, source: &impl Hash, now: Timestamp) {
        event.add_to_metrics();
        if let Some(unreported) = self.due(event.name, source, now) {
            Record { unreported: Some(unreported).filter(|count| *count > 0), ..event }.write();
        }
    }

    /// The number of events of this name that were left out since the last one, if this one is to be logged.
    fn due(&self, name: &'static str, source: &impl Hash, now: Timestamp) -> Option<u64> {
        let source = self.hasher.hash_one(source);
        let mut of_names = self.of_names.lock().unwrap_or_else(PoisonError::into_inner);
        let window = of_names.entry(name).or_default();
        // A clock that was set back begins a window too.
        let is_over = window.began_at.is_none_or(|began| now < began || now.duration_since(began) >= WINDOW);
        if is_over {
            (window.began_at, window.logged) = (Some(now), HashSet::new());
        }
        if window.logged.contains(&source) || window.logged.len() >= MAX_EVENTS {
            window.unreported = window.unreported.saturating_add(1);
            return None;
        }
        window.logged.insert(source);
        Some(std::mem::take(&mut window.unreported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_source_is_logged_once_a_minute_with_the_number_left_out() {
        let throttle = Throttle::default();
        let due = |source: &str, second| throttle.due("a", &source, at(second));
        assert_eq!(due("x", 0), Some(0));
        assert_eq!((due("x", 1), due("x", 59)), (None, None));
        assert_eq!(due("y", 59), Some(2), "another source");
        assert_eq!(throttle.due("b", &"x", at(59)), Some(0), "another event");
        assert_eq!(due("x", 60), Some(0));
        assert_eq!(due("x", 61), None);
        assert_eq!(due("x", -3600), Some(1), "the clock was set back");
    }

    #[test]
    fn many_sources_do_not_fill_the_log() {
        let throttle = Throttle::default();
        let logged = (0..10_000).filter(|source| throttle.due("a", source, at(0)).is_some()).count();
        assert_eq!(logged, MAX_EVENTS);
        assert_eq!(throttle.due("b", &0, at(0)), Some(0), "nor hide another event");
        assert_eq!(throttle.due("a", &0, at(60)), Some(10_000 - 600));
        let kept =
            throttle.of_names.lock().unwrap().values().map(|window| window.logged.len()).sum::<usize>();
        assert_eq!(kept, 2);
    }
}
