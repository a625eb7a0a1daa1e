//! The fields that a person writes, and the rule for each: whoever holds one of these types need not check again.

use std::str::FromStr;

use crate::invalid::Invalid;
use crate::tasks::blank::is_blank;

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

/// What is to be done: 1 to 200 characters on one line, at least one of which is visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(String);

/// More about it: up to 1000 characters, line ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

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
        if is_blank(&text) {
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
            let _ = (text.parse::<Limit>(), Title::try_from(text.clone()));
            let _ = (Description::try_from(text.clone()), Search::try_from(text));
        }
    }
}
