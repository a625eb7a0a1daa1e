//! The emails that users receive.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use super::layout::MailText;

/// An email to a user, by its occasion. Links are absolute and built from `BASE_URL` only. `Debug` shows neither links
/// nor email addresses.
#[derive(Clone, Copy, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Message<'a> {
    /// Asks the user to verify the email address of a sign-up.
    VerifyEmail {
        /// The link that verifies the email address.
        link: &'a str,
    },
    /// Asks at the current email address whether to change it.
    ConfirmEmailChange {
        /// The requested email address.
        new_email: &'a str,
        /// The link that confirms the change.
        link: &'a str,
    },
    /// Asks at the new email address to verify it, which completes the change.
    VerifyNewEmail {
        /// The link that verifies the new email address.
        link: &'a str,
    },
    /// Reports at the previous email address that it was changed.
    EmailChanged {
        /// The new email address.
        new_email: &'a str,
    },
    /// Sends a link to set a new password.
    ResetPassword {
        /// The link to set a new password.
        link: &'a str,
    },
    /// Reports that the password was changed.
    PasswordChanged,
    /// Asks the user to confirm the deletion of the account.
    DeleteAccount {
        /// The link that deletes the account.
        link: &'a str,
    },
    /// Reports a sign-up with the email address of an existing account.
    AccountExists,
}

const IGNORE_SIGN_UP: &str =
    "If you did not sign up, ignore this email. Nothing happens unless the link is opened.";
const IGNORE_RESET: &str = "If you did not request this, ignore this email. Your password stays the same.";
const IGNORE_NEW_EMAIL: &str =
    "If you did not request this, ignore this email. The account keeps its current email address.";
const SOMEONE_IS_SIGNED_IN: &str = "If this was not you, do not open the link, and change your password. Someone else \
    may be signed in to your account.";
const CHANGED_BY_SOMEONE_ELSE: &str = "If you did not make this change, someone else is using your account. Contact the \
    operator of the service immediately.";
const RESET_PASSWORD: &str = "If you did not make this change, someone else did. Set a new password immediately: click \
    “Forgot your password?” on the sign-in page.";
const NO_ACTION_NEEDED: &str = "If this was not you, you do not have to do anything. No account was created, and no one signed in to yours.";

impl Message<'_> {
    /// The names of all occasions in the log.
    pub const OCCASIONS: &'static [&'static str] = <Self as VariantNames>::VARIANTS;

    /// The name of the occasion in the log.
    pub fn occasion(&self) -> &'static str {
        self.into()
    }

    /// Whether the email reports a change to the account to its owner. To a verified email address, such notices have
    /// a rate limit of their own, so that emails that anyone can request do not suppress them.
    pub(super) fn is_security_notice(&self) -> bool {
        match self {
            Self::EmailChanged { .. } | Self::PasswordChanged => true,
            Self::VerifyEmail { .. }
            | Self::ConfirmEmailChange { .. }
            | Self::VerifyNewEmail { .. }
            | Self::ResetPassword { .. }
            | Self::DeleteAccount { .. }
            | Self::AccountExists => false,
        }
    }

    /// Returns the texts for an account at `product`, with a link that is valid for `lifetime`. Subjects contain no
    /// user input.
    pub(super) fn mail_text(&self, product: &str, lifetime: SignedDuration) -> MailText<'_> {
        match *self {
            Self::VerifyEmail { link } => MailText {
                subject: "Verify your email address",
                text: format!("Confirm that this is the email address of your {product} account."),
                action: Some(("Verify email address", link)),
                lifetime,
                closing: IGNORE_SIGN_UP,
            },
            Self::ConfirmEmailChange { new_email, link } => MailText {
                subject: "Confirm your email address change",
                text: format!(
                    "Someone signed in to your {product} account asked to change its email address to {new_email}. If \
                     this was you, confirm the change. We will then send a link to the new email address."
                ),
                action: Some(("Confirm change", link)),
                lifetime,
                closing: SOMEONE_IS_SIGNED_IN,
            },
            Self::VerifyNewEmail { link } => MailText {
                subject: "Verify your new email address",
                text: format!("Confirm that this is the new email address of your {product} account."),
                action: Some(("Verify new email address", link)),
                lifetime,
                closing: IGNORE_NEW_EMAIL,
            },
            Self::EmailChanged { new_email } => MailText {
                subject: "Your email address was changed",
                text: format!("The email address of your {product} account was changed to {new_email}."),
                action: None,
                lifetime,
                closing: CHANGED_BY_SOMEONE_ELSE,
            },
            Self::ResetPassword { link } => MailText {
                subject: "Reset your password",
                text: format!("Someone requested a password reset for your {product} account."),
                action: Some(("Set a new password", link)),
                lifetime,
                closing: IGNORE_RESET,
            },
            Self::PasswordChanged => MailText {
                subject: "Your password was changed",
                text: format!("The password of your {product} account was changed."),
                action: None,
                lifetime,
                closing: RESET_PASSWORD,
            },
            Self::DeleteAccount { link } => MailText {
                subject: "Delete your account",
                text: format!(
                    "Confirm that you want to delete your {product} account. This cannot be undone."
                ),
                action: Some(("Delete my account", link)),
                lifetime,
                closing: SOMEONE_IS_SIGNED_IN,
            },
            Self::AccountExists => MailText {
                subject: "You already have an account",
                text: format!(
                    "Someone signed up for {product} with your email address, which already has an account. If this \
                     was you, sign in, or click “Forgot your password?” on the sign-in page."
                ),
                action: None,
                lifetime,
                closing: NO_ACTION_NEEDED,
            },
        }
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.occasion())
    }
}

