//! Settings of accounts.

use super::fields::{ShownPlugins, UserFields, UserView};
use super::model::User;
use super::username::UsernameRules;

/// The features of accounts that a deployment enables.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// Whether anybody can sign up.
    pub sign_up: bool,
    /// Whether sign-up starts a session.
    pub auto_sign_in: bool,
    /// Whether sign-up sends the link that verifies the email.
    pub verify_on_sign_up: bool,
    /// Whether a sign-in that is refused because the email is not verified sends that link again.
    pub verify_on_sign_in: bool,
    /// Whether verifying an email starts a session in the browser that signed up or that sent the password.
    pub auto_sign_in_after_verification: bool,
    /// Whether sign-in requires a verified email.
    pub require_verified_email: bool,
    /// Whether the link that verifies an email is enough, in any browser.
    pub verify_email_by_link_alone: bool,
    /// Whether users can delete their account.
    pub delete_user: bool,
    /// Whether deleting an account requires a link in a mail.
    pub delete_user_by_mail: bool,
    /// Whether users can change their email.
    pub change_email: bool,
    /// Whether a verified current email must confirm a change of email first.
    pub confirm_change_email: bool,
    /// Whether users can have a second factor.
    pub two_factor: bool,
    /// The rules for usernames; `None` if users have none.
    pub usernames: Option<UsernameRules>,
    /// The additional fields of users.
    pub fields: UserFields,
}

impl AccountSettings {
    /// The user as responses show it.
    pub fn view<'a>(&'a self, user: &'a User) -> UserView<'a> {
        let plugins = ShownPlugins { two_factor: self.two_factor, username: self.usernames.is_some() };
        UserView::new(user, plugins, &self.fields)
    }
}
