//! Which passwords may be chosen.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use service_kit::settings;

use crate::passwords::{
    BlockedWords, Blocklist, BreachService, BreachServiceError, Cost, PasswordPolicy, PasswordRules,
};

/// The heading of these settings in `--help`.
pub(super) const HEADING: &str = "Passwords";

/// The longest password that can be allowed, in characters: nobody types more, and hashing must not be fed megabytes.
const LONGEST_PASSWORD: usize = 1024;

/// The settings of new passwords.
#[derive(Debug, Clone, Args)]
pub struct PasswordConfig {
    /// Minimum length of new passwords, in characters, 1 to 1024
    #[arg(long, env, default_value = "8", value_parser = password_length)]
    pub password_min_length: usize,
    /// Maximum length of passwords, in characters, 1 to 1024; passwords are never truncated
    #[arg(long, env, default_value = "128", value_parser = password_length)]
    pub password_max_length: usize,
    /// Cost of bcrypt, 4 to 31; less than 10 is for tests only
    #[arg(long, env, default_value = "12")]
    pub bcrypt_cost: Cost,
    /// Refuses common passwords, and those made of the user's name, the user's email or the product's name
    #[arg(long, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub password_blocklist: bool,
    /// More words that new passwords must not consist of, comma-separated
    ///
    /// List the names of your organization, its products and its projects. Words with fewer than 3 characters are ignored.
    #[arg(long, env, default_value = "")]
    pub password_blocked_words: BlockedWords,
    /// URL of a service with the range queries of Have I Been Pwned, which checks new passwords for breaches
    ///
    /// `https://api.pwnedpasswords.com/range` is such a service. The URL must be https, or http on this machine. The
    /// service receives five digits of a hash. If it does not respond, the password is accepted.
    #[arg(long, env, hide_env_values = true)]
    pub password_breach_url: Option<String>,
}

impl PasswordConfig {
    /// How long passwords may be.
    ///
    /// # Errors
    /// When none would do.
    pub fn rules(&self) -> Result<PasswordRules, NoPasswordFits> {
        let (min_length, max_length) = (self.password_min_length, self.password_max_length);
        if min_length > max_length {
            return Err(NoPasswordFits { min_length, max_length });
        }
        Ok(PasswordRules { min_length, max_length })
    }

    /// Decides which passwords may be chosen. `product` is what mail calls the product.
    ///
    /// # Errors
    /// If PASSWORD_BREACH_URL cannot be used.
    pub fn policy(&self, product: &str) -> Result<PasswordPolicy, BreachServiceError> {
        let blocklist =
            self.password_blocklist.then(|| Blocklist::new(product, &self.password_blocked_words));
        let breaches = settings::non_empty(&self.password_breach_url).map(BreachService::new).transpose()?;
        Ok(PasswordPolicy::new(blocklist, breaches))
    }
}

/// No password has such a length.
#[derive(Debug, thiserror::Error)]
#[error("PASSWORD_MIN_LENGTH ({min_length}) is above PASSWORD_MAX_LENGTH ({max_length})")]
pub struct NoPasswordFits {
    min_length: usize,
    max_length: usize,
}

fn password_length(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(length) if (1..=LONGEST_PASSWORD).contains(&length) => Ok(length),
        _ => Err(format!("must be a number from 1 to {LONGEST_PASSWORD}")),
    }
}
