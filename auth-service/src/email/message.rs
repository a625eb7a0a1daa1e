//! What is written to users.

/// A mail to a user, by its occasion. Links are absolute, and built from `BASE_URL` alone.
#[derive(Debug, Clone, Copy)]
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

/// A mail as it is read.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Its subject.
    pub subject: &'static str,
    /// Its plain text.
    pub text: String,
}

impl Message<'_> {
    /// Puts it into words.
    pub fn render(&self) -> Rendered {
        let (subject, text) = match self {
            Self::VerifyEmail { link } => {
                ("Confirm your e-mail address", format!("Confirm your address:\n{link}\n"))
            }
            Self::ConfirmEmailChange { new_email, link } => {
                ("Confirm the change of your e-mail address", format!("Change to {new_email}:\n{link}\n"))
            }
            Self::VerifyNewEmail { link } => {
                ("Confirm your new e-mail address", format!("Confirm:\n{link}\n"))
            }
            Self::EmailChanged { new_email } => {
                ("Your e-mail address was changed", format!("It is {new_email} now.\n"))
            }
            Self::ResetPassword { link } => {
                ("Choose a new password", format!("Choose a new password:\n{link}\n"))
            }
            Self::PasswordChanged => ("Your password was changed", "Your password was changed.\n".to_owned()),
            Self::DeleteAccount { link } => {
                ("Delete your account", format!("Delete your account:\n{link}\n"))
            }
            Self::AccountExists => {
                ("You have an account already", "You have an account already.\n".to_owned())
            }
        };
        Rendered { subject, text }
    }
}
