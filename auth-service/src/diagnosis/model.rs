//! The signature of a request, and what is answered.

use std::net::IpAddr;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::protocol::auth_secrets::AuthSecrets;

/// How long a signature is valid before and after its time. Longer than any request takes; the sender signs the time that
/// the service's own `Date` header shows, so a wrong clock does not matter.
const VALIDITY: SignedDuration = SignedDuration::from_secs(60);
/// What the key is derived for.
const PURPOSE: &str = "diagnosis";

/// Signs and verifies requests. Derived from the first of `AUTH_SECRETS`.
pub struct DiagnosisKey(hmac::Key);

/// What the service sees of a request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// The client's IP address, for limits and events.
    #[schema(value_type = String)]
    pub client: IpAddr,
    /// The IP address of the TCP connection.
    #[schema(value_type = String)]
    pub peer: IpAddr,
    /// Whether `peer` is in TRUSTED_PROXIES.
    pub is_peer_trusted: bool,
    /// The first of CLIENT_ADDRESS_HEADERS that the request has, as it arrived.
    pub forwarded: Option<String>,
    /// BASE_URL.
    pub base_url: String,
    /// The clock of the service.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

impl From<&AuthSecrets> for DiagnosisKey {
    fn from(secrets: &AuthSecrets) -> Self {
        Self(secrets.derive(PURPOSE))
    }
}

impl DiagnosisKey {
    /// Signs a request that is sent at `now`.
    pub fn sign(&self, now: Timestamp) -> String {
        let seconds = now.as_second().to_string();
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, seconds.as_bytes()));
        format!("{seconds}.{signature}")
    }

    /// Whether this key signed the request, not long before or after `now`. Takes the same time for every signature.
    pub fn verifies(&self, signed: &str, now: Timestamp) -> bool {
        let Some((seconds, signature)) = signed.split_once('.') else { return false };
        let sent = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let is_recent = sent.is_some_and(|sent| now.duration_since(sent).abs() <= VALIDITY);
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        is_recent && hmac::verify(&self.0, seconds.as_bytes(), &signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> DiagnosisKey {
        (&AuthSecrets::parse(&secret.to_owned().into()).unwrap()).into()
    }

    #[test]
    fn only_the_same_secret_signs_and_only_for_a_minute() {
        let now = "2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap();
        let (ours, other) = (
            key("research-secret-research-secret-0123456789"),
            key("another-secret-entirely-9876543210-abcdef"),
        );
        let signed = ours.sign(now);
        for offset in [-60, 0, 60] {
            assert!(ours.verifies(&signed, now + SignedDuration::from_secs(offset)), "{offset}");
        }
        for offset in [-61, 61] {
            assert!(!ours.verifies(&signed, now + SignedDuration::from_secs(offset)), "{offset}");
        }
        assert!(!other.verifies(&signed, now));
        let later = signed.replacen(&now.as_second().to_string(), &(now.as_second() + 1).to_string(), 1);
        for bad in ["", ".", "1.", &later, signed.trim_end_matches(|c| c != '.')] {
            assert!(!ours.verifies(bad, now), "{bad}");
        }
    }
}
