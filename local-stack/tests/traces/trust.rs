//! From whom `traceparent` is accepted.

use super::collector::Collector;
use super::{CALLER, Stack, TRACE, sampled};

const AUTH: &str = "POST /api/auth/sign-in/email";
const TASKS: &str = "POST /api/{user_id}/tasks";

/// Uses both services with `traceparent`. Returns the collector with all that they sent.
async fn use_both(traceparent: &str, settings: &[(&str, &str)]) -> Collector {
    let collector = Collector::start().await;
    let mut stack = Stack::start(&collector, settings).await;
    stack.sign_up().await;
    let [token, _] = stack.sign_in(traceparent).await;
    stack.add_task(traceparent, &token).await;
    stack.stop().await;
    collector
}

#[tokio::test]
async fn a_stranger_cannot_have_a_request_traced() {
    let settings = [("OTEL_TRACES_SAMPLER_ARG", "0"), ("TRUSTED_PROXIES", "192.0.2.1")];
    let collector = use_both(&sampled(), &settings).await;
    assert_eq!(collector.exports().await, 0);
}

#[tokio::test]
async fn a_request_of_a_stranger_is_a_new_trace() {
    let collector = use_both(&sampled(), &[("TRUSTED_PROXIES", "192.0.2.1")]).await;
    let (auth, tasks) = (collector.span(AUTH).await, collector.span(TASKS).await);
    assert_ne!(auth.trace(), tasks.trace());
    for received in [auth, tasks] {
        assert_ne!(received.trace(), TRACE);
        assert!(received.span.parent_span_id.is_empty(), "{received:?}");
    }
}

#[tokio::test]
async fn a_trusted_proxy_can_leave_a_request_out() {
    let header = format!("00-{TRACE}-{CALLER}-00");
    let collector = use_both(&header, &[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let spans = collector.spans().await;
    assert!(!spans.is_empty(), "the sign-up was traced");
    assert!(!spans.iter().any(|received| [AUTH, TASKS].contains(&received.span.name.as_str())), "{spans:?}");
}

#[tokio::test]
async fn an_invalid_header_is_ignored() {
    let collector = use_both("00-1-2-01", &[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    assert!(collector.span(AUTH).await.span.parent_span_id.is_empty());
}
