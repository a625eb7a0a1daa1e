//! Parsers for settings of both services.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use jiff::SignedDuration;
use url::Url;

/// Parses a duration such as `90s`, `15m` or `1h 30m`. For clap's `value_parser`.
///
/// # Errors
/// The rule that the text breaks.
pub fn duration(text: &str) -> Result<Duration, String> {
    let signed: SignedDuration = text.parse().map_err(|_| "write it like 90s, 15m or 1h 30m".to_owned())?;
    Duration::try_from(signed).map_err(|_| "must not be negative".to_owned())
}

/// Creates a parser for paths that accepts an empty one. An empty path counts as not set ([`crate::secret::resolve`]), so
/// that `NAME_FILE=` in a compose file leaves the default. clap's own parser rejects it.
pub fn file_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Returns the value unless it is empty: `NAME=` in a compose file leaves the default.
pub fn non_empty(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|value| !value.is_empty())
}

/// Parses the URL of a service to connect to. An empty text means that there is none.
///
/// # Errors
/// If it is not an http or https URL, or contains a user name or password: settings like this are part of help texts and
/// messages.
pub fn optional_http_url(text: &str) -> Result<Option<Url>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password".to_owned());
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("-1s"), Err("must not be negative".to_owned()));
        assert!(duration("soon").is_err());
    }
}
