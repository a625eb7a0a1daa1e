//! A collector that keeps what it receives.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const PATIENCE: Duration = Duration::from_secs(20);

/// A span, and the service that it is of.
#[derive(Debug, Clone)]
pub struct Received {
    pub service: String,
    pub span: Span,
}

impl Received {
    /// The value of an attribute, as text.
    pub fn attribute(&self, key: &str) -> Option<String> {
        text(&self.span.attributes, key)
    }

    pub fn trace(&self) -> String {
        hex(&self.span.trace_id)
    }
}

pub struct Collector {
    server: MockServer,
}

impl Collector {
    pub async fn start() -> Self {
        Self::responding(ResponseTemplate::new(200)).await
    }

    /// Starts one that responds to all exports like this.
    pub async fn responding(response: ResponseTemplate) -> Self {
        let collector = Self { server: MockServer::start().await };
        collector.respond(response).await;
        collector
    }

    /// From now on responds like this.
    pub async fn respond(&self, response: ResponseTemplate) {
        let exports = Mock::given(method("POST"))
            .and(path("/v1/traces"))
            .and(header("content-type", "application/x-protobuf"));
        // The first mock that matches responds, so that later ones need a higher priority, which is a lower number.
        let count = self.server.received_requests().await.unwrap().len();
        let priority = u8::MAX - u8::try_from(count).unwrap();
        exports.respond_with(response).with_priority(priority).mount(&self.server).await;
    }

    /// The setting `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn url(&self) -> String {
        self.server.uri()
    }

    pub async fn exports(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    pub async fn spans(&self) -> Vec<Received> {
        let mut spans = Vec::new();
        for request in self.server.received_requests().await.unwrap() {
            let export = ExportTraceServiceRequest::decode(request.body.as_slice()).unwrap();
            for resource_spans in export.resource_spans {
                let resource = resource_spans.resource.unwrap();
                assert!(text(&resource.attributes, "service.version").is_some(), "{resource:?}");
                let service = text(&resource.attributes, "service.name").unwrap();
                let received = resource_spans.scope_spans.into_iter().flat_map(|scope| scope.spans);
                spans.extend(received.map(|span| Received { service: service.clone(), span }));
            }
        }
        spans
    }

    /// Waits until a span with this name was received.
    pub async fn span(&self, name: &str) -> Received {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let spans = self.spans().await;
            if let Some(found) = spans.iter().find(|received| received.span.name == name) {
                return found.clone();
            }
            assert!(Instant::now() < deadline, "no {name} in {spans:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

pub fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()? {
        AnyValue { value: Some(Value::StringValue(text)) } => Some(text.clone()),
        AnyValue { value: Some(Value::IntValue(number)) } => Some(number.to_string()),
        other => panic!("{key}: {other:?}"),
    }
}
