//! Requests to the deployment, as a browser sends them: through the public URL and whatever is in front of the services.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use service_kit::errors::with_causes;
use shared_claims::{Clock, SystemClock, canonical_url};
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

/// Maximum time to connect, including TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum time for a request. A gateway may wait 5 s for a replica that restarts.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum size of a response: far more than those that are read here.
const MAX_BODY: usize = 256 * 1024;

/// A service behind a URL.
pub struct Remote {
    client: Client,
    base: String,
}

/// A response, and when its request was sent and it arrived.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body; null if it is not JSON.
    pub body: Value,
    sent: Timestamp,
    received: Timestamp,
}

impl Remote {
    /// A service at `url`, whose host is reached at `connect_to` if that is given. Redirects are not followed, and no proxy
    /// of the environment is used.
    ///
    /// # Errors
    /// If the machine's root certificates cannot be loaded, or `connect_to` has no address.
    pub async fn at(url: &Url, connect_to: Option<&str>) -> Result<Self, String> {
        let mut client = Client::builder()
            .user_agent(concat!("latchkey-doctor/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT);
        if url.scheme() == "http" {
            // A minimal container has no root certificates to load.
            client = client.tls_certs_only([]);
        }
        if let Some(place) = connect_to {
            let Some(Host::Domain(host)) = url.host() else {
                return Err("--connect-to needs a URL with the name of a host".to_owned());
            };
            let found =
                timeout(CONNECT_TIMEOUT, lookup_host(place)).await.map_err(|error| error.to_string())?;
            let addresses: Vec<_> = found.map_err(|error| format!("{place}: {error}"))?.collect();
            client = client.resolve_to_addrs(host, &addresses);
        }
        let client = client.build().map_err(|error| with_causes(&error))?;
        Ok(Self { client, base: canonical_url(url).to_owned() })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.base
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }
}

impl Answer {
    /// Sends a request and reads the response.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn of(request: RequestBuilder) -> Result<Self, String> {
        let failed = |error: reqwest::Error| with_causes(&error.without_url());
        let sent = SystemClock.now();
        let mut response = request.send().await.map_err(failed)?;
        let received = SystemClock.now();
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err("the response is too large".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Self { status, headers, body, sent, received })
    }

    /// The value of a header, if it is text.
    pub fn header(&self, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
        std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }

    /// The `Date` header.
    pub fn date(&self) -> Option<Timestamp> {
        jiff::fmt::rfc2822::parse(self.header(DATE)?).ok().map(|date| date.timestamp())
    }

    /// This machine's time in the middle between request and response, and half of the time between them.
    pub fn moment(&self) -> (Timestamp, SignedDuration) {
        let half = self.received.duration_since(self.sent) / 2;
        (self.sent + half, half)
    }
}
