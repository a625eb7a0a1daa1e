//! What accounts may do.

/// What accounts may do.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// Whether strangers may make them.
    pub sign_up: bool,
    /// Whether signing up starts a session.
    pub auto_sign_in: bool,
    /// Whether signing up sends the link that verifies the email.
    pub verify_on_sign_up: bool,
    /// Whether a refused sign-in of an account whose email has to be verified sends it again.
    pub verify_on_sign_in: bool,
    /// Whether verifying an email starts a session in the browser that signed up or proved the password.
    pub auto_sign_in_after_verification: bool,
    /// Whether signing in needs a verified address.
    pub require_verified_email: bool,
    /// Whether a link that verifies an email is enough, whoever follows it and wherever.
    pub verify_email_by_link_alone: bool,
    /// Whether users may delete themselves.
    pub delete_user: bool,
    /// Whether that has to be confirmed by mail.
    pub delete_user_by_mail: bool,
    /// Whether users may change their address.
    pub change_email: bool,
    /// Whether a verified address has to agree to that.
    pub confirm_change_email: bool,
}
