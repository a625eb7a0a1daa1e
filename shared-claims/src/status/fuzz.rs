//! The parts of status lists that the fuzz targets call.

use jiff::{SignedDuration, Timestamp};

use super::aggregation;
use super::list::{self, List, Payload};
use super::reference::Prefix;
use crate::keys::KeyStore;

/// Maximum size of a list, in bytes.
pub(crate) const MAX_UNPACKED: usize = list::MAX_UNPACKED;

/// A list of eight entries, none of them revoked.
pub(crate) fn list(now: Timestamp) -> List {
    List { bits: Box::new([0]), kid: "current".to_owned(), issued_at: now, expires_at: now }
}

/// Reads a complete response for list 0. Returns the size of the list if it is valid.
pub(crate) fn whole(body: &[u8], prefix: &Prefix, keys: &KeyStore, now: Timestamp) -> Option<usize> {
    let list = list::read(body, (prefix, 0), None, keys, now, SignedDuration::from_secs(30)).ok()?;
    Some(list.bits.len())
}

/// Reads the claims of a list as if they were signed. Returns its unpacked size.
pub(crate) fn claims(json: &[u8]) -> Option<usize> {
    let payload: Payload = serde_json::from_slice(json).ok()?;
    Some(list::unpack(&payload.status_list.lst).ok()?.len())
}

/// Unpacks the bytes of a list. Returns their unpacked size.
pub(crate) fn packed(bytes: &[u8]) -> Option<usize> {
    Some(list::inflate(bytes).ok()?.len())
}

/// Reads an aggregation.
pub(crate) fn aggregation(body: &[u8], prefix: &Prefix) {
    if let Ok(announced) = aggregation::parse(body, prefix) {
        for number in announced.numbers {
            assert_eq!(prefix.number(&prefix.uri(number)), Some(number));
        }
    }
}
