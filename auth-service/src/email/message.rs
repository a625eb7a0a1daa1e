//! What is written to users.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use super::layout::Words;

/// A mail to a user, by its occasion. Links are absolute, and built from `BASE_URL` alone. Printed, it shows neither
/// link nor address.
#[derive(Clone, Copy, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Message<'a> {
    /// Show that this address is yours.
    VerifyEmail {
        /// Where to.
        link: &'a str,
    },
    /// To the present address: somebody wants to change it.
    ConfirmEmailChange {
        /// What to.
        new_email: &'a str,
        /// Agrees.
        link: &'a str,
    },
    /// To the new address: show that it is yours, and it will be your account's.
    VerifyNewEmail {
        /// Where to.
        link: &'a str,
    },
    /// To the former address: the account has another now.
    EmailChanged {
        /// Which one.
        new_email: &'a str,
    },
    /// Choose a new password.
    ResetPassword {
        /// Where to.
        link: &'a str,
    },
    /// The password was changed.
    PasswordChanged,
    /// Delete the account.
    DeleteAccount {
        /// Where to.
        link: &'a str,
    },
    /// Somebody signed up with the address of an account that exists.
    AccountExists,
}

const IGNORE_SIGN_UP: &str = "If you did not sign up, ignore this mail: without the link nothing happens.";
const IGNORE_RESET: &str = "If you did not ask for this, ignore this mail: your password stays as it is.";
const IGNORE_NEW_ADDRESS: &str =
    "If you did not ask for this, ignore this mail: the account keeps the address it has.";
const SOMEBODY_IS_IN: &str = "If this was not you, do not follow the link, and change your password: somebody else may \
    be signed in to your account.";
const CHANGED_BY_ANOTHER: &str =
    "If you did not change it, somebody else is using your account: tell those who run the service at once.";
const NOT_MY_PASSWORD: &str = "If you did not change it, somebody else did: choose a new one at once, with \
    “Forgot password” on the sign-in page.";
const NOTHING_TO_DO: &str =
    "If it was not you, there is nothing to do: no account was made, and nobody came into yours.";

