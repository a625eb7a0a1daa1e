//! Which passwords may be chosen.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use service_kit::settings;

use crate::passwords::{BlockedWords, Blocklist, BreachService, BreachServiceError, PasswordPolicy};

/// The settings of new passwords besides their length.
#[derive(Debug, Clone, Args)]
pub struct PasswordConfig {
    /// Whether common passwords are refused, and those that consist of the user's name, the user's email or the name of the
    /// product
    #[arg(long, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub password_blocklist: bool,
    /// More words that new passwords must not consist of, comma-separated, such as names of the organization, its products
    /// and projects; of 3 characters or more
    #[arg(long, env, default_value = "")]
    pub password_blocked_words: BlockedWords,
    /// URL of a service with the range queries of Have I Been Pwned, which is asked whether a new password is from a breach:
    /// https, or http on this machine. It learns five digits of a hash. If it does not respond, the password is accepted
    #[arg(long, env, hide_env_values = true)]
    pub password_breach_url: Option<String>,
}

impl PasswordConfig {
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
