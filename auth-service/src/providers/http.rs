//! Requests to a provider.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use service_kit::outgoing::{Outgoing, Reach, Received};
use url::Url;

use super::error::ProviderError;

/// Maximum duration of a request. A user waits for it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum size of a response in bytes. Key sets, the largest, have a few kilobytes.
const MAX_RESPONSE: usize = 512 * 1024;
/// GitHub requires one.
const USER_AGENT: &str = concat!("latchkey-", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The client of one provider: it reaches private addresses only if the provider may have one.
#[derive(Clone)]
pub(super) struct Http(Outgoing);

impl Http {
    pub(super) fn new(reach: Reach) -> reqwest::Result<Self> {
        Outgoing::new(reach, USER_AGENT, TIMEOUT).map(Self)
    }

    /// Gets a public document.
    pub(super) async fn get(&self, url: &Url) -> Result<Value, ProviderError> {
        json(self.fetch(Method::GET, url, HeaderMap::new(), Vec::new()).await?)
    }

    /// Gets what an access token gives access to.
    pub(super) async fn get_with(&self, url: &Url, token: &SecretString) -> Result<Value, ProviderError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, secret_header(&format!("Bearer {}", token.expose_secret()))?);
        json(self.fetch(Method::GET, url, headers, Vec::new()).await?)
    }

    /// Posts a form to a token endpoint. An error of RFC 6749 comes with the status 400 or, at GitHub, 200.
    pub(super) async fn post_form(
        &self,
        url: &Url,
        form: String,
        authorization: Option<&str>,
    ) -> Result<Value, ProviderError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, secret_header(authorization)?);
        }
        let received = self.fetch(Method::POST, url, headers, form.into_bytes()).await?;
        if let Ok(Value::Object(object)) = serde_json::from_slice(&received.body)
            && let Some(error) = object.get("error")
        {
            return Err(ProviderError::Refused(error_code(error)));
        }
        json(received)
    }

    async fn fetch(
        &self,
        method: Method,
        url: &Url,
        mut headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Received, ProviderError> {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(self.0.fetch(method, url, headers, body, MAX_RESPONSE).await?)
    }
}

fn json(received: Received) -> Result<Value, ProviderError> {
    if !received.status.is_success() {
        return Err(ProviderError::Status(received.status));
    }
    serde_json::from_slice(&received.body).map_err(|_| ProviderError::Invalid("not JSON"))
}

fn secret_header(text: &str) -> Result<HeaderValue, ProviderError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| ProviderError::Invalid("a token that no header can contain"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The code for the log. Descriptions are left out, since they may repeat what was sent.
fn error_code(error: &Value) -> String {
    let code = error.as_str().unwrap_or("unknown");
    code.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '_').take(64).collect()
}