impl Message<'_> {
    /// Every occasion there is, by its name in the log.
    pub const OCCASIONS: &'static [&'static str] = <Self as VariantNames>::VARIANTS;

    /// What it is about, for the log.
    pub fn occasion(&self) -> &'static str {
        self.into()
    }

    /// Whether it tells the owner of an account what happened to it. That reaches a verified address whatever else was
    /// sent or asked for; mail that anybody can ask for does not.
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

    /// Puts it into words, for an account at `product`, with a link that is valid for `lifetime`. A subject holds nothing that comes from anybody.
    pub(super) fn words(&self, product: &str, lifetime: SignedDuration) -> Words<'_> {
        match *self {
            Self::VerifyEmail { link } => Words {
                subject: "Confirm your e-mail address",
                text: format!("Please confirm that this is your address for {product}."),
                action: Some(("Confirm address", link)),
                lifetime,
                closing: IGNORE_SIGN_UP,
            },
            Self::ConfirmEmailChange { new_email, link } => Words {
                subject: "Confirm the change of your e-mail address",
                text: format!(
                    "Somebody who is signed in to your account at {product} wants to change its address to \
                     {new_email}. If that is you, please agree. We write to the new address next."
                ),
                action: Some(("Agree to the change", link)),
                lifetime,
                closing: SOMEBODY_IS_IN,
            },
            Self::VerifyNewEmail { link } => Words {
                subject: "Confirm your new e-mail address",
                text: format!("Please confirm that this is the new address of your account at {product}."),
                action: Some(("Confirm new address", link)),
                lifetime,
                closing: IGNORE_NEW_ADDRESS,
            },
            Self::EmailChanged { new_email } => Words {
                subject: "Your e-mail address was changed",
                text: format!("The address of your account at {product} is {new_email} now."),
                action: None,
                lifetime,
                closing: CHANGED_BY_ANOTHER,
            },
            Self::ResetPassword { link } => Words {
                subject: "Choose a new password",
                text: format!("Somebody asked for a new password for your account at {product}."),
                action: Some(("Choose a password", link)),
                lifetime,
                closing: IGNORE_RESET,
            },
            Self::PasswordChanged => Words {
                subject: "Your password was changed",
                text: format!("The password of your account at {product} was changed."),
                action: None,
                lifetime,
                closing: NOT_MY_PASSWORD,
            },
            Self::DeleteAccount { link } => Words {
                subject: "Delete your account",
                text: format!("Please confirm that your account at {product} is to be deleted, for good."),
                action: Some(("Delete my account", link)),
                lifetime,
                closing: SOMEBODY_IS_IN,
            },
            Self::AccountExists => Words {
                subject: "You have an account already",
                text: format!(
                    "Somebody signed up for {product} with your address, which has an account already. If that was \
                     you, sign in, with “Forgot password” if need be."
                ),
                action: None,
                lifetime,
                closing: NOTHING_TO_DO,
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
            let words = message.words("Example", HOUR);
            let text = format!("Subject: {}\n\n{}", words.subject, words.text_body());
            with_settings!({ snapshot_path => "snapshots", omit_expression => true }, {
                assert_snapshot!(format!("{}.txt", message.occasion()), text);
                assert_snapshot!(format!("{}.html", message.occasion()), words.html_body("Example"));
            });
        }
    }

    #[test]
    fn each_says_what_to_do_if_it_was_not_asked_for_and_how_long_its_link_is_valid() {
        for message in all(LINK) {
            let text = message.words("Example", HOUR).text_body();
            assert!(text.contains("\n\nIf "), "{text}");
            assert_eq!(text.contains("expires in one hour"), text.contains(LINK), "{text}");
        }
    }

    #[test]
    fn a_long_link_stands_whole_on_a_line_of_its_own() {
        let link = format!("{LINK}{}", "%2Fdeep".repeat(200));
        for message in all(&link) {
            let words = message.words("Example", HOUR);
            let (text, html) = (words.text_body(), words.html_body("Example"));
            assert_eq!(text.lines().any(|line| line == link), words.action.is_some(), "{text}");
            let href = format!("href=\"{}\"", link.replace('&', "&amp;"));
            assert_eq!(html.contains(&href), words.action.is_some(), "{html}");
        }
    }

    #[test]
    fn what_comes_from_users_and_settings_is_no_markup_and_no_line_of_its_own() {
        let new_email =
            "<img src=x onerror=alert(1)>\"'&\r\nBcc: eve@example.com\r\n\r\n\u{202e}https://evil.example";
        for message in
            [Message::EmailChanged { new_email }, Message::ConfirmEmailChange { new_email, link: LINK }]
        {
            let words = message.words("A <b>&amp;", HOUR);
            let (text, html) = (words.text_body(), words.html_body("A <b>"));
            assert!(!html.contains("<img") && !html.contains("<b>"), "{html}");
            assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"), "{html}");
            assert!(
                text.lines().all(|line| !line.starts_with("Bcc") && !line.starts_with("https://evil")),
                "{text}"
            );
            assert!(!text.contains('\u{202e}') && !html.contains('\u{202e}'), "it turns no text around");
        }
    }

    #[test]
    fn printing_one_shows_no_secret() {
        for message in all(LINK) {
            let printed = format!("{message:?}");
            assert!(!printed.contains("token") && !printed.contains('@'), "{printed}");
        }
    }

    #[test]
    fn each_is_read_again_as_it_was_written() {
        for message in all("https://a.example/?q=\"\\\u{e9}") {
            let json = serde_json::to_value(message).unwrap();
            let read = Message::deserialize(&json).unwrap();
            assert_eq!(read.words("P", HOUR).text_body(), message.words("P", HOUR).text_body());
        }
    }
}
