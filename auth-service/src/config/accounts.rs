//! What an account may be and do.

use clap::{ArgAction, Args, builder::BoolishValueParser};

use crate::passwords::PasswordRules;
use crate::users::AccountSettings;

/// The longest password that can be allowed, in characters: nobody types more, and hashing must not be fed megabytes.
const LONGEST_PASSWORD: usize = 1024;

/// The settings of accounts.
#[derive(Debug, Clone, Args)]
pub struct AccountConfig {
    /// Whether strangers may make accounts
    #[arg(long, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub sign_up_enabled: bool,
    /// Whether signing up starts a session
    #[arg(long, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub auto_sign_in: bool,
    /// Whether signing in needs an address that was shown to be theirs; needs MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub require_email_verification: bool,
    /// Whether following the link is enough to verify an email, in any browser, as in Better Auth. A stranger who signs up
    /// with a user's email then has a verified account once the user or a mail scanner follows the link
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub verify_email_by_link_alone: bool,
    /// Whether signing up sends the link that verifies the email [default: as REQUIRE_EMAIL_VERIFICATION]; needs MAIL_URL
    #[arg(long, env, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub send_verification_on_sign_up: Option<bool>,
    /// Whether a sign-in with the right password sends that link again, where REQUIRE_EMAIL_VERIFICATION refuses it; needs
    /// MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub send_verification_on_sign_in: bool,
    /// Whether verifying an email starts a session, in the browser that signed up or on the page that asks for the password
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub auto_sign_in_after_verification: bool,
    /// The shortest password of a new account, in characters
    #[arg(long, env, default_value = "8", value_parser = password_length)]
    pub password_min_length: usize,
    /// The longest password, in characters, up to 1024; never truncated
    #[arg(long, env, default_value = "128", value_parser = password_length)]
    pub password_max_length: usize,
    /// Whether users may delete themselves
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub delete_user_enabled: bool,
    /// Whether deleting oneself has to be confirmed by a link in an e-mail; needs MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub delete_user_verification: bool,
    /// Whether users may change their address; needs MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub change_email_enabled: bool,
    /// Whether a verified address has to agree to its change before the new one is asked
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub change_email_confirmation: bool,
}

impl AccountConfig {
    /// What accounts may do.
    ///
    /// # Errors
    /// The first setting that needs mail where none can be sent.
    pub fn settings(&self, mail: bool) -> Result<AccountSettings, MailNeeded> {
        let needs_mail = [
            ("REQUIRE_EMAIL_VERIFICATION", self.require_email_verification),
            ("SEND_VERIFICATION_ON_SIGN_UP", self.send_verification_on_sign_up == Some(true)),
            ("SEND_VERIFICATION_ON_SIGN_IN", self.send_verification_on_sign_in),
            ("CHANGE_EMAIL_ENABLED", self.change_email_enabled),
            ("DELETE_USER_VERIFICATION", self.delete_user_enabled && self.delete_user_verification),
        ];
        if let (false, Some((name, _))) = (mail, needs_mail.iter().find(|(_, on)| *on)) {
            return Err(MailNeeded(name));
        }
        Ok(AccountSettings {
            sign_up: self.sign_up_enabled,
            auto_sign_in: self.auto_sign_in,
            verify_on_sign_up: self.send_verification_on_sign_up.unwrap_or(self.require_email_verification),
            verify_on_sign_in: self.send_verification_on_sign_in,
            auto_sign_in_after_verification: self.auto_sign_in_after_verification,
            require_verified_email: self.require_email_verification,
            verify_email_by_link_alone: self.verify_email_by_link_alone,
            delete_user: self.delete_user_enabled,
            delete_user_by_mail: self.delete_user_verification,
            change_email: self.change_email_enabled,
            confirm_change_email: self.change_email_confirmation,
        })
    }

    /// How long passwords may be.
    ///
    /// # Errors
    /// When none would do.
    pub fn password_rules(&self) -> Result<PasswordRules, NoPasswordFits> {
        let (min_length, max_length) = (self.password_min_length, self.password_max_length);
        if min_length > max_length {
            return Err(NoPasswordFits { min_length, max_length });
        }
        Ok(PasswordRules { min_length, max_length })
    }
}

/// A setting is on that mail is needed for.
#[derive(Debug, thiserror::Error)]
#[error("{0} is on, which needs mail: set MAIL_URL and MAIL_FROM")]
pub struct MailNeeded(&'static str);

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
