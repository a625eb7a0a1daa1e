//! Where the endpoints of a provider are, and its discovery (OpenID Connect Discovery 1.0).

use jiff::SignedDuration;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::cached::Cached;
use super::error::ProviderError;
use super::http::Http;

/// How long a discovery document is used before it is fetched again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// Where a discovery document is, below the issuer.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// The algorithms of signatures that are accepted, if the provider names them. None of them uses a shared secret, so a public key
/// cannot be taken for one (RFC 8725, section 2.1).
const ASYMMETRIC: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// What has to be known of a provider to talk to it.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    pub(super) authorization: Url,
    pub(super) token: Url,
    /// Where the profile is, if it is not in the ID token.
    pub(super) user_info: Option<Url>,
    /// The verified emails of the user, at GitHub.
    pub(super) emails: Option<Url>,
    /// The issuer, if it is one.
    pub(super) issuer: Option<String>,
    /// The keys that sign ID tokens.
    pub(super) jwks: Option<Url>,
    pub(super) algorithms: Vec<Algorithm>,
    /// Whether every authorization response has `iss` (RFC 9207).
    pub(super) always_sends_issuer: bool,
}

/// The endpoints of a provider.
pub(super) enum Endpoints {
    /// Known from the start.
    Fixed(Box<Metadata>),
    /// In a discovery document, which is fetched when it is first needed: this service starts without its providers.
    Discovered { url: Url, kept: Cached<Metadata> },
}

/// The members of a discovery document that are read.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    userinfo_endpoint: Option<Url>,
    jwks_uri: Url,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Endpoints {
    /// The endpoints as they are now.
    ///
    /// # Errors
    /// If the discovery document cannot be fetched or used, and was not fetched within a day.
    pub(super) async fn metadata(
        &self,
        http: &Http,
        now: jiff::Timestamp,
    ) -> Result<Metadata, ProviderError> {
        match self {
            Self::Fixed(metadata) => Ok((**metadata).clone()),
            Self::Discovered { url, kept } => {
                let metadata = kept.get(now, FRESH, discover(http, url)).await?;
                Ok((*metadata).clone())
            }
        }
    }
}

async fn discover(http: &Http, url: &Url) -> Result<Metadata, ProviderError> {
    read(url, http.get(url).await?)
}

fn read(url: &Url, document: Value) -> Result<Metadata, ProviderError> {
    let document: Document =
        serde_json::from_value(document).map_err(|_| ProviderError::Invalid("not a discovery document"))?;
    // Otherwise one provider could issue tokens in the name of another (OpenID Connect Discovery 1.0, section 4.3).
    let issuer_of_url = url.as_str().strip_suffix(WELL_KNOWN).unwrap_or_default();
    if document.issuer.trim_end_matches('/') != issuer_of_url.trim_end_matches('/') {
        return Err(ProviderError::Invalid("the issuer is not that of the discovery URL"));
    }
    let named = &document.id_token_signing_alg_values_supported;
    let algorithms: Vec<Algorithm> = ASYMMETRIC
        .iter()
        .filter(|(name, _)| named.iter().any(|named| named == name))
        .map(|(_, it)| *it)
        .collect();
    if algorithms.is_empty() {
        return Err(ProviderError::Invalid("it names no algorithm of ID tokens that can be verified"));
    }
    Ok(Metadata {
        authorization: document.authorization_endpoint,
        token: document.token_endpoint,
        user_info: document.userinfo_endpoint,
        emails: None,
        issuer: Some(document.issuer),
        jwks: Some(document.jwks_uri),
        algorithms,
        always_sends_issuer: document.authorization_response_iss_parameter_supported,
    })
}

/// Whether `url` can be the URL of a discovery document.
pub(super) fn is_discovery_url(url: &Url) -> bool {
    url.query().is_none() && url.path().ends_with(WELL_KNOWN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: &str = "https://login.acme.example/realm/.well-known/openid-configuration";

    fn metadata(issuer: &str, algorithms: &[&str]) -> Result<Metadata, ProviderError> {
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": "https://login.acme.example/a",
            "token_endpoint": "https://login.acme.example/t",
            "jwks_uri": "https://login.acme.example/k",
            "id_token_signing_alg_values_supported": algorithms,
        });
        read(&AT.parse().unwrap(), document)
    }

    #[test]
    fn the_issuer_is_that_of_the_discovery_url() {
        for issuer in ["https://login.acme.example/realm", "https://login.acme.example/realm/"] {
            assert_eq!(metadata(issuer, &["RS256"]).unwrap().issuer.as_deref(), Some(issuer));
        }
        for issuer in [
            "https://login.acme.example",
            "https://evil.example/realm",
            "",
            "https://login.acme.example/realm2",
        ] {
            assert!(metadata(issuer, &["RS256"]).is_err(), "{issuer}");
        }
    }

    #[test]
    fn an_algorithm_with_a_shared_secret_is_not_used() {
        let algorithms =
            |names: &[&str]| metadata("https://login.acme.example/realm", names).map(|it| it.algorithms);
        assert_eq!(algorithms(&["none", "HS256", "ES256"]).unwrap(), [Algorithm::ES256]);
        assert!(algorithms(&["none", "HS256"]).is_err());
        assert!(algorithms(&[]).is_err());
    }
}
