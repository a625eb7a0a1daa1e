//! Signatures of webhooks, by Standard Webhooks 1.0.0 (symmetric, `v1`).

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use crate::secret::SecretError;

/// Identifies an event: the same in every attempt to deliver it.
pub const ID: &str = "webhook-id";
/// When the attempt was made, in seconds since the Unix epoch.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Signatures, separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";

/// How far the time of an attempt may be from the receiver's clock: the tolerance that Standard Webhooks recommends.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";
/// Of a secret, by Standard Webhooks.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Of a secret that is generated here: as many as the signature has.
const GENERATED_BYTES: usize = 32;

/// The secrets that sender and receiver share. The first one signs and all verify, so that it can be replaced.
pub struct WebhookSecrets {
    signing: hmac::Key,
    others: Vec<hmac::Key>,
}

/// Why a request is not a webhook of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A header is missing or malformed.
    #[error("a header of the webhook is missing or malformed")]
    Header,
    /// It was not sent just now: it may be a replay.
    #[error("the time of the webhook is too far from now")]
    Time,
    /// None of its signatures is by one of the secrets.
    #[error("the signature is not valid")]
    Signature,
}

/// The headers of a webhook, as received.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// [`ID`]
    pub id: &'a str,
    /// [`TIMESTAMP`]
    pub timestamp: &'a str,
    /// [`SIGNATURE`]
    pub signatures: &'a str,
}

impl WebhookSecrets {
    /// Reads the setting `name`: secrets such as `whsec_MfKQ...`, comma-separated.
    ///
    /// # Errors
    /// If it is empty, or one of them is not the base64 of 24 to 64 bytes after `whsec_`.
    pub fn parse(name: &'static str, list: &SecretString) -> Result<Self, SecretError> {
        let texts = list.expose_secret().split(',').map(str::trim).filter(|text| !text.is_empty());
        let keys: Option<Vec<_>> = texts.map(key).collect();
        let mut keys = keys.unwrap_or_default().into_iter();
        let signing = keys.next().ok_or_else(|| {
            let rule = format!(
                "each secret of the comma-separated list must be {PREFIX} and the base64 of {} to {} random bytes, such \
                 as from: echo whsec_$(openssl rand -base64 32)",
                KEY_BYTES.start(),
                KEY_BYTES.end()
            );
            SecretError::Weak { name, rule }
        })?;
        Ok(Self { signing, others: keys.collect() })
    }

    /// Generates a secret, such as `whsec_MfKQ...`. `None` if the system has no randomness.
    pub fn generate() -> Option<SecretString> {
        let mut bytes = [0; GENERATED_BYTES];
        rand::fill(&mut bytes).ok()?;
        Some(format!("{PREFIX}{}", STANDARD.encode(bytes)).into())
    }

    /// Returns the signature of an attempt to deliver the event `id`.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.signing);
        for part in content(id, &at.as_second().to_string()) {
            context.update(part.as_bytes());
        }
        context.update(body);
        format!("{VERSION}{}", STANDARD.encode(context.sign()))
    }

    /// Checks that the sender signed this request just now.
    ///
    /// # Errors
    /// If a header is malformed, the time is off by more than [`TOLERANCE`], or no signature is valid.
    pub fn verify(&self, signed: Signed<'_>, body: &[u8], now: Timestamp) -> Result<(), WebhookError> {
        let seconds = signed.timestamp.parse().map_err(|_| WebhookError::Header)?;
        let sent = Timestamp::from_second(seconds).map_err(|_| WebhookError::Header)?;
        if now.duration_since(sent).abs() > TOLERANCE {
            return Err(WebhookError::Time);
        }
        let mut message: Vec<u8> = content(signed.id, signed.timestamp).concat().into();
        message.extend_from_slice(body);
        let signatures = signed.signatures.split(' ').filter_map(|text| text.strip_prefix(VERSION));
        let mut signatures = signatures.filter_map(|text| STANDARD.decode(text).ok());
        let keys = || std::iter::once(&self.signing).chain(&self.others);
        // Compares in constant time, and the whole signature.
        let is_valid = signatures.any(|tag| keys().any(|key| hmac::verify(key, &message, &tag).is_ok()));
        if is_valid { Ok(()) } else { Err(WebhookError::Signature) }
    }
}

