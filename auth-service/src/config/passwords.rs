//! Which passwords may be chosen.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use service_kit::settings;

use crate::passwords::{BlockedWords, Blocklist, BreachService, BreachServiceError, PasswordPolicy};

/// The heading of these settings in `--help`.
pub(super) const HEADING: &str = "Passwords";

/// The settings of new passwords besides their length.
#[derive(Debug, Clone, Args)]
pub struct PasswordConfig {
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
