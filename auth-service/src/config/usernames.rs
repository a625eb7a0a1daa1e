//! Whether users have usernames, and which.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use crate::users::{UserFields, UsernameRules};

/// The longest username that can be allowed, in characters: the maximum of a name.
const LONGEST_USERNAME: usize = 100;
/// The members of requests that are about usernames.
const MEMBERS: [&str; 2] = ["username", "displayUsername"];

/// The settings of usernames.
#[derive(Debug, Clone, Args)]
pub struct UsernameConfig {
    /// Allows users to choose a username and to sign in with it
    ///
    /// Usernames are public: anybody can ask whether one is taken.
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub username_enabled: bool,
    /// Minimum length of usernames, in characters, 1 to 100
    #[arg(long, env, default_value = "3", value_parser = username_length)]
    pub username_min_length: usize,
    /// Maximum length of usernames, in characters, 1 to 100
    #[arg(long, env, default_value = "30", value_parser = username_length)]
    pub username_max_length: usize,
    /// Prevents users from changing their username once it is set
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub username_immutable: bool,
}

impl UsernameConfig {
    /// The rules for usernames; `None` if users have none. `fields` are the additional fields of users.
    ///
    /// # Errors
    /// When the settings contradict each other.
    pub fn rules(&self, fields: &UserFields) -> Result<Option<UsernameRules>, UsernameConfigError> {
        if !self.username_enabled {
            return Ok(None);
        }
        let (min_length, max_length) = (self.username_min_length, self.username_max_length);
        if min_length > max_length {
            return Err(UsernameConfigError::NoLength { min_length, max_length });
        }
        match MEMBERS.into_iter().find(|name| fields.find(name).is_some()) {
            Some(name) => Err(UsernameConfigError::Field(name)),
            None => Ok(Some(UsernameRules { min_length, max_length, immutable: self.username_immutable })),
        }
    }
}

/// The settings of usernames contradict each other.
#[derive(Debug, thiserror::Error)]
pub enum UsernameConfigError {
    /// No username has such a length.
    #[error("USERNAME_MIN_LENGTH ({min_length}) is above USERNAME_MAX_LENGTH ({max_length})")]
    NoLength {
        /// The minimum.
        min_length: usize,
        /// The maximum.
        max_length: usize,
    },
    /// The username would be an additional field as well.
    #[error("USER_FIELDS describes `{0}`, which has a meaning already if USERNAME_ENABLED is on")]
    Field(&'static str),
}

fn username_length(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(length) if (1..=LONGEST_USERNAME).contains(&length) => Ok(length),
        _ => Err(format!("must be a number from 1 to {LONGEST_USERNAME}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_contradict_each_other_are_refused_if_usernames_are_enabled() {
        let config = |username_enabled, username_min_length| UsernameConfig {
            username_enabled,
            username_min_length,
            username_max_length: 30,
            username_immutable: false,
        };
        let none = UserFields::default();
        let rules = config(true, 30).rules(&none).unwrap().unwrap();
        assert_eq!((rules.min_length, rules.max_length), (30, 30));
        let refusal = config(true, 31).rules(&none).unwrap_err();
        assert_eq!(refusal.to_string(), "USERNAME_MIN_LENGTH (31) is above USERNAME_MAX_LENGTH (30)");
        let field: UserFields = r#"{"displayUsername": {"type": "string"}}"#.parse().unwrap();
        assert!(config(true, 3).rules(&field).unwrap_err().to_string().contains("`displayUsername`"));
        assert_eq!(config(false, 31).rules(&field).unwrap(), None);
    }
}
