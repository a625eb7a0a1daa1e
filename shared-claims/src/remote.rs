//! Fetching what the issuer publishes, over HTTP.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, StatusCode};
use url::Url;

use crate::error::BuildError;

/// How long a connection is kept for the next fetch. It is enough for lists that are fetched every second, and less
/// than servers keep idle connections, so that none is found dead or holds up the issuer's shutdown.
const IDLE_CONNECTION: Duration = Duration::from_secs(3);

/// One published document, fetched again and again.
pub(crate) struct Remote {
    pub(crate) client: Client,
    pub(crate) url: Url,
    /// The media types that are asked for.
    pub(crate) accept: &'static str,
    /// Time for a whole fetch, name look-up included. It is real time, whatever the clock.
    pub(crate) timeout: Duration,
    /// Largest body that is read, in bytes.
    pub(crate) max_body: usize,
    /// Fetches begun so far.
    pub(crate) fetches: Arc<AtomicU64>,
}

/// How a document is asked for.
#[derive(Default)]
pub(crate) struct Request<'a> {
    /// The tag of the version that is there already.
    pub(crate) known: Option<&'a HeaderValue>,
    /// Whether every cache on the way has to ask the issuer itself (RFC 9111, section 5.2.1.4).
    pub(crate) past_caches: bool,
}

/// What a fetch brought.
pub(crate) enum Fetched {
    /// A version that was not there yet.
    New {
        /// The body.
        body: Vec<u8>,
        /// Its tag, to ask with the next time.
        etag: Option<HeaderValue>,
    },
    /// The version that was there already is still in force.
    NotModified,
}

/// Why a fetch brought nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the issuer did not answer in time")]
    Timeout,
    #[error("the issuer answered with status {0}")]
    Status(StatusCode),
    #[error("the answer is larger than allowed")]
    TooLarge,
    #[error("the issuer could not be reached: {}", chain(.0))]
    Http(reqwest::Error),
}

/// The client for documents at these URLs. No redirect is followed and no proxy of the environment is used: they come
/// from their URL or not at all.
pub(crate) fn client<'a>(urls: impl IntoIterator<Item = &'a Url>) -> Result<Client, BuildError> {
    let mut client = Client::builder()
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(IDLE_CONNECTION);
    if urls.into_iter().all(|url| url.scheme() == "http") {
        // Without TLS no root certificates are needed, and a minimal container has none to load.
        client = client.tls_certs_only([]);
    }
    client.build().map_err(|error| BuildError::HttpClient(error.into()))
}

impl Remote {
    /// Fetches the document, or learns that it has not changed.
    pub(crate) async fn fetch(&self, request: Request<'_>) -> Result<Fetched, FetchError> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        tokio::time::timeout(self.timeout, self.get(request)).await.unwrap_or(Err(FetchError::Timeout))
    }

    async fn get(&self, wanted: Request<'_>) -> Result<Fetched, FetchError> {
        let http = |error: reqwest::Error| FetchError::Http(error.without_url());
        let mut request = self.client.get(self.url.clone()).header(ACCEPT, self.accept);
        if let Some(etag) = wanted.known {
            request = request.header(IF_NONE_MATCH, etag.clone());
        }
        if wanted.past_caches {
            request = request.header(CACHE_CONTROL, "no-cache");
        }
        let mut response = request.send().await.map_err(http)?;
        match response.status() {
            StatusCode::OK => {}
            // To who did not ask for it, it says nothing.
            StatusCode::NOT_MODIFIED if wanted.known.is_some() => return Ok(Fetched::NotModified),
            other => return Err(FetchError::Status(other)),
        }
        let etag = response.headers().get(ETAG).cloned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(http)? {
            // What the answer says of its own length is not relied on; the bytes are counted.
            if body.len() + chunk.len() > self.max_body {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched::New { body, etag })
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
