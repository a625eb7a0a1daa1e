//! The settings of tracing, which both services have.

use std::str::FromStr;

use clap::Args;
use url::Url;

use crate::settings::optional_http_url;

/// What a collector's URL for traces ends in, according to OTLP.
const TRACES_PATH: &str = "v1/traces";

/// Whether and where traces are sent.
#[derive(Debug, Clone, Args)]
pub struct TraceSettings {
    /// URL of an OpenTelemetry collector that receives traces by OTLP over HTTP, such as `http://localhost:4318`
    ///
    /// They are sent to /v1/traces below this URL, in protobuf. Without it there are no traces.
    #[arg(long = "otel-exporter-otlp-endpoint", env = "OTEL_EXPORTER_OTLP_ENDPOINT", default_value = "")]
    pub endpoint: Endpoint,
    /// Share of requests that are traced, from 0 to 1
    ///
    /// For a request with `traceparent` from one of TRUSTED_PROXIES, that header decides instead.
    #[arg(long = "otel-traces-sampler-arg", env = "OTEL_TRACES_SAMPLER_ARG", default_value = "1")]
    pub sampling_ratio: SamplingRatio,
}

/// The URL of a collector, if there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint(Option<Url>);

impl Endpoint {
    /// Returns the URL that traces are sent to.
    pub(super) fn traces_url(&self) -> Option<Url> {
        let mut url = self.0.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend(TRACES_PATH.split('/'));
        Some(url)
    }
}

impl FromStr for Endpoint {
    type Err = String;

    /// Reads a URL. An empty text means that there is no collector.
    fn from_str(text: &str) -> Result<Self, String> {
        let Some(url) = optional_http_url(text)? else { return Ok(Self(None)) };
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must not contain a query or fragment".to_owned());
        }
        Ok(Self(Some(url)))
    }
}

/// The share of traces that are recorded, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplingRatio(f64);

impl SamplingRatio {
    /// Returns the share.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for SamplingRatio {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(Self(ratio)),
            _ => Err("must be from 0 to 1, such as 0.01".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        text.parse::<Endpoint>().unwrap().traces_url().map(String::from)
    }

    #[test]
    fn traces_go_below_the_endpoint() {
        assert_eq!(url(""), None);
        for (endpoint, expected) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            ("https://otel.example.com/a/b", "https://otel.example.com/a/b/v1/traces"),
            ("https://otel.example.com/a/b/", "https://otel.example.com/a/b/v1/traces"),
        ] {
            assert_eq!(url(endpoint).as_deref(), Some(expected));
        }
    }

    #[test]
    fn invalid_settings_are_rejected() {
        for endpoint in ["localhost:4318", "grpc://a", "http://", "http://a:b@c", "http://a@c", "http://a?b"]
        {
            assert!(endpoint.parse::<Endpoint>().is_err(), "{endpoint}");
        }
        for ratio in ["", "-0.1", "1.1", "NaN", "1%"] {
            assert!(ratio.parse::<SamplingRatio>().is_err(), "{ratio}");
        }
        assert_eq!("0.01".parse(), Ok(SamplingRatio(0.01)));
    }
}
