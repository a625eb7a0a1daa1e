//! State that a connection shares with its current request.

use std::cell::Cell;
use std::task::Waker;

/// Whether a connection may pass on bytes. Shared within one thread by the connection, its request and its response.
#[derive(Default)]
pub(crate) struct Flow {
    /// A request has been received and its response has not been written.
    in_flight: Cell<bool>,
    /// A handler waits for more of its request's body.
    body_wanted: Cell<bool>,
    /// Part of a request head has been passed on.
    within_head: Cell<bool>,
    /// At least one request has been received.
    used: Cell<bool>,
    /// The dispatcher, if it waits for this to open.
    reader: Cell<Option<Waker>>,
}

impl Flow {
    /// Whether a new request, or more of a request's body, may be passed on.
    pub(super) fn is_open(&self) -> bool {
        !self.in_flight.get() || self.body_wanted.get()
    }

    /// Whether the client is sending a request head that is not the connection's first.
    pub(super) fn is_within_later_head(&self) -> bool {
        self.used.get() && self.within_head.get()
    }

    /// Records that bytes were passed on.
    pub(super) fn passed_on(&self) {
        self.body_wanted.set(false);
        self.within_head.set(!self.in_flight.get());
    }

    /// Wakes the dispatcher when this opens.
    pub(super) fn wake_when_open(&self, waker: &Waker) {
        self.reader.set(Some(waker.clone()));
    }

    /// Records that a request has been received.
    pub(super) fn begin(&self) {
        self.in_flight.set(true);
        self.body_wanted.set(false);
        self.within_head.set(false);
        self.used.set(true);
    }

    /// Records that a handler waits for more of its request's body.
    pub(super) fn want_body(&self) {
        self.body_wanted.set(true);
        self.wake();
    }

    /// Records that a response has been written.
    pub(super) fn end(&self) {
        self.in_flight.set(false);
        self.body_wanted.set(false);
        self.wake();
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}
