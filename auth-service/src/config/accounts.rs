//! What an account may be and do.

use clap::{ArgAction, Args, builder::BoolishValueParser};

use crate::users::{AccountSettings, UserFields, UsernameRules};

/// The settings of accounts.
#[derive(Debug, Clone, Args)]
pub struct AccountConfig {
    /// Allows sign-up
    #[arg(long, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub sign_up_enabled: bool,
    /// Starts a session at sign-up
    #[arg(long, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub auto_sign_in: bool,
    /// Requires a verified email to sign in; needs MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub require_email_verification: bool,
    /// Verifies an email when its link is opened in any browser, as Better Auth does
    ///
    /// A stranger who signs up with the email of a user then has a verified account as soon as the user or a mail
    /// scanner opens the link.
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub verify_email_by_link_alone: bool,
    /// Sends the link that verifies the email at sign-up; needs MAIL_URL [default: REQUIRE_EMAIL_VERIFICATION]
    #[arg(long, env, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub send_verification_on_sign_up: Option<bool>,
    /// Sends that link again when a sign-in is refused with EMAIL_NOT_VERIFIED; needs MAIL_URL
    ///
    /// The password must be correct, and REQUIRE_EMAIL_VERIFICATION must be on.
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub send_verification_on_sign_in: bool,
    /// Starts a session when an email is verified
    ///
    /// The session starts in the browser that signed up, or on the page that asks for the password.
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub auto_sign_in_after_verification: bool,
    /// Allows users to delete their accounts
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub delete_user_enabled: bool,
    /// Requires users to confirm the deletion of their account by a link in a mail; needs MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub delete_user_verification: bool,
    /// Allows users to change their email; needs MAIL_URL
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub change_email_enabled: bool,
    /// Requires a confirmation from the current email, if verified, before mail is sent to the new one
    #[arg(long, env, default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub change_email_confirmation: bool,
    /// Additional fields of users, as JSON in the form of Better Auth's `additionalFields`
    ///
    /// Such as `{"role": {"type": ["user", "admin"], "defaultValue": "user", "input": false}}`.
    #[arg(long, env, default_value = "")]
    pub user_fields: UserFields,
}

impl AccountConfig {
    /// What accounts may do. `mail` and `two_factor`: whether mail is sent, and users can have a second factor. `usernames` are the
    /// rules for usernames, if users have them.
    ///
    /// # Errors
    /// The first setting that needs mail where none can be sent.
    pub fn settings(
        &self,
        mail: bool,
        two_factor: bool,
        usernames: Option<UsernameRules>,
    ) -> Result<AccountSettings, MailNeeded> {
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
            two_factor,
            usernames,
            fields: self.user_fields.clone(),
        })
    }
}

/// A setting is on that mail is needed for.
#[derive(Debug, thiserror::Error)]
#[error("{0} is on, which needs mail: set MAIL_URL and MAIL_FROM")]
pub struct MailNeeded(pub(super) &'static str);
