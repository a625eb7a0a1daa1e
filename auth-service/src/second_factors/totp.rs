//! Codes of authenticator apps: TOTP (RFC 6238) with SHA-1, six digits and 30 seconds, which every app supports.

use aws_lc_rs::{constant_time, hmac, rand};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use url::form_urlencoded;

use super::model::{CODE_DIGITS, CODE_SPACE};
use crate::error::ApiError;
use crate::protocol::cookies::COMPONENT;

/// How long a code is shown, in seconds.
const PERIOD: i64 = 30;
/// How many periods the clocks of the app and of this service may differ (RFC 6238, section 5.2).
const SKEW: i64 = 1;
/// Length of a new key. RFC 4226, section 4, recommends 20 bytes or more; Better Auth's have 32.
const KEY_BYTES: usize = 32;

/// The key that an authenticator app shares with this service. Not shown by `Debug`.
pub struct TotpKey(Vec<u8>);

impl TotpKey {
    /// Creates a random key.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if the system provides no random bytes.
    pub fn generate() -> Result<Self, ApiError> {
        let mut bytes = vec![0; KEY_BYTES];
        rand::fill(&mut bytes).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
        Ok(Self(bytes))
    }

    /// A key as it was stored or imported.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The key in plain text, for encrypting it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The time step in which the app shows this code now, by a clock that may be one step ahead or behind; `None` if the
    /// code is wrong. All steps are compared, so that the time tells nothing.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let current = now.as_second().div_euclid(PERIOD);
        let mut found = None;
        for step in current.saturating_sub(SKEW)..=current.saturating_add(SKEW) {
            if constant_time::verify_slices_are_equal(code_of(&key, step).as_bytes(), code.as_bytes()).is_ok()
            {
                found = Some(step);
            }
        }
        found
    }

    /// The URI that an authenticator app reads from a QR code, in the form of Better Auth.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("secret", &BASE32_NOPAD.encode(&self.0)).append_pair("issuer", issuer);
        query.append_pair("digits", &CODE_DIGITS.to_string()).append_pair("period", &PERIOD.to_string());
        format!("otpauth://totp/{}:{}?{}", encoded(issuer), encoded(account), query.finish())
    }
}

/// The code of a time step (RFC 4226, section 5.3).
fn code_of(key: &hmac::Key, step: i64) -> String {
    let tag = hmac::sign(key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
    let four = bytes.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % CODE_SPACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let key = TotpKey::from_bytes(b"12345678901234567890".to_vec());
        // Appendix B, with the last six of its eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(key.step_of(code, at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_differ_by_one_step() {
        let key = TotpKey::from_bytes(b"12345678901234567890".to_vec());
        let step = 1_111_111_109 / 30;
        for (seconds, found) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let shown = key.step_of("081804", at(1_111_111_109 + seconds));
            assert_eq!(shown, found.then_some(step), "{seconds}");
        }
        for wrong in ["081805", "81804", "0818040", "", "081804 ", "０81804"] {
            assert_eq!(key.step_of(wrong, at(1_111_111_109)), None, "{wrong}");
        }
    }

    #[test]
    fn the_uri_is_better_auths() {
        let key = TotpKey::from_bytes(b"12345678901234567890".to_vec());
        assert_eq!(
            key.uri("Ex & Co", "ada+1@example.com"),
            "otpauth://totp/Ex%20%26%20Co:ada%2B1%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Ex+%26+Co&digits=6&period=30"
        );
    }
}
