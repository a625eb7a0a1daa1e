//! Timestamps in the form that the Better Auth client converts to dates: three fractional digits and `Z`.

use jiff::Timestamp;
use serde::Serializer;

/// Serializes e.g. `2026-11-21T12:39:37.130Z`. For `#[serde(serialize_with)]`.
pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

/// Serializes a timestamp that may be missing, as null then.
pub fn serialize_optional<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serialize(time, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_whatever_the_precision() {
        #[derive(serde::Serialize)]
        struct At(#[serde(serialize_with = "serialize")] Timestamp);
        for (time, text) in [
            ("2026-11-21T12:39:37.130999Z", "\"2026-11-21T12:39:37.130Z\""),
            ("2026-11-21T12:39:37Z", "\"2026-11-21T12:39:37.000Z\""),
        ] {
            assert_eq!(serde_json::to_string(&At(time.parse().unwrap())).unwrap(), text);
        }
    }
}
