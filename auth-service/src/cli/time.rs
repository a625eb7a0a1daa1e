//! Times on the command line.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The beginning of a day in UTC.
pub fn midnight(day: Date) -> Result<Timestamp, jiff::Error> {
    Ok(day.to_zoned(TimeZone::UTC)?.timestamp())
}

/// Reads a time, or a date, which means its beginning in UTC.
pub fn time(text: &str) -> Result<Timestamp, String> {
    let date = || text.parse::<Date>().ok().and_then(|date| midnight(date).ok());
    text.parse()
        .ok()
        .or_else(date)
        .ok_or_else(|| "write it like 2026-11-30 or 2026-11-30T08:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_or_a_timestamp() {
        assert_eq!(time("2026-11-30").unwrap().to_string(), "2026-11-30T00:00:00Z");
        assert_eq!(time("2026-11-30T08:00:00+02:00").unwrap().to_string(), "2026-11-30T06:00:00Z");
        assert!(time("yesterday").is_err());
    }
}
