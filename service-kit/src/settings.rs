//! How settings of both services are read.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

/// A duration as people write it: `90s`, `15m`, `1h 30m`. For clap's `value_parser`.
///
/// # Errors
/// The rule it breaks.
pub fn duration(text: &str) -> Result<Duration, String> {
    let signed: SignedDuration = text.parse().map_err(|_| "write it like 90s, 15m or 1h 30m".to_owned())?;
    Duration::try_from(signed).map_err(|_| "must not be negative".to_owned())
}

/// The value, unless it is empty: `NAME=` in a compose file leaves the default.
pub fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|value| !value.is_empty())
}

/// Web origins (RFC 6454), each as a browser sends it in `Origin`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromStr for Origins {
    type Err = String;

    /// Reads a comma-separated list; an empty one is fine.
    fn from_str(text: &str) -> Result<Self, String> {
        let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        origins.map(origin).collect::<Result<_, _>>().map(Self)
    }
}

/// One origin, exactly as browsers write it: a path, a trailing slash or a default port would never match.
fn origin(text: &str) -> Result<String, String> {
    let parsed = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match parsed.map(|url| url.origin().ascii_serialization()) {
        Some(origin) if origin == text => Ok(origin),
        Some(origin) => Err(format!("{text} is not an origin; did you mean {origin}?")),
        None => Err(format!("{text} is not an origin such as https://app.example.com")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_only_as_browsers_write_them() {
        let origins: Origins = "https://a.example, http://localhost:3000,".parse().unwrap();
        assert_eq!(origins.iter().collect::<Vec<_>>(), ["https://a.example", "http://localhost:3000"]);
        assert_eq!("".parse::<Origins>().unwrap(), Origins::default());
        for wrong in [
            "https://a.example/",
            "https://a.example/path",
            "https://user@a.example",
            "https://A.example",
            "a.example",
            "localhost:3000",
            "*",
            "ftp://a.example",
            "https://a:443",
        ] {
            assert!(wrong.parse::<Origins>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("-1s"), Err("must not be negative".to_owned()));
        assert!(duration("soon").is_err());
    }
}
