//! Spans while they are open.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use futures_util::future::Either;

use super::context::{self, Hex, TraceParent};
use super::model::{FinishedTrace, Kind, SpanId, SpanRecord, TraceId, Value};
use super::tracer;

/// Maximum number of spans of a trace, so that a request with thousands of statements does not fill the memory. Requests
/// have about ten.
const MAX_SPANS: usize = 128;

tokio::task_local! {
    /// The trace that the running future belongs to.
    static CURRENT: Arc<Trace>;
}

/// A sampled trace. Exported when its last span has ended.
struct Trace {
    id: TraceId,
    /// The span that all others are below.
    root: SpanId,
    ended: Mutex<Vec<SpanRecord>>,
    /// When it began, in nanoseconds since 1970.
    began_at: u64,
    /// All times are counted from here, so that a clock that is set does not change durations.
    began: Instant,
}

impl Trace {
    #[expect(clippy::disallowed_methods, reason = "collectors compare times with those of other machines")]
    fn new(id: TraceId, root: SpanId) -> Arc<Self> {
        let began_at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let began_at = u64::try_from(began_at.as_nanos()).unwrap_or(u64::MAX);
        Arc::new(Self { id, root, ended: Mutex::default(), began_at, began: Instant::now() })
    }

    fn now(&self) -> u64 {
        self.began_at.saturating_add(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn add(&self, record: SpanRecord) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        // The root, which ends last, is always kept.
        if ended.len() < MAX_SPANS || record.id == self.root {
            ended.push(record);
        }
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let spans = std::mem::take(self.ended.get_mut().unwrap_or_else(PoisonError::into_inner));
        if let Some(tracer) = tracer::get() {
            tracer.export(FinishedTrace { id: self.id, spans });
        }
    }
}

/// A span. It ends when it is dropped. Empty unless the trace is sampled, and then all its methods do nothing.
#[must_use]
#[derive(Default)]
pub struct Span(Option<Box<Open>>);

struct Open {
    trace: Arc<Trace>,
    record: Option<SpanRecord>,
}

impl Span {
    /// Starts a trace of its own, for work in the background, if it is sampled.
    pub fn root(kind: Kind, name: &'static str) -> Self {
        match tracer::get().and_then(tracer::Tracer::sample) {
            Some(id) => Self::first(id, None, kind, name.into()),
            None => Self::default(),
        }
    }

    /// Starts the span of a request: in the trace of its caller, if that may be followed, or in a new one.
    pub(super) fn of_request(parent: Option<TraceParent>, name: impl FnOnce() -> String) -> Self {
        let id = match parent {
            Some(parent) => parent.is_sampled.then_some(parent.trace),
            None => tracer::get().and_then(tracer::Tracer::sample),
        };
        match id {
            Some(id) => Self::first(id, parent.map(|parent| parent.span), Kind::Server, name().into()),
            None => Self::default(),
        }
    }

    /// Starts a span in the trace of the running future. `name` is called only if there is one.
    pub fn child(kind: Kind, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        let Ok(trace) = CURRENT.try_with(Arc::clone) else { return Self::default() };
        let parent = Some(trace.root);
        let record = SpanRecord { parent, started: trace.now(), ..record(kind, name()) };
        Self(Some(Box::new(Open { trace, record: Some(record) })))
    }

    fn first(id: TraceId, parent: Option<SpanId>, kind: Kind, name: Cow<'static, str>) -> Self {
        let record = record(kind, name);
        let trace = Trace::new(id, record.id);
        let (has_remote_parent, started) = (parent.is_some(), trace.began_at);
        let record = SpanRecord { parent, has_remote_parent, started, ..record };
        Self(Some(Box::new(Open { trace, record: Some(record) })))
    }

    /// Runs `work` with this trace, to which the spans of [`Span::child`] then belong.
    pub fn follow<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        follow(self.0.as_ref().map(|open| Arc::clone(&open.trace)), work)
    }

    /// Whether the span will be exported.
    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// Sets an attribute, named as in OpenTelemetry's semantic conventions.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(record) = self.0.as_mut().and_then(|open| open.record.as_mut()) {
            record.attributes.push((key, value.into()));
        }
    }

    /// Records that the work failed, and the kind of its error: never a message, which can contain values.
    pub fn fail(&mut self, error: impl Into<Value>) {
        if let Some(record) = self.0.as_mut().and_then(|open| open.record.as_mut()) {
            record.is_error = true;
            record.attributes.push(("error.type", error.into()));
        }
    }

    /// Returns the id of the trace, for log lines.
    pub(super) fn trace_id(&self) -> Option<Hex<'_>> {
        self.0.as_ref().map(|open| Hex(&open.trace.id))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            self.trace.add(SpanRecord { ended: self.trace.now(), ..record });
        }
    }
}

/// Runs `work`, which is about to be spawned, with the trace of the running future.
pub fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> + use<F> {
    follow(CURRENT.try_with(Arc::clone).ok(), work)
}

fn follow<F: Future>(trace: Option<Arc<Trace>>, work: F) -> impl Future<Output = F::Output> + use<F> {
    match trace {
        Some(trace) => Either::Left(CURRENT.scope(trace, work)),
        None => Either::Right(work),
    }
}

fn record(kind: Kind, name: Cow<'static, str>) -> SpanRecord {
    SpanRecord {
        id: context::new_span_id(),
        parent: None,
        has_remote_parent: false,
        name,
        kind,
        started: 0,
        ended: 0,
        attributes: Vec::new(),
        is_error: false,
    }
}
