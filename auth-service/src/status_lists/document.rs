//! What is served: signed lists, and the list of lists.

use std::io::Write;

use actix_web::web::Bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Bits, TTL};
use crate::error::ApiError;
use crate::keys::SigningKey;
use crate::protocol::conditional::Document;

/// The `typ` of a signed list.
const TYPE: &str = "statuslist+jwt";
/// What a list's media type is.
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

/// The list `uri` of those under `prefix`, signed. A few milliseconds of computing, so not for where requests are
/// served.
///
/// # Errors
/// When it cannot be signed.
pub fn list(
    key: &SigningKey,
    bits: &Bits,
    (prefix, uri): (&str, &str),
    (issued, expires): (Timestamp, Timestamp),
) -> Result<Document, ApiError> {
    let claims = Claims {
        sub: uri,
        iat: issued.as_second(),
        exp: expires.as_second(),
        ttl: TTL.as_secs(),
        status_list: StatusList {
            bits: 1,
            lst: URL_SAFE_NO_PAD.encode(compressed(bits.bytes())?),
            aggregation_uri: prefix,
        },
    };
    Ok(Document::new(LIST_TYPE, Bytes::from(key.sign(TYPE, &claims)?)))
}

/// The lists with the numbers 0 to `count`.
///
/// # Errors
/// When it is no JSON.
pub fn aggregation(prefix: &str, count: usize) -> Result<Document, ApiError> {
    let status_lists = (0..count).map(|number| format!("{prefix}/{number}")).collect();
    let body = serde_json::to_vec(&Aggregation { status_lists })
        .map_err(|error| ApiError::Internal(format!("the status lists' list is no JSON: {error}")))?;
    Ok(Document::new("application/json", body.into()))
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, ApiError> {
    let failed = |error: std::io::Error| ApiError::Internal(format!("compressing a status list: {error}"));
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).map_err(failed)?;
    encoder.finish().map_err(failed)
}
