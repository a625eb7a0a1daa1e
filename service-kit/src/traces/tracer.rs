//! Decides which requests are traced.

use std::net::IpAddr;
use std::sync::OnceLock;

use super::context;
use super::export::Queue;
use super::model::{FinishedTrace, TraceId};
use super::settings::SamplingRatio;

/// The tracer of the process. There is one, like its log.
static TRACER: OnceLock<Tracer> = OnceLock::new();

/// Number of values of the random part of a trace id: seven bytes.
const RANDOM_VALUES: u64 = 1 << 56;

/// What tracing needs of its settings, and where its spans go.
pub(super) struct Tracer {
    /// Traces whose random part is at least this are sampled.
    threshold: u64,
    trusts: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
    queue: Queue,
}

impl Tracer {
    pub(super) fn new(
        ratio: SamplingRatio,
        trusts: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
        queue: Queue,
    ) -> Self {
        Self { threshold: threshold(ratio), trusts: Box::new(trusts), queue }
    }

    /// Returns the id of a new trace, if it is sampled.
    pub(super) fn sample(&self) -> Option<TraceId> {
        let id = context::new_trace_id();
        (randomness(&id) >= self.threshold).then_some(id)
    }

    /// Whether this peer may name the trace that its request belongs to.
    pub(super) fn trusts(&self, peer: IpAddr) -> bool {
        (self.trusts)(peer)
    }

    pub(super) fn export(&self, trace: FinishedTrace) {
        self.queue.push(trace);
    }
}

/// Sets the tracer of the process. A second one is ignored.
pub(super) fn install(tracer: Tracer) {
    let _ = TRACER.set(tracer);
}

/// Returns the tracer, if traces are on.
pub(super) fn get() -> Option<&'static Tracer> {
    TRACER.get()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 2^56")]
fn threshold(ratio: SamplingRatio) -> u64 {
    ((1.0 - ratio.get()) * RANDOM_VALUES as f64) as u64
}

/// Returns the random part of a trace id, which all services compare with their threshold (consistent probability sampling
/// of OpenTelemetry).
fn randomness(id: &TraceId) -> u64 {
    let [.., a, b, c, d, e, f, g] = *id;
    u64::from_be_bytes([0, a, b, c, d, e, f, g])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_sampled_traces_is_the_ratio() {
        for (ratio, expected) in
            [("0", 0..=0), ("0.01", 100..=320), ("0.5", 9_600..=10_400), ("1", 20_000..=20_000)]
        {
            let threshold = threshold(ratio.parse().unwrap());
            let sampled = (0..20_000).filter(|_| randomness(&context::new_trace_id()) >= threshold).count();
            assert!(expected.contains(&sampled), "{ratio}: {sampled}");
        }
    }
}
