//! Fields that users write. A value of one of these types has been validated.

use std::str::FromStr;

use crate::invalid::Invalid;
use crate::tasks::blank::is_blank;

/// Maximum length of a title, in characters (Unicode scalar values).
pub const TITLE_MAX: usize = 200;
/// Maximum length of a description, in characters.
pub const DESCRIPTION_MAX: usize = 1000;
/// Maximum length of a search text, in characters.
pub const SEARCH_MAX: usize = 100;
/// Maximum number of tasks on a page.
pub const LIMIT_MAX: u16 = 100;
/// Default number of tasks on a page.
pub const LIMIT_DEFAULT: u16 = 50;

/// The title of a task: 1 to 200 characters on one line, at least one of them visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(String);

/// The description of a task: up to 1000 characters, including line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

/// A text to search for in titles and descriptions, ignoring case: up to 100 characters. No character is special.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(String);

/// The maximum number of tasks on a page: 1 to 100. The default is 50.
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
    /// Returns the text.
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
    /// Returns the text.
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
    /// Returns the text.
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
    /// Returns the number.
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
