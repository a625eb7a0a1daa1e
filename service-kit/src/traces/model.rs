//! What is exported.

use std::borrow::Cow;

/// Identifies a trace.
pub(super) type TraceId = [u8; 16];
/// Identifies a span of a trace.
pub(super) type SpanId = [u8; 8];

/// The service that the spans belong to.
#[derive(Debug, Clone, Copy)]
pub struct Resource {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The part that a span has in a call. The numbers are those of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work inside the service.
    Internal = 1,
    /// A request that was received.
    Server = 2,
    /// A request to another system.
    Client = 3,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, which must not contain anything that a client sent.
    Text(Cow<'static, str>),
    /// A number.
    Number(u32),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Cow<'static, str>> for Value {
    fn from(text: Cow<'static, str>) -> Self {
        Self::Text(text)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

/// A span that has ended.
#[derive(Debug)]
pub(super) struct SpanRecord {
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    /// Whether the parent is a span of the caller.
    pub(super) has_remote_parent: bool,
    pub(super) name: Cow<'static, str>,
    pub(super) kind: Kind,
    /// Nanoseconds since 1970.
    pub(super) started: u64,
    /// Nanoseconds since 1970.
    pub(super) ended: u64,
    pub(super) attributes: Vec<(&'static str, Value)>,
    pub(super) is_error: bool,
}

/// The spans of a trace in this process.
#[derive(Debug)]
pub(super) struct FinishedTrace {
    pub(super) id: TraceId,
    pub(super) spans: Vec<SpanRecord>,
}
