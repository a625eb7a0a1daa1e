//! What the emails say.

use jiff::SignedDuration;

use super::layout::{Action, MailText};
use super::message::Message;
use crate::codes::Purpose;

const IGNORE_SIGN_UP: &str =
    "If you did not sign up, ignore this email. Nothing happens unless the link is opened.";
const IGNORE_RESET: &str = "If you did not request this, ignore this email. Your password stays the same.";
const IGNORE_NEW_EMAIL: &str =
    "If you did not request this, ignore this email. The account keeps its current email address.";
const IGNORE_SECOND_FACTOR: &str = "If you are not signing in, someone else knows your password: set a new one. Never tell \
    anyone this code.";
const IGNORE_SIGN_IN: &str =
    "If you did not request this, ignore this email. No one can sign in without the link.";
const IGNORE_CODE: &str =
    "If you did not request this, ignore this email. Never tell anyone this code: it works like a password.";
const SOMEONE_IS_SIGNED_IN: &str = "If this was not you, do not open the link, and change your password. Someone else \
    may be signed in to your account.";
const CHANGED_BY_SOMEONE_ELSE: &str = "If you did not make this change, someone else is using your account. Contact the \
    operator of the service immediately.";
const RESET_PASSWORD: &str = "If you did not make this change, someone else did. Set a new password immediately: click \
    “Forgot your password?” on the sign-in page.";
const ADDED_BY_SOMEONE_ELSE: &str = "If you did not do this, someone else did. Set a new password immediately: click \
    “Forgot your password?” on the sign-in page. Then sign in, and remove this sign-in method in the settings.";
const SOMEONE_CAN_SIGN_IN: &str = "If this was you, you do not have to do anything. If not, someone else can sign \
    in to your account. Set a new password immediately: click “Forgot your password?” on the sign-in page. This also \
    signs out all devices.";
const NO_ACTION_NEEDED: &str = "If this was not you, you do not have to do anything. No account was created, and no one signed in to yours.";