/// What is signed before the body.
fn content<'a>(id: &'a str, timestamp: &'a str) -> [&'a str; 4] {
    [id, ".", timestamp, "."]
}

fn key(text: &str) -> Option<hmac::Key> {
    let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
    KEY_BYTES.contains(&bytes.len()).then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the libraries of Standard Webhooks.
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const OTHER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const EVENT: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const AT: i64 = 1_649_367_553;
    const EXPECTED: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    fn secrets(list: &str) -> WebhookSecrets {
        WebhookSecrets::parse("WEBHOOK_SECRET", &list.to_owned().into()).unwrap()
    }

    fn verify(list: &str, signatures: &str, timestamp: &str, body: &[u8]) -> Result<(), WebhookError> {
        let signed = Signed { id: EVENT, timestamp, signatures };
        secrets(list).verify(signed, body, Timestamp::from_second(AT).unwrap())
    }

    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let signature = secrets(SECRET).sign(EVENT, Timestamp::from_second(AT).unwrap(), BODY);
        assert_eq!(signature, EXPECTED);
        assert_eq!(verify(SECRET, EXPECTED, "1649367553", BODY), Ok(()));
    }

    #[test]
    fn any_secret_and_any_signature_may_fit() {
        let both = format!("{OTHER},{SECRET}");
        assert_eq!(verify(&both, EXPECTED, "1649367553", BODY), Ok(()));
        let many = format!("v1a,bm8= v1,bm8= {EXPECTED}");
        assert_eq!(verify(SECRET, &many, "1649367553", BODY), Ok(()));
        assert_eq!(verify(OTHER, &many, "1649367553", BODY), Err(WebhookError::Signature));
    }

    #[test]
    fn a_generated_secret_is_valid_and_differs_from_the_next() {
        let [first, second] = [(); 2].map(|()| WebhookSecrets::generate().unwrap());
        assert_ne!(first.expose_secret(), second.expose_secret());
        assert!(WebhookSecrets::parse("WEBHOOK_SECRET", &first).is_ok());
    }

    #[test]
    fn a_part_of_a_signature_is_none() {
        for cut in ["", "v1,", "v1,tZ1I", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kg==", "v2,", "tZ1I"] {
            assert_eq!(verify(SECRET, cut, "1649367553", BODY), Err(WebhookError::Signature), "{cut}");
        }
        assert_eq!(verify(SECRET, EXPECTED, "1649367553", b"{}"), Err(WebhookError::Signature));
        assert_eq!(verify(SECRET, EXPECTED, "1649367554", BODY), Err(WebhookError::Signature));
    }

    #[test]
    fn a_webhook_is_valid_for_five_minutes() {
        let secrets = secrets(SECRET);
        let sent = Timestamp::from_second(AT).unwrap();
        let signed = Signed { id: EVENT, timestamp: "1649367553", signatures: EXPECTED };
        let after = |seconds| secrets.verify(signed, BODY, sent + SignedDuration::from_secs(seconds));
        assert_eq!([after(-300), after(300)], [Ok(()), Ok(())]);
        assert_eq!([after(-301), after(301)], [Err(WebhookError::Time), Err(WebhookError::Time)]);
        for timestamp in ["", "now", "1649367553.5", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(verify(SECRET, EXPECTED, timestamp, BODY), Err(WebhookError::Header), "{timestamp}");
        }
    }

    #[test]
    fn a_secret_that_is_short_or_has_no_prefix_is_refused() {
        let parse = |text: &str| WebhookSecrets::parse("WEBHOOK_SECRET", &text.to_owned().into()).is_ok();
        assert!(parse(&format!(" {SECRET} , {OTHER},")));
        let unprefixed = SECRET.trim_start_matches(PREFIX);
        for text in ["", ",", "whsec_", "whsec_c2hvcnQ=", unprefixed, &format!("{SECRET},whsec_?")] {
            assert!(!parse(text), "{text}");
        }
    }
}
