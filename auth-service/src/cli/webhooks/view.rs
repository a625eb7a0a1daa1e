//! What the commands print. As JSON, the fields are documented and stable.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use super::super::table::Table;
use crate::webhooks::{Registration, Trial};

/// A receiver.
#[derive(Serialize)]
pub(super) struct ReceiverView<'a> {
    id: Uuid,
    url: &'a str,
    events: Vec<&'static str>,
    allow_private: bool,
    created_at: Timestamp,
    /// How many events wait to be delivered.
    waiting: u64,
}

impl<'a> ReceiverView<'a> {
    fn new(receiver: &'a Registration) -> Self {
        Self {
            id: receiver.id,
            url: &receiver.url,
            events: receiver.events.iter().map(|event| event.as_str()).collect(),
            allow_private: receiver.allow_private,
            created_at: receiver.created_at,
            waiting: receiver.waiting,
        }
    }
}

/// A receiver that was added, with its secret.
#[derive(Serialize)]
pub(super) struct Added<'a> {
    #[serde(flatten)]
    receiver: ReceiverView<'a>,
    secret: &'a str,
}

impl<'a> Added<'a> {
    pub(super) fn new(receiver: &'a Registration, secret: &'a SecretString) -> Self {
        Self { receiver: ReceiverView::new(receiver), secret: secret.expose_secret() }
    }
}

impl Display for Added<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ReceiverView { id, url, events, .. } = &self.receiver;
        writeln!(f, "The receiver {id} gets {} at {url}", events.join(", "))?;
        writeln!(f, "This secret signs its events. It is not shown again:")?;
        writeln!(f, "{}", self.secret)
    }
}

/// All receivers, the oldest first.
#[derive(Serialize)]
pub(super) struct ReceiverList<'a> {
    receivers: Vec<ReceiverView<'a>>,
}

impl<'a> ReceiverList<'a> {
    pub(super) fn new(receivers: &'a [Registration]) -> Self {
        Self { receivers: receivers.iter().map(ReceiverView::new).collect() }
    }
}

impl Display for ReceiverList<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.receivers.is_empty() {
            return writeln!(f, "No receivers.");
        }
        let mut table = Table::new(["ID", "ADDED", "WAITING", "PRIVATE", "URL", "EVENTS"]);
        for receiver in &self.receivers {
            table.add([
                receiver.id.to_string(),
                format!("{:.0}", receiver.created_at),
                receiver.waiting.to_string(),
                if receiver.allow_private { "allowed" } else { "-" }.to_owned(),
                receiver.url.to_owned(),
                receiver.events.join(","),
            ]);
        }
        write!(f, "{table}")
    }
}

/// The outcome of `test`.
#[derive(Serialize)]
pub(super) struct TrialView {
    id: Uuid,
    accepted: bool,
    status: Option<u16>,
    duration_ms: u128,
    /// Why it was not accepted.
    failure: Option<String>,
}

impl TrialView {
    pub(super) fn new(id: Uuid, trial: Trial) -> Self {
        Self {
            id,
            accepted: trial.failure.is_none(),
            status: trial.status.map(|status| status.as_u16()),
            duration_ms: trial.duration.as_millis(),
            failure: trial.failure,
        }
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted
    }
}

impl Display for TrialView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { id, duration_ms, .. } = self;
        match (&self.failure, self.status) {
            (None, Some(status)) => writeln!(f, "The receiver {id} answered {status} in {duration_ms} ms."),
            (Some(failure), _) => {
                writeln!(f, "The receiver {id} did not accept the event: {failure} ({duration_ms} ms).")
            }
            (None, None) => writeln!(f, "The receiver {id} did not answer."),
        }
    }
}

/// The outcome of `remove`.
#[derive(Serialize)]
pub(super) struct Removed {
    pub(super) id: Uuid,
    /// How many events were waiting.
    pub(super) events_dropped: u64,
}

impl Display for Removed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { id, events_dropped } = self;
        match events_dropped {
            1 => writeln!(f, "The receiver {id} is removed. 1 event was waiting for it."),
            events => writeln!(f, "The receiver {id} is removed. {events} events were waiting for it."),
        }
    }
}
