//! The documents that are served: signed lists, and the list of lists.

use std::io::Write;

use actix_web::web::Bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::StatusListError;
use super::model::{Bits, TTL};
use crate::keys::SigningKey;
use crate::protocol::conditional::Document;

/// The `typ` of a signed list.
const TYPE: &str = "statuslist+jwt";
/// The media type of a signed list.
const LIST_TYPE: &str = "application/statuslist+jwt";

/// The claims of a signed list.
#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    iat: i64,
    exp: i64,
    ttl: i64,
    status_list: StatusList<'a>,
}

#[derive(Serialize)]
struct StatusList<'a> {
    bits: u8,
    lst: String,
    aggregation_uri: &'a str,
}

/// All status lists (Status List Aggregation).
#[derive(Serialize, ToSchema)]
pub struct Aggregation {
    /// The URLs of the lists.
    status_lists: Vec<String>,
}

/// When a list is issued and when it expires.
#[derive(Clone, Copy)]
pub struct Validity {
    /// `iat`
    pub from: Timestamp,
    /// `exp`
    pub until: Timestamp,
}

/// The signed list with this number; `prefix` is what the URLs of all lists begin with. Takes a few milliseconds of
/// computing, so it must not run where requests are served.
pub fn list(
    key: &SigningKey,
    bits: &Bits,
    prefix: &str,
    number: usize,
    validity: Validity,
) -> Result<Document, StatusListError> {
    let uri = format!("{prefix}/{number}");
    let claims = Claims {
        sub: &uri,
        iat: validity.from.as_second(),
        exp: validity.until.as_second(),
        ttl: TTL.as_secs(),
        status_list: StatusList {
            bits: 1,
            lst: URL_SAFE_NO_PAD.encode(compressed(bits.bytes())?),
            aggregation_uri: prefix,
        },
    };
    Ok(Document::new(LIST_TYPE, Bytes::from(key.sign(TYPE, &claims)?)))
}

/// The list of the lists with the numbers from 0 up to `count`, exclusive.
pub fn aggregation(prefix: &str, count: usize) -> Result<Document, StatusListError> {
    let status_lists = (0..count).map(|number| format!("{prefix}/{number}")).collect();
    let body = serde_json::to_vec(&Aggregation { status_lists })?;
    Ok(Document::new("application/json", body.into()))
}

fn compressed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}
