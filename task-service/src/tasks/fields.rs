//! The fields that a person writes, and the rule for each: whoever holds one of these types need not check again.

use std::str::FromStr;

use jiff::Timestamp;

/// Longest title, in characters (Unicode scalar values).
pub const TITLE_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 1000;
/// Longest text to search for, in characters.
pub const SEARCH_MAX: usize = 100;
/// Most tasks on one page of a list.
pub const LIMIT_MAX: u16 = 100;
/// Tasks on one page when nothing is said.
pub const LIMIT_DEFAULT: u16 = 50;

/// A field that breaks a rule. Both are written for the person who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Invalid {
    /// The field, as it is called in JSON or the query.
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

/// What is to be done: 1 to 200 characters, not blank, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(String);

/// More about it: up to 1000 characters, line ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

/// When a task should be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueDate(Timestamp);

/// A text to look for in titles and descriptions, ignoring case: up to 100 characters. Nothing in it is special.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(String);

/// How many tasks a page may hold: 1 to 100, 50 if nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl TryFrom<String> for Title {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let invalid = |rule| Err(Invalid { field: "title", rule });
        if !(1..=TITLE_MAX).contains(&text.chars().count()) {
            return invalid("must be 1 to 200 characters");
        }
        if text.chars().any(char::is_control) {
            return invalid("must not contain control characters");
        }
        if text.trim().is_empty() {
            return invalid("must not be blank");
        }
        Ok(Self(text))
    }
}

impl Title {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Description {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let invalid = |rule| Err(Invalid { field: "description", rule });
        if text.chars().count() > DESCRIPTION_MAX {
            return invalid("must be at most 1000 characters");
        }
        // PostgreSQL cannot store it.
        if text.contains('\0') {
            return invalid("must not contain NUL");
        }
        Ok(Self(text))
    }
}

impl Description {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DueDate {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const INVALID: Invalid =
            Invalid { field: "due_date", rule: "must be an RFC 3339 date-time such as 2026-12-31T23:59:59Z" };
        if !is_rfc_3339(text.as_bytes()) {
            return Err(INVALID);
        }
        let time: Timestamp = text.parse().map_err(|_| INVALID)?;
        // Before it lies the year 0, which RFC 3339 can write and PostgreSQL reads as another one. jiff ends a day
        // before the year 10000.
        if time < FIRST_DUE_DATE {
            return Err(INVALID);
        }
        Ok(Self(time))
    }
}

/// 0001-01-01T00:00:00Z
const FIRST_DUE_DATE: Timestamp = Timestamp::constant(-62_135_596_800, 0);

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
    let Some((head, rest)) = text.split_at_checked(19) else { return false };
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

impl DueDate {
    /// The moment.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl TryFrom<String> for Search {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let invalid = |rule| Err(Invalid { field: "search", rule });
        if text.chars().count() > SEARCH_MAX {
            return invalid("must be at most 100 characters");
        }
        if text.contains('\0') {
            return invalid("must not contain NUL");
        }
        Ok(Self(text))
    }
}

impl Search {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Limit {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        limit.map(Self).ok_or(Invalid { field: "limit", rule: "must be a number from 1 to 100" })
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(LIMIT_DEFAULT)
    }
}

impl Limit {
    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let _ = (text.parse::<DueDate>(), text.parse::<Limit>(), Title::try_from(text.clone()));
            let _ = (Description::try_from(text.clone()), Search::try_from(text));
        }

        #[test]
        fn every_due_date_comes_back_from_its_text(second in FIRST_DUE_DATE.as_second()..=Timestamp::MAX.as_second()) {
            let date = DueDate(Timestamp::from_second(second).unwrap());
            prop_assert_eq!(date.timestamp().to_string().parse(), Ok(date));
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