#[cfg(test)]
mod tests {
    use insta::{assert_snapshot, with_settings};

    use super::*;

    const LINK: &str =
        "https://auth.example.com/api/auth/verify-email?token=7Qm0Zk3sZ8vX&callbackURL=%2Fa%3Fb%3Dc%26d";

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn all(link: &str) -> [Message<'_>; 8] {
        let new_email = "new@example.org";
        [
            Message::VerifyEmail { link },
            Message::ConfirmEmailChange { new_email, link },
            Message::VerifyNewEmail { link },
            Message::EmailChanged { new_email },
            Message::ResetPassword { link },
            Message::PasswordChanged,
            Message::DeleteAccount { link },
            Message::AccountExists,
        ]
    }

    #[test]
    fn each_is_as_reviewed_in_text_and_html() {
        for message in all(LINK) {
            let mail_text = message.mail_text("Example", HOUR);
            let text = format!("Subject: {}\n\n{}", mail_text.subject, mail_text.text_body());
            with_settings!({ snapshot_path => "snapshots", omit_expression => true }, {
                assert_snapshot!(format!("{}.txt", message.occasion()), text);
                assert_snapshot!(format!("{}.html", message.occasion()), mail_text.html_body("Example"));
            });
        }
    }

    #[test]
    fn each_explains_what_to_do_if_it_was_not_requested_and_how_long_its_link_is_valid() {
        for message in all(LINK) {
            let text = message.mail_text("Example", HOUR).text_body();
            assert!(text.contains("\n\nIf "), "{text}");
            assert_eq!(text.contains("expires in one hour"), text.contains(LINK), "{text}");
        }
    }

    #[test]
    fn a_long_link_is_on_one_line_of_its_own() {
        let link = format!("{LINK}{}", "%2Fdeep".repeat(200));
        for message in all(&link) {
            let mail_text = message.mail_text("Example", HOUR);
            let (text, html) = (mail_text.text_body(), mail_text.html_body("Example"));
            assert_eq!(text.lines().any(|line| line == link), mail_text.action.is_some(), "{text}");
            let href = format!("href=\"{}\"", link.replace('&', "&amp;"));
            assert_eq!(html.contains(&href), mail_text.action.is_some(), "{html}");
        }
    }

    #[test]
    fn what_comes_from_users_and_settings_is_no_markup_and_no_line_of_its_own() {
        let new_email =
            "<img src=x onerror=alert(1)>\"'&\r\nBcc: eve@example.com\r\n\r\n\u{202e}https://evil.example";
        for message in
            [Message::EmailChanged { new_email }, Message::ConfirmEmailChange { new_email, link: LINK }]
        {
            let mail_text = message.mail_text("A <b>&amp;", HOUR);
            let (text, html) = (mail_text.text_body(), mail_text.html_body("A <b>"));
            assert!(!html.contains("<img") && !html.contains("<b>"), "{html}");
            assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"), "{html}");
            assert!(
                text.lines().all(|line| !line.starts_with("Bcc") && !line.starts_with("https://evil")),
                "{text}"
            );
            assert!(!text.contains('\u{202e}') && !html.contains('\u{202e}'), "it changes no text direction");
        }
    }

    #[test]
    fn debug_output_shows_no_secret() {
        for message in all(LINK) {
            let printed = format!("{message:?}");
            assert!(!printed.contains("token") && !printed.contains('@'), "{printed}");
        }
    }

    #[test]
    fn each_survives_a_serialization_round_trip() {
        for message in all("https://a.example/?q=\"\\\u{e9}") {
            let json = serde_json::to_value(message).unwrap();
            let read = Message::deserialize(&json).unwrap();
            assert_eq!(read.mail_text("P", HOUR).text_body(), message.mail_text("P", HOUR).text_body());
        }
    }
}
