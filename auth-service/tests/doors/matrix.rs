//! What each door does in each state.

use super::door::Door;
use super::state::State;

/// What a door says that asks for a second factor.
pub const CHALLENGE: &str = "twoFactorRedirect";

/// The matrix: `None` if a session starts, or else the error code, which is empty for a success without a session.
/// There is no `_`, so a new door or state does not compile without its row.
pub fn refusal(door: Door, state: State) -> Option<&'static str> {
    use State as S;
    match (door, state) {
        (
            Door::SignIn
            | Door::SignInUsername
            | Door::VerifyEmail
            | Door::SocialToken
            | Door::SocialCallback
            | Door::MagicLink
            | Door::EmailOtp
            | Door::VerifyEmailByCode,
            S::SecondFactor,
        )
        | (Door::SignIn | Door::SignInUsername, S::SecondFactorExempt) => Some(CHALLENGE),
        (
            Door::VerifyEmail
            | Door::SocialToken
            | Door::SocialCallback
            | Door::MagicLink
            | Door::EmailOtp
            | Door::VerifyEmailByCode,
            S::SecondFactorExempt,
        ) => None,
        // The session has proven it.
        (Door::ChangePassword, S::SecondFactor | S::SecondFactorExempt) => None,
        (Door::ChangePassword, S::NotEnrolled) => Some("TWO_FACTOR_ENROLLMENT_REQUIRED"),
        // A session that can only enroll.
        (
            Door::SignIn
            | Door::SignInUsername
            | Door::VerifyEmail
            | Door::SocialToken
            | Door::SocialCallback
            | Door::MagicLink
            | Door::EmailOtp
            | Door::VerifyEmailByCode,
            S::NotEnrolled,
        ) => None,
        (Door::SignUp, S::SecondFactor | S::SecondFactorExempt | S::NotEnrolled) => {
            Some("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
        }
        (
            Door::SignIn | Door::SignInUsername,
            S::Live | S::Verified | S::SessionEnded | S::SignUpClosed | S::NoAutoSignIn,
        ) => None,
        (Door::SignIn | Door::SignInUsername, S::Unverified | S::SigningUp) => Some("EMAIL_NOT_VERIFIED"),
        (Door::SignIn, S::Unknown | S::Deleted | S::Reset | S::Changed | S::WithoutPassword) => {
            Some("INVALID_EMAIL_OR_PASSWORD")
        }
        (Door::SignInUsername, S::Unknown | S::Deleted | S::Reset | S::Changed | S::WithoutPassword) => {
            Some("INVALID_USERNAME_OR_PASSWORD")
        }
        (Door::SignIn | Door::SignInUsername, S::Banned) => Some("BANNED_USER"),
        (Door::SignUp, S::Unknown | S::Deleted) => None,
        (
            Door::SignUp,
            S::Live | S::Reset | S::Changed | S::WithoutPassword | S::SessionEnded | S::Banned,
        ) => Some("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
        (Door::SignUp, S::Unverified | S::Verified | S::SigningUp | S::NoAutoSignIn) => Some(""),
        (Door::SignUp, S::SignUpClosed) => Some("EMAIL_PASSWORD_SIGN_UP_DISABLED"),
        (Door::ChangePassword, S::Live | S::Verified | S::Unverified | S::SignUpClosed | S::NoAutoSignIn) => {
            None
        }
        (
            Door::ChangePassword,
            S::Unknown | S::Deleted | S::Reset | S::SigningUp | S::SessionEnded | S::Banned,
        ) => Some("UNAUTHORIZED"),
        (Door::ChangePassword, S::Changed) => Some("INVALID_PASSWORD"),
        (
            Door::VerifyEmail,
            S::Live | S::Unverified | S::SigningUp | S::SessionEnded | S::SignUpClosed | S::NoAutoSignIn,
        ) => None,
        (Door::VerifyEmail, S::Verified) => Some(""),
        (Door::VerifyEmail, S::Unknown | S::Deleted | S::Reset | S::Changed | S::Banned) => {
            Some("INVALID_TOKEN")
        }
        (Door::ChangePassword | Door::VerifyEmail, S::WithoutPassword) => {
            Some("CREDENTIAL_ACCOUNT_NOT_FOUND")
        }
        (
            Door::SocialToken | Door::SocialCallback,
            // The account was linked while the user was signed in. Where there is none, the user is created.
            S::Live
            | S::Unknown
            | S::Deleted
            | S::Changed
            | S::Unverified
            | S::Verified
            | S::SigningUp
            | S::WithoutPassword
            | S::SessionEnded
            | S::SignUpClosed
            | S::NoAutoSignIn,
        ) => None,
        // The reset proved the mailbox, which nobody had before: it removed the account.
        (Door::SocialToken, S::Reset) => Some("OAUTH_LINK_ERROR"),
        (Door::SocialCallback, S::Reset) => Some("account_not_linked"),
        (Door::SocialToken, S::Banned) => Some("BANNED_USER"),
        (Door::SocialCallback, S::Banned) => Some("banned"),
        (Door::MagicLink | Door::EmailOtp | Door::VerifyEmailByCode, S::Banned) => Some("BANNED_USER"),
        (
            Door::MagicLink | Door::EmailOtp,
            // Access to the mailbox is enough. If the email has no account, one is created.
            S::Live
            | S::Unknown
            | S::Deleted
            | S::Reset
            | S::Changed
            | S::Unverified
            | S::Verified
            | S::SigningUp
            | S::WithoutPassword
            | S::SessionEnded
            | S::SignUpClosed
            | S::NoAutoSignIn,
        ) => None,
        (
            Door::VerifyEmailByCode,
            S::Live | S::Unverified | S::SigningUp | S::SessionEnded | S::SignUpClosed | S::NoAutoSignIn,
        ) => None,
        (Door::VerifyEmailByCode, S::Verified) => Some(""),
        (Door::VerifyEmailByCode, S::Unknown | S::Deleted) => Some("INVALID_OTP"),
        (Door::VerifyEmailByCode, S::Reset | S::Changed) => Some("INVALID_PASSWORD"),
        (Door::VerifyEmailByCode, S::WithoutPassword) => Some("CREDENTIAL_ACCOUNT_NOT_FOUND"),
    }
}
