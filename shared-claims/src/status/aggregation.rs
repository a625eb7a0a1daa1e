//! Parses the list of lists (Status List Aggregation).

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::status::Prefix;

/// Maximum number of lists that are fetched. With a million entries each, that is far more than an issuer needs, and all
/// together stay within 32 MiB.
const MAX_LISTS: usize = 256;

#[derive(Deserialize)]
struct Document {
    status_lists: Vec<String>,
}

/// The content of an aggregation.
#[derive(Debug, PartialEq)]
pub(crate) struct Announced {
    /// The issuer's lists.
    pub(crate) numbers: BTreeSet<u32>,
    /// Entries that are skipped: not lists of the issuer, or too many.
    pub(crate) skipped: Vec<String>,
}

/// The response is not an aggregation of the issuer's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidAggregation {
    #[error("not a JSON object with a list of `status_lists`")]
    Json,
    #[error("none of its lists is under the configured prefix")]
    Foreign,
}

/// Parses an aggregation. An empty one is valid: the issuer has no list yet. If it contains only foreign lists, the settings
/// of issuer or verifier are wrong.
pub(crate) fn parse(body: &[u8], prefix: &Prefix) -> Result<Announced, InvalidAggregation> {
    let document: Document = serde_json::from_slice(body).map_err(|_| InvalidAggregation::Json)?;
    let mut announced = Announced { numbers: BTreeSet::new(), skipped: Vec::new() };
    for uri in document.status_lists {
        match prefix.number(&uri) {
            Some(number) if announced.numbers.contains(&number) => {}
            Some(number) if announced.numbers.len() < MAX_LISTS => {
                announced.numbers.insert(number);
            }
            Some(_) | None => announced.skipped.push(uri),
        }
    }
    if announced.numbers.is_empty() && !announced.skipped.is_empty() {
        return Err(InvalidAggregation::Foreign);
    }
    Ok(announced)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(lists: &[String]) -> Result<Announced, InvalidAggregation> {
        parse(json!({ "status_lists": lists }).to_string().as_bytes(), &Prefix::new("https://a.test/lists"))
    }

    fn uris(uris: &[&str]) -> Vec<String> {
        uris.iter().map(|uri| (*uri).to_owned()).collect()
    }

    #[test]
    fn the_issuers_lists_are_taken_once_and_foreign_ones_skipped() {
        let announced = read(&uris(&[
            "https://a.test/lists/1",
            "https://b.test/lists/2",
            "https://a.test/lists/0",
            "https://a.test/lists/1",
            "file:///etc/passwd",
        ]))
        .unwrap();
        assert_eq!(announced.numbers, BTreeSet::from([0, 1]));
        assert_eq!(announced.skipped, ["https://b.test/lists/2", "file:///etc/passwd"]);
        assert_eq!(read(&[]).unwrap().numbers, BTreeSet::new());
        assert_eq!(read(&uris(&["https://b.test/lists/0"])), Err(InvalidAggregation::Foreign));
    }

    #[test]
    fn the_number_of_lists_is_limited() {
        let many: Vec<_> = (0..=MAX_LISTS).map(|number| format!("https://a.test/lists/{number}")).collect();
        let announced = read(&many).unwrap();
        assert_eq!(announced.numbers.len(), MAX_LISTS);
        assert_eq!(announced.skipped, [format!("https://a.test/lists/{MAX_LISTS}")]);
    }

    #[test]
    fn an_invalid_aggregation_is_an_error() {
        let prefix = Prefix::new("https://a.test/lists");
        for body in ["", "null", "[]", "{}", r#"{"status_lists":null}"#, r#"{"status_lists":[7]}"#, "<html>"]
        {
            assert_eq!(parse(body.as_bytes(), &prefix), Err(InvalidAggregation::Json), "{body}");
        }
    }
}
