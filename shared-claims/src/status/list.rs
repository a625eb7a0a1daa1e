//! Parses a status list token.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::ZlibDecoder;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;

use crate::error::{Reason, Unavailable};
use crate::header::{self, TokenType};
use crate::json::OtherMembers;
use crate::keys::KeyStore;
use crate::status::{LIST_TYPE, Prefix};

/// Maximum size of an unpacked list, in bytes: 2^20 entries of one bit.
pub(super) const MAX_UNPACKED: usize = (1 << 20) / 8;

/// Maximum size of a response, in bytes. The largest list that does not compress at all, in base64url twice (the list
/// in the claims and the claims in the token), is 228 KiB, and there is a header and a signature.
pub(super) const MAX_BODY: usize = 256 * 1024;

/// A status list that was verified.
pub(crate) struct List {
    pub(super) bits: Box<[u8]>,
    pub(super) kid: String,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// Why a fetched status list is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidList {
    #[error("not a signed status list: {0}")]
    Token(Reason),
    #[error("its key is not in the key set")]
    UnknownKey,
    #[error("there are no keys to verify it with: {0}")]
    NoKeys(Unavailable),
    #[error("it was not signed by the key that it names, or its claims are invalid")]
    Signature,
    #[error("its sub is the URI of another list")]
    Subject,
    #[error("its iat is in the future")]
    IssuedInFuture,
    #[error("its exp has passed")]
    Expired,
    #[error("it is older than the current one")]
    RolledBack,
    #[error("its entries do not have 1 bit each")]
    Bits,
    #[error("its lst is not base64url of zlib data")]
    Packing,
    #[error("its unpacked size is too large")]
    TooLarge,
}

/// The claims of a list.
#[derive(Deserialize)]
pub(super) struct Payload {
    sub: String,
    iat: i64,
    exp: i64,
    pub(super) status_list: Packed,
    #[serde(flatten)]
    _other: OtherMembers,
}

/// The list itself, packed.
#[derive(Deserialize)]
pub(super) struct Packed {
    bits: u64,
    pub(super) lst: String,
}

/// Verifies and parses the fetched list with this number under `prefix`. It must not be older than `previous`, the `iat` of
/// the current one, unless that is in the future: it was accepted while this machine's clock was ahead, and would keep out
/// every list until then.
pub(crate) fn read(
    body: &[u8],
    (prefix, number): (&Prefix, u32),
    previous: Option<Timestamp>,
    keys: &KeyStore,
    now: Timestamp,
    skew: SignedDuration,
) -> Result<List, InvalidList> {
    let token = std::str::from_utf8(body).map_err(|_| InvalidList::Token(Reason::Malformed))?;
    let kid = header::key_id(token, &TokenType::new(LIST_TYPE)).map_err(InvalidList::Token)?;
    let keys = keys.snapshot(now).map_err(InvalidList::NoKeys)?;
    let key = keys.get(&kid).ok_or(InvalidList::UnknownKey)?;
    let payload = jsonwebtoken::decode::<Payload>(token, key, &validation());
    let payload = payload.map_err(|_| InvalidList::Signature)?.claims;
    if prefix.number(&payload.sub) != Some(number) {
        return Err(InvalidList::Subject);
    }
    let (issued_at, expires_at) = (date(payload.iat)?, date(payload.exp)?);
    if issued_at.duration_since(now) > skew {
        return Err(InvalidList::IssuedInFuture);
    }
    if now.duration_since(expires_at) >= skew {
        return Err(InvalidList::Expired);
    }
    let is_sound = |previous: &Timestamp| previous.duration_since(now) <= skew;
    if previous.filter(is_sound).is_some_and(|previous| issued_at < previous) {
        return Err(InvalidList::RolledBack);
    }
    if payload.status_list.bits != 1 {
        return Err(InvalidList::Bits);
    }
    let bits = unpack(&payload.status_list.lst)?;
    Ok(List { bits, kid, issued_at, expires_at })
}

/// Compares the dates with `now`.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

fn date(seconds: i64) -> Result<Timestamp, InvalidList> {
    Timestamp::from_second(seconds).map_err(|_| InvalidList::Token(Reason::Malformed))
}

/// Decodes the bytes of a `lst`.
pub(super) fn unpack(lst: &str) -> Result<Box<[u8]>, InvalidList> {
    inflate(&URL_SAFE_NO_PAD.decode(lst).map_err(|_| InvalidList::Packing)?)
}

/// Unpacks, and stops as soon as the output exceeds the maximum size.
pub(super) fn inflate(packed: &[u8]) -> Result<Box<[u8]>, InvalidList> {
    let mut bits = Vec::new();
    let mut unpacked = ZlibDecoder::new(packed).take(MAX_UNPACKED as u64 + 1);
    unpacked.read_to_end(&mut bits).map_err(|_| InvalidList::Packing)?;
    if bits.len() > MAX_UNPACKED {
        return Err(InvalidList::TooLarge);
    }
    Ok(bits.into_boxed_slice())
}

impl List {
    /// Returns whether the bit at `idx` is set; `None` past the end of the list. Within a byte, entries are counted from the
    /// least significant bit.
    pub(crate) fn is_set(&self, idx: u64) -> Option<bool> {
        let byte = self.bits.get(usize::try_from(idx / 8).ok()?)?;
        Some(byte >> (idx % 8) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> String {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        URL_SAFE_NO_PAD.encode(encoder.finish().unwrap())
    }

    fn list(bits: Box<[u8]>) -> List {
        let moment = Timestamp::UNIX_EPOCH;
        List { bits, kid: String::new(), issued_at: moment, expires_at: moment }
    }

    #[test]
    fn the_example_of_the_draft_reads_as_the_draft_says() {
        // Section 4.1: status[0] = 1, 0, 0, 1, 1, 1, 0, 1, status[8] = 1, 1, 0, 0, 0, 1, 0, 1.
        let list = list(unpack("eNrbuRgAAhcBXQ").unwrap());
        let bits: Vec<_> = (0..16).map(|idx| u8::from(list.is_set(idx).unwrap())).collect();
        assert_eq!(bits, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
        for past in [16, 17, 1 << 20, 1 << 32, u64::MAX] {
            assert_eq!(list.is_set(past), None, "{past}");
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked_past_the_cap() {
        assert_eq!(unpack(&packed(&vec![0; MAX_UNPACKED])).unwrap().len(), MAX_UNPACKED);
        assert_eq!(unpack(&packed(&vec![0; MAX_UNPACKED + 1])).err(), Some(InvalidList::TooLarge));
        // 64 MiB in 64 KiB.
        let bomb = packed(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        assert_eq!(unpack(&bomb).err(), Some(InvalidList::TooLarge));
    }

    #[test]
    fn what_is_no_zlib_in_base64url_is_refused() {
        let good = packed(b"bits");
        for lst in ["", "A", "AAAA", "eNrb+RgA", "eNrbuRgAAhcBXQ==", &good[..good.len() - 4]] {
            assert_eq!(unpack(lst).err(), Some(InvalidList::Packing), "{lst}");
        }
        assert!(unpack(&good).is_ok());
    }
}
