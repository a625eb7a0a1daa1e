//! Fetches published documents of the issuer over HTTP.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, StatusCode};
use url::Url;

use crate::error::BuildError;

/// How long an idle connection is kept. Long enough for lists that are fetched every second, and shorter than servers keep
/// idle connections, so that it is not found closed and does not delay the shutdown of the issuer.
const IDLE_CONNECTION: Duration = Duration::from_secs(3);

/// A published document that is fetched periodically.
pub(crate) struct Remote {
    pub(crate) client: Client,
    pub(crate) url: Url,
    /// The accepted media types.
    pub(crate) accept: &'static str,
    /// Timeout of a fetch, including the name lookup. It is in real time, whatever the clock.
    pub(crate) timeout: Duration,
    /// Maximum size of the body, in bytes.
    pub(crate) max_body: usize,
    /// The number of fetches that were started.
    pub(crate) fetches: Arc<AtomicU64>,
}

/// The options of a fetch.
#[derive(Default)]
pub(crate) struct Request<'a> {
    /// The ETag of the current version.
    pub(crate) known: Option<&'a HeaderValue>,
    /// Whether caches must revalidate with the issuer (RFC 9111, section 5.2.1.4).
    pub(crate) past_caches: bool,
}

/// The result of a fetch.
pub(crate) enum Fetched {
    /// A new version.
    New {
        /// The body.
        body: Vec<u8>,
        /// Its ETag, for the next fetch.
        etag: Option<HeaderValue>,
    },
    /// The current version has not changed.
    NotModified,
}

/// Why a fetch failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the issuer did not respond in time")]
    Timeout,
    #[error("the issuer responded with status {0}")]
    Status(StatusCode),
    #[error("the response is too large")]
    TooLarge,
    #[error("the issuer could not be reached: {}", chain(.0))]
    Http(reqwest::Error),
}

/// Creates the client for documents at these URLs. It follows no redirects and uses no proxy of the environment: documents
/// must come from their URLs.
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
    /// Fetches the document, or confirms that it has not changed.
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
            // Only valid as a response to a conditional request.
            StatusCode::NOT_MODIFIED if wanted.known.is_some() => return Ok(Fetched::NotModified),
            other => return Err(FetchError::Status(other)),
        }
        let etag = response.headers().get(ETAG).cloned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(http)? {
            // Counts the bytes: the length header may be wrong.
            if body.len() + chunk.len() > self.max_body {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched::New { body, etag })
    }
}

/// The messages of an error and its causes, on one line.
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
