//! Sends traces to the collector, on a thread of its own: nothing that goes wrong there is felt by requests.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::model::{FinishedTrace, Resource};
use super::otlp;
use crate::errors::with_causes;

/// Maximum number of traces that wait to be sent. Further ones are dropped. A trace takes about 5 kB, so that this is a few
/// megabytes while the collector is away, and several seconds of a busy service otherwise.
const QUEUE: usize = 1024;
/// Number of spans after which a batch is sent: what the SDKs of OpenTelemetry send at once.
const BATCH: usize = 512;
/// How long a batch waits for more: short, because the traces of a service that is killed are lost.
const INTERVAL: Duration = Duration::from_secs(1);
/// Maximum time to send a batch. The default of OpenTelemetry is twice as long, but traces queue up meanwhile.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum time to send what is left when the service stops. With the time limits of requests and mail, a stop takes less
/// than the ten seconds after which container platforms kill the process.
const STOP_TIMEOUT: Duration = Duration::from_millis(400);

/// Why traces cannot be exported. One line, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The HTTP client could not be created.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT: {}", with_causes(.0))]
    Client(#[from] reqwest::Error),
    /// The system could not start the thread.
    #[error("cannot start the thread that exports traces: {0}")]
    Thread(#[from] std::io::Error),
}

enum Command {
    Export(FinishedTrace),
    /// Send what is there, and then respond.
    Flush(oneshot::Sender<()>),
}

/// Where finished traces wait.
#[derive(Clone)]
pub(super) struct Queue(mpsc::Sender<Command>);

impl Queue {
    /// Adds a trace, or drops it if the queue is full.
    pub(super) fn push(&self, trace: FinishedTrace) {
        let _ = self.0.try_send(Command::Export(trace));
    }
}

/// Sends traces until it is stopped.
pub struct Exporter {
    queue: Option<Queue>,
}

impl Exporter {
    /// Returns the exporter of a service without a collector.
    pub(super) fn off() -> Self {
        Self { queue: None }
    }

    pub(super) fn start(url: Url, resource: Resource) -> Result<(Self, Queue), TracesError> {
        let mut client = Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .timeout(SEND_TIMEOUT);
        if url.scheme() == "http" {
            // Without TLS no root certificates are needed, and a minimal container has none to load.
            client = client.tls_certs_only([]);
        }
        let (sender, commands) = mpsc::channel(QUEUE);
        let worker = Worker { client: client.build()?, url, resource, commands, is_failing: false };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // Nobody waits for the thread: it may be waiting for the collector.
        std::thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || runtime.block_on(worker.run()))?;
        let queue = Queue(sender);
        Ok((Self { queue: Some(queue.clone()) }, queue))
    }

    /// Sends the traces that are left, for as long as a stop may take.
    pub async fn stop(self) {
        let Some(Queue(commands)) = self.queue else { return };
        let (done, flushed) = oneshot::channel();
        let flush = async {
            if commands.send(Command::Flush(done)).await.is_ok() {
                let _ = flushed.await;
            }
        };
        let _ = timeout(STOP_TIMEOUT, flush).await;
    }
}

/// Why a batch was not delivered.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("{}", with_causes(.0))]
    Http(#[from] reqwest::Error),
    #[error("the collector responded with status {0}")]
    Status(StatusCode),
}

/// Sends batches, on its own thread.
struct Worker {
    client: Client,
    url: Url,
    resource: Resource,
    commands: mpsc::Receiver<Command>,
    is_failing: bool,
}

impl Worker {
    async fn run(mut self) {
        while let Some(first) = self.commands.recv().await {
            let (batch, flushed) = self.collect(first).await;
            if !batch.is_empty() {
                let outcome = self.send(&batch).await;
                self.report(outcome);
            }
            if let Some(flushed) = flushed {
                let _ = flushed.send(());
            }
        }
    }

    /// Waits until a batch is full, its time is over or a flush is asked for.
    async fn collect(&mut self, first: Command) -> (Vec<FinishedTrace>, Option<oneshot::Sender<()>>) {
        let ends = Instant::now() + INTERVAL;
        let (mut traces, mut spans) = (Vec::new(), 0);
        let mut next = Some(first);
        loop {
            match next {
                Some(Command::Export(trace)) => {
                    spans += trace.spans.len();
                    traces.push(trace);
                }
                Some(Command::Flush(flushed)) => return (traces, Some(flushed)),
                None => return (traces, None),
            }
            if spans >= BATCH {
                return (traces, None);
            }
            next = timeout_at(ends, self.commands.recv()).await.unwrap_or(None);
        }
    }

    /// Sends a batch. It is not repeated: traces are samples, and those that follow would be dropped meanwhile.
    async fn send(&self, batch: &[FinishedTrace]) -> Result<(), SendError> {
        let body = otlp::encode(self.resource, batch);
        let request =
            self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/x-protobuf").body(body);
        let status = request.send().await.map_err(reqwest::Error::without_url)?.status();
        if status.is_success() { Ok(()) } else { Err(SendError::Status(status)) }
    }

    /// Logs that the collector fails, once until it has recovered.
    fn report(&mut self, outcome: Result<(), SendError>) {
        let was_failing = std::mem::replace(&mut self.is_failing, outcome.is_err());
        match outcome {
            Ok(()) if was_failing => tracing::info!("export of traces recovered"),
            Err(error) if !was_failing => {
                tracing::warn!(%error, "traces are lost: the collector at OTEL_EXPORTER_OTLP_ENDPOINT does not accept them");
            }
            _ => {}
        }
    }
}
