//! The policy for new passwords: not a common password, not a word of its context, and not found in a breach (OWASP
//! ASVS 5.0, 6.2.4, 6.2.11 and 6.2.12). A password that is only verified is not checked.

mod breaches;
mod common;
mod context;
mod fold;

pub use self::breaches::{BreachService, BreachServiceError, create_metrics};
pub use self::context::{BlockedWords, Owner};

use secrecy::ExposeSecret;

use self::context::{Context, ServiceWords};
use super::model::{ChosenPassword, Password};
use crate::error::{ApiError, PasswordRisk};

/// Decides whether a new password is accepted.
pub struct PasswordPolicy {
    blocklist: Option<Blocklist>,
    breaches: Option<BreachService>,
}

/// The passwords that no account may have.
pub struct Blocklist {
    words: ServiceWords,
}

impl Blocklist {
    /// Refuses common passwords, and those that consist of the owner's name or email, of `product`, the name of the
    /// service in mails, or of `more` words.
    pub fn new(product: &str, more: &BlockedWords) -> Self {
        Self { words: ServiceWords::new(product, more) }
    }

    fn check(&self, password: &Password, owner: Owner<'_>) -> Result<(), PasswordRisk> {
        let folded = password.folded();
        let folded = folded.expose_secret();
        if common::contains(folded) {
            return Err(PasswordRisk::Common);
        }
        if Context::new(owner, &self.words).is_most_of(folded) {
            return Err(PasswordRisk::Context);
        }
        Ok(())
    }
}

impl PasswordPolicy {
    /// Checks passwords against the blocklist and the breach service that are configured.
    pub fn new(blocklist: Option<Blocklist>, breaches: Option<BreachService>) -> Self {
        Self { blocklist, breaches }
    }

    /// Returns the password to hash if `owner` may use it. Hold no database connection during the call: a breach
    /// service takes time.
    ///
    /// # Errors
    /// [`ApiError::PasswordCompromised`] if the password is refused. If the breach service fails, the password is
    /// accepted.
    pub async fn admit(&self, chosen: ChosenPassword, owner: Owner<'_>) -> Result<Password, ApiError> {
        let ChosenPassword(password) = chosen;
        if let Some(blocklist) = &self.blocklist {
            blocklist.check(&password, owner).map_err(ApiError::PasswordCompromised)?;
        }
        if let Some(breaches) = &self.breaches
            && breaches.contain(&password).await
        {
            return Err(ApiError::PasswordCompromised(PasswordRisk::Breached));
        }
        Ok(password)
    }
}
