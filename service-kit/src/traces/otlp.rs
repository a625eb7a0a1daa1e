//! Encodes traces as OTLP: `ExportTraceServiceRequest` of opentelemetry-proto 1. The numbers are those of its fields.

use super::model::{FinishedTrace, Resource, SpanRecord, TraceId, Value};
use super::protobuf::Message;

/// `Status.code` of a span that failed.
const STATUS_ERROR: u64 = 2;
/// Bits of `Span.flags`: the trace is sampled, it is known where the parent is, and the parent is in another process.
const SAMPLED: u32 = 0x1;
const PARENT_IS_KNOWN: u32 = 0x100;
const PARENT_IS_REMOTE: u32 = 0x200;

/// Encodes a request that exports `traces`.
pub(super) fn encode(resource: Resource, traces: &[FinishedTrace]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |resource_spans| {
        resource_spans.message(1, |message| {
            attribute(message, 1, "service.name", &resource.name.into());
            attribute(message, 1, "service.version", &resource.version.into());
        });
        resource_spans.message(2, |scope_spans| {
            scope_spans.message(1, |scope| scope.bytes(1, env!("CARGO_PKG_NAME").as_bytes()));
            for trace in traces {
                for record in &trace.spans {
                    scope_spans.message(2, |message| span(message, &trace.id, record));
                }
            }
        });
    });
    request.into_bytes()
}

fn span(message: &mut Message, trace: &TraceId, record: &SpanRecord) {
    message.bytes(1, trace);
    message.bytes(2, &record.id);
    if let Some(parent) = &record.parent {
        message.bytes(4, parent);
    }
    message.bytes(5, record.name.as_bytes());
    message.number(6, record.kind as u64);
    message.fixed64(7, record.started);
    message.fixed64(8, record.ended);
    for (key, value) in &record.attributes {
        attribute(message, 9, key, value);
    }
    if record.is_error {
        message.message(15, |status| status.number(3, STATUS_ERROR));
    }
    let remote = if record.has_remote_parent { PARENT_IS_REMOTE } else { 0 };
    message.fixed32(16, SAMPLED | PARENT_IS_KNOWN | remote);
}

fn attribute(message: &mut Message, field: u8, key: &str, value: &Value) {
    message.message(field, |pair| {
        pair.bytes(1, key.as_bytes());
        pair.message(2, |any| match value {
            Value::Text(text) => any.bytes(1, text.as_bytes()),
            Value::Number(number) => any.number(3, (*number).into()),
        });
    });
}
