//! Due dates.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::{Serialize, Serializer};

use crate::invalid::Invalid;

/// When a task is due: a time in UTC with microseconds, from the first second of the year 1 to the last second of the year
/// 9999.
///
/// Not jiff's `Timestamp`, which ends a day before the end of that year to leave room for offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueDate(DateTime);

/// The year 0 before it exists in RFC 3339, but PostgreSQL interprets it as another year.
const FIRST: DateTime = DateTime::constant(1, 1, 1, 0, 0, 0, 0);
/// Bytes of `YYYY-MM-DDThh:mm:ss`.
const HEAD: usize = 19;
/// Bytes of `+hh:mm`.
const OFFSET: usize = 6;

impl DueDate {
    /// Returns the date and time in UTC.
    pub fn utc(self) -> DateTime {
        self.0
    }

    /// Creates the due date at this date and time in UTC, cut to microseconds as in PostgreSQL.
    ///
    /// # Errors
    /// If it is before the year 1.
    pub fn from_utc(utc: DateTime) -> Result<Self, Invalid> {
        const MICROSECOND: i32 = 1000;
        let beyond = utc.subsec_nanosecond() % MICROSECOND;
        let utc = utc.with().subsec_nanosecond(utc.subsec_nanosecond() - beyond).build();
        utc.ok().filter(|utc| *utc >= FIRST).map(Self).ok_or(INVALID)
    }
}

const INVALID: Invalid =
    Invalid { field: "due_date", rule: "must be an RFC 3339 date-time such as 2026-12-31T23:59:59Z" };

impl FromStr for DueDate {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if !is_rfc_3339(text.as_bytes()) {
            return Err(INVALID);
        }
        let (local, ahead) = match text.strip_suffix(['Z', 'z']) {
            Some(local) => (local, SignedDuration::ZERO),
            None => {
                let (local, offset) = text.split_at_checked(text.len() - OFFSET).ok_or(INVALID)?;
                (local, parse_offset(offset).ok_or(INVALID)?)
            }
        };
        let local: DateTime = local.parse().map_err(|_| INVALID)?;
        Self::from_utc(local.checked_sub(ahead).map_err(|_| INVALID)?)
    }
}

/// How far `±hh:mm` is ahead of UTC.
fn parse_offset(text: &str) -> Option<SignedDuration> {
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let ahead = SignedDuration::from_mins(hours * 60 + minutes);
    (hours < 24 && minutes < 60).then_some(if text.starts_with('-') { -ahead } else { ahead })
}

/// Whether the text has the shape `YYYY-MM-DDThh:mm:ss[.f]Z` or with an offset `±hh:mm`. jiff reads more forms than
/// that; what the numbers mean is left to it.
fn is_rfc_3339(text: &[u8]) -> bool {
    let shaped = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't' | b' '),
                b'+' => matches!(byte, b'+' | b'-'),
                _ => byte == wanted,
            })
    };
    let Some((head, rest)) = text.split_at_checked(HEAD) else { return false };
    let fraction = match rest.strip_prefix(b".") {
        Some(digits) => digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        None => 0,
    };
    let offset = match (rest.first(), fraction) {
        (Some(b'.'), 0) => return false,
        (Some(b'.'), digits) => rest.get(1 + digits..).unwrap_or_default(),
        _ => rest,
    };
    shaped(head, b"0000-00-00T00:00:00") && (matches!(offset, b"Z" | b"z") || shaped(offset, b"+00:00"))
}

impl fmt::Display for DueDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.0)
    }
}

impl Serialize for DueDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAST: &str = "9999-12-31T23:59:59.999999Z";

    #[test]
    fn the_last_second_of_the_year_9999_can_be_written_with_any_offset() {
        let last: DueDate = LAST.parse().unwrap();
        assert_eq!(last.to_string(), LAST);
        for same in ["9999-12-31T23:59:59.9999999Z", "9999-12-31T18:29:59.999999-05:30"] {
            assert_eq!(same.parse(), Ok(last), "{same}");
        }
        for after in ["9999-12-31T23:59:59-00:01", "9999-12-31T12:00:00-12:00", "9999-12-31T23:59:59-23:59"] {
            assert_eq!(after.parse::<DueDate>(), Err(INVALID), "{after}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = text.parse::<DueDate>();
        }

        #[test]
        fn every_due_date_comes_back_from_its_text(
            micros in -62_135_596_800_000_000..253_402_300_800_000_000_i64,
        ) {
            let date = DueDate(DateTime::constant(1970, 1, 1, 0, 0, 0, 0) + SignedDuration::from_micros(micros));
            prop_assert_eq!(date.to_string().parse(), Ok(date));
        }

        #[test]
        fn an_offset_is_taken_off(seconds in 100_000..253_000_000_000_i64, minutes in -1439..1440_i64) {
            let utc = FIRST + SignedDuration::from_secs(seconds);
            let local = utc + SignedDuration::from_mins(minutes);
            let sign = if minutes < 0 { '-' } else { '+' };
            let text = format!("{local}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
            prop_assert_eq!(text.parse(), Ok(DueDate(utc)), "{}", text);
        }

        #[test]
        fn a_due_date_has_the_shape_of_rfc_3339(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,9})?([Zz]|[+-][0-2][0-9]:[0-5][0-9])",
            at in 0..35_usize,
            junk in "[^0-9]",
        ) {
            prop_assert!(is_rfc_3339(text.as_bytes()));
            // Whatever else stands where a digit was, it is not one any more.
            if text.as_bytes().get(at).is_some_and(u8::is_ascii_digit) {
                let broken = format!("{}{junk}{}", &text[..at], &text[at + 1..]);
                prop_assert!(broken.parse::<DueDate>().is_err(), "{broken}");
            }
        }
    }
}
