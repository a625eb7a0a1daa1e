//! The routes that start sessions.

use serde_json::{Value, json};

/// A route that starts sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    SignIn,
    SignInUsername,
    SignUp,
    ChangePassword,
    /// With the password, if `AUTO_SIGN_IN_AFTER_VERIFICATION` is on.
    VerifyEmail,
    /// With an ID token of a provider.
    SocialToken,
    /// Coming back from a provider.
    SocialCallback,
    /// With a link in a mail, by the button of its page.
    MagicLink,
    /// With a code in a mail.
    EmailOtp,
    /// With a code that verifies the email, and the password, if `AUTO_SIGN_IN_AFTER_VERIFICATION` is on.
    VerifyEmailByCode,
}

impl Door {
    pub const ALL: [Self; 10] = [
        Self::SignIn,
        Self::SignInUsername,
        Self::SignUp,
        Self::ChangePassword,
        Self::VerifyEmail,
        Self::SocialToken,
        Self::SocialCallback,
        Self::MagicLink,
        Self::EmailOtp,
        Self::VerifyEmailByCode,
    ];

    pub fn route(self) -> &'static str {
        match self {
            Self::SignIn => "post /sign-in/email",
            Self::SignInUsername => "post /sign-in/username",
            Self::SignUp => "post /sign-up/email",
            Self::ChangePassword => "post /change-password",
            Self::VerifyEmail => "post /verify-email",
            Self::SocialToken => "post /sign-in/social",
            Self::SocialCallback => "get /callback/{id}",
            Self::MagicLink => "post /magic-link/verify",
            Self::EmailOtp => "post /sign-in/email-otp",
            Self::VerifyEmailByCode => "post /email-otp/verify-email",
        }
    }

    pub fn path(self) -> &'static str {
        self.route().split_once(' ').unwrap().1
    }

    pub fn verifies_email(self) -> bool {
        matches!(self, Self::VerifyEmail | Self::VerifyEmailByCode | Self::MagicLink | Self::EmailOtp)
    }

    pub fn is_social(self) -> bool {
        matches!(self, Self::SocialToken | Self::SocialCallback)
    }

    /// The claim `amr` of the tokens of its sessions.
    pub fn methods(self) -> Value {
        match self {
            Self::SocialToken | Self::SocialCallback => json!(["fed"]),
            Self::MagicLink | Self::EmailOtp => json!(["otp"]),
            Self::SignIn
            | Self::SignInUsername
            | Self::SignUp
            | Self::ChangePassword
            | Self::VerifyEmail
            | Self::VerifyEmailByCode => json!(["pwd"]),
        }
    }
}
