//! Ids of traces and spans, and the header that passes them on: `traceparent` of W3C Trace Context.

use std::fmt;

use uuid::Uuid;

use super::model::{SpanId, TraceId};

/// The bit of the header's flags that says that the caller records the trace.
const SAMPLED: u8 = 1;

/// The span of the caller below which a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceParent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) is_sampled: bool,
}

impl TraceParent {
    /// Reads the header. `None` if it is not valid.
    pub(super) fn parse(header: &[u8]) -> Option<Self> {
        let mut fields = header.split(|byte| *byte == b'-');
        let [version] = hex(fields.next()?)?;
        let (trace, span) = (hex(fields.next()?)?, hex(fields.next()?)?);
        let [flags] = hex(fields.next()?)?;
        // Later versions may append fields.
        let has_valid_end = version > 0 || fields.next().is_none();
        let is_valid =
            version != 0xff && has_valid_end && trace != TraceId::default() && span != SpanId::default();
        is_valid.then_some(Self { trace, span, is_sampled: flags & SAMPLED != 0 })
    }
}

/// Reads bytes in lower-case hexadecimal.
fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = digits else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// Creates the id of a new trace. Its last seven bytes are random, as samplers expect.
pub(super) fn new_trace_id() -> TraceId {
    Uuid::new_v4().into_bytes()
}

/// Creates the id of a new span.
pub(super) fn new_span_id() -> SpanId {
    // The half that contains the variant of the UUID, and so is never zero.
    Uuid::new_v4().as_u64_pair().1.to_be_bytes()
}

/// Writes an id as logs and collectors show it.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn parse(header: &str) -> Option<(String, String, bool)> {
        let parent = TraceParent::parse(header.as_bytes())?;
        Some((Hex(&parent.trace).to_string(), Hex(&parent.span).to_string(), parent.is_sampled))
    }

    #[test]
    fn a_valid_header_names_trace_span_and_decision() {
        for (flags, is_sampled) in [("00", false), ("01", true), ("03", true), ("fe", false)] {
            let expected = Some((TRACE.to_owned(), "00f067aa0ba902b7".to_owned(), is_sampled));
            assert_eq!(parse(&format!("00-{TRACE}-00f067aa0ba902b7-{flags}")), expected, "{flags}");
            assert_eq!(parse(&format!("01-{TRACE}-00f067aa0ba902b7-{flags}-more")), expected, "{flags}");
        }
    }

    #[test]
    fn an_invalid_header_is_none() {
        for header in [
            "",
            "00",
            &format!("00-{TRACE}-00f067aa0ba902b7"),
            &format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            &format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            &format!("00-{TRACE}-0000000000000000-01"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            &format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            &format!("00-{TRACE}-00f067aa0ba902b7-1"),
            &format!("00-{TRACE}-00f067aa0ba902b7-0g"),
            &format!(" 00-{TRACE}-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(parse(header), None, "{header}");
        }
    }
}