impl Message<'_> {
    /// Returns the texts for an account at `product`, with a link that is valid for `lifetime`. Subjects contain no
    /// user input.
    pub(super) fn mail_text(&self, product: &str, lifetime: SignedDuration) -> MailText<'_> {
        match *self {
            Self::VerifyEmail { link } => MailText {
                subject: "Verify your email address",
                text: format!("Confirm that this is the email address of your {product} account."),
                action: Action::Link("Verify email address", link),
                lifetime,
                closing: IGNORE_SIGN_UP,
            },
            Self::ConfirmEmailChange { new_email, link } => MailText {
                subject: "Confirm your email address change",
                text: format!(
                    "Someone signed in to your {product} account asked to change its email address to {new_email}. If \
                     this was you, confirm the change. We will then send a link to the new email address."
                ),
                action: Action::Link("Confirm change", link),
                lifetime,
                closing: SOMEONE_IS_SIGNED_IN,
            },
            Self::VerifyNewEmail { link } => MailText {
                subject: "Verify your new email address",
                text: format!("Confirm that this is the new email address of your {product} account."),
                action: Action::Link("Verify new email address", link),
                lifetime,
                closing: IGNORE_NEW_EMAIL,
            },
            Self::NewDevice => MailText {
                subject: "New sign-in to your account",
                text: format!("Someone signed in to your {product} account on a new device."),
                action: Action::Nothing,
                lifetime,
                closing: SOMEONE_CAN_SIGN_IN,
            },
            Self::EmailChanged { new_email } => MailText {
                subject: "Your email address was changed",
                text: format!(
                    "The email address of your {product} account was changed to {}.",
                    shortened(new_email)
                ),
                action: Action::Nothing,
                lifetime,
                closing: CHANGED_BY_SOMEONE_ELSE,
            },
            Self::ResetPassword { link } => MailText {
                subject: "Reset your password",
                text: format!("Someone requested a password reset for your {product} account."),
                action: Action::Link("Set a new password", link),
                lifetime,
                closing: IGNORE_RESET,
            },
            Self::PasswordChanged => MailText {
                subject: "Your password was changed",
                text: format!("The password of your {product} account was changed."),
                action: Action::Nothing,
                lifetime,
                closing: RESET_PASSWORD,
            },
            Self::SignInMethodAdded { method } => MailText {
                subject: "A sign-in method was added",
                text: format!("You can now sign in to your {product} account with {method}."),
                action: Action::Nothing,
                lifetime,
                closing: ADDED_BY_SOMEONE_ELSE,
            },
            Self::SignInMethodRemoved { method } => MailText {
                subject: "A sign-in method was removed",
                text: format!("You can no longer sign in to your {product} account with {method}."),
                action: Action::Nothing,
                lifetime,
                closing: RESET_PASSWORD,
            },
            Self::SecondFactorCode { code } => MailText {
                subject: "Your code to sign in",
                text: format!("Enter this code to complete the sign-in to your {product} account."),
                action: Action::Code(code),
                lifetime,
                closing: IGNORE_SECOND_FACTOR,
            },
            Self::SecondFactorAdded => MailText {
                subject: "Two-factor authentication was turned on",
                text: format!("Signing in to your {product} account now takes a code besides the password."),
                action: Action::Nothing,
                lifetime,
                closing: RESET_PASSWORD,
            },
            Self::SecondFactorRemoved => MailText {
                subject: "Two-factor authentication was turned off",
                text: format!(
                    "Signing in to your {product} account no longer takes a code besides the password."
                ),
                action: Action::Nothing,
                lifetime,
                closing: RESET_PASSWORD,
            },
            Self::BackupCodeUsed => MailText {
                subject: "A backup code was used",
                text: format!(
                    "Someone signed in to your {product} account with a backup code. Each of your backup codes works \
                     once."
                ),
                action: Action::Nothing,
                lifetime,
                closing: SOMEONE_CAN_SIGN_IN,
            },
            Self::DeleteAccount { link } => MailText {
                subject: "Delete your account",
                text: format!(
                    "Confirm that you want to delete your {product} account. This cannot be undone."
                ),
                action: Action::Link("Delete my account", link),
                lifetime,
                closing: SOMEONE_IS_SIGNED_IN,
            },
            Self::MagicLink { link } => MailText {
                subject: "Sign in",
                text: format!("Someone requested a link to sign in to {product} with this email address."),
                action: Action::Link("Sign in", link),
                lifetime,
                closing: IGNORE_SIGN_IN,
            },
            Self::EmailCode { code, purpose } => MailText {
                subject: code_subject(purpose),
                text: format!("Enter this code to {}.", code_use(purpose, product)),
                action: Action::Code(code),
                lifetime,
                closing: IGNORE_CODE,
            },
            Self::AccountExists => MailText {
                subject: "You already have an account",
                text: format!(
                    "Someone signed up for {product} with your email address, which already has an account. If this \
                     was you, sign in, or click “Forgot your password?” on the sign-in page."
                ),
                action: Action::Nothing,
                lifetime,
                closing: NO_ACTION_NEEDED,
            },
        }
    }
}

fn code_subject(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "Your sign-in code",
        Purpose::VerifyEmail => "Your code to verify your email address",
        Purpose::ResetPassword => "Your code to reset your password",
        Purpose::ChangeEmail => "Your code to verify your new email address",
    }
}

fn code_use(purpose: Purpose, product: &str) -> String {
    match purpose {
        Purpose::SignIn => format!("sign in to {product}"),
        Purpose::VerifyEmail => format!("confirm that this is the email address of your {product} account"),
        Purpose::ResetPassword => format!("set a new password for your {product} account"),
        Purpose::ChangeEmail => format!("make this the email address of your {product} account"),
    }
}

/// An email address of which only its owner recognizes the rest: `n***@e***.org`. Mailboxes are shared and handed on, and
/// the reader of a former one need not be the owner of the new one.
fn shortened(address: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let (name, ending) = domain.rsplit_once('.').unwrap_or((domain, ""));
    format!("{}***@{}***.{ending}", first(local), first(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_email_is_shortened_at_the_former_one() {
        for (address, shown) in [
            ("new@example.org", "n***@e***.org"),
            ("n@mail.example.co.uk", "n***@m***.uk"),
            ("\u{e9}a@\u{fc}b.example", "\u{e9}***@\u{fc}***.example"),
        ] {
            assert_eq!(shortened(address), shown);
        }
    }
}
