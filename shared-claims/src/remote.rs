//! Fetching the key set over HTTP.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Client, StatusCode};
use url::Url;

use crate::error::BuildError;

/// The published key set.
pub(crate) struct RemoteJwks {
    client: Client,
    url: Url,
    timeout: Duration,
    max_body: usize,
}

/// Why a fetch brought no body.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the issuer did not answer in time")]
    Timeout,
    #[error("the issuer answered with status {0}")]
    Status(StatusCode),
    #[error("the answer is larger than allowed")]
    TooLarge,
    #[error("the issuer could not be reached")]
    Http(#[source] reqwest::Error),
}

impl RemoteJwks {
    /// No redirect is followed and no proxy of the environment is used: keys come from this URL or not at all.
    pub(crate) fn new(url: Url, timeout: Duration, max_body: usize) -> Result<Self, BuildError> {
        let mut client = Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            // Minutes lie between two fetches: a connection kept that long is as good as dead, and holds up
            // the issuer's shutdown.
            .pool_max_idle_per_host(0);
        if url.scheme() == "http" {
            // Without TLS no root certificates are needed, and a minimal container has none to load.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(|error| BuildError::HttpClient(error.into()))?;
        Ok(Self { client, url, timeout, max_body })
    }

    /// The body of the key set. All of it, name look-up included, within the time-out.
    pub(crate) async fn fetch(&self) -> Result<Vec<u8>, FetchError> {
        tokio::time::timeout(self.timeout, self.get()).await.unwrap_or(Err(FetchError::Timeout))
    }

    async fn get(&self) -> Result<Vec<u8>, FetchError> {
        let accept = HeaderValue::from_static("application/jwk-set+json, application/json");
        let http = |error: reqwest::Error| FetchError::Http(error.without_url());
        let request = self.client.get(self.url.clone()).header(ACCEPT, accept);
        let mut response = request.send().await.map_err(http)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(http)? {
            // What the answer says of its own length is not relied on; the bytes are counted.
            if body.len() + chunk.len() > self.max_body {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
