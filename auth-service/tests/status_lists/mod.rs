//! Tokens that are revoked: what the status lists say, seen as any client sees it.

mod ends;
mod places;
mod serving;

use std::io::Read;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::ZlibDecoder;
use serde_json::Value;

use crate::support::Answer;
use crate::tokens::claims;

/// What a revocation may take to be in every replica's list.
pub const SOON: Duration = Duration::from_secs(3);

/// The place of a token: list and index.
fn place(jwt: &str) -> (u64, usize) {
    let place = claims(jwt)["status"]["status_list"].clone();
    let number = place["uri"].as_str().unwrap().rsplit_once('/').unwrap().1.parse().unwrap();
    (number, usize::try_from(place["idx"].as_u64().unwrap()).unwrap())
}

/// The claims of a list.
async fn list(url: &str, number: u64) -> Value {
    let answer =
        Answer::of(reqwest::Client::new().get(format!("{url}/.well-known/status-lists/{number}"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    claims(&answer.text)
}

fn bits(list: &Value) -> Vec<u8> {
    assert_eq!(list["status_list"]["bits"], 1);
    let packed = URL_SAFE_NO_PAD.decode(list["status_list"]["lst"].as_str().unwrap()).unwrap();
    let mut bits = Vec::new();
    ZlibDecoder::new(&packed[..]).read_to_end(&mut bits).unwrap();
    bits
}

/// Whether the lists of the service at `url` say that this token is revoked.
pub async fn is_revoked(url: &str, jwt: &str) -> bool {
    let (number, index) = place(jwt);
    let bits = bits(&list(url, number).await);
    assert_eq!(bits.len(), 1 << 17);
    bits[index / 8] >> (index % 8) & 1 == 1
}

pub async fn eventually(what: &str, within: Duration, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < within, "{what}: not within {within:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
