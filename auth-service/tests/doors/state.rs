//! The states of an account.

/// The state of an account when somebody tries a door with the right email and the original password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Unchanged.
    Live,
    /// The email has no account.
    Unknown,
    /// The account was deleted.
    Deleted,
    /// The password was reset.
    Reset,
    /// The password was changed.
    Changed,
    /// The email is not verified, and that is required.
    Unverified,
    /// The email is verified, and that is required.
    Verified,
    /// There is only a sign-up.
    SigningUp,
    /// The account has no password.
    WithoutPassword,
    /// The session was ended.
    SessionEnded,
    /// The operator banned the user.
    Banned,
    /// Sign-up is disabled.
    SignUpClosed,
    /// Sign-up does not start a session.
    NoAutoSignIn,
    /// The user has a second factor.
    SecondFactor,
    /// The user has a second factor, and only passwords ask for it.
    SecondFactorExempt,
    /// Everybody must have a second factor, and the user has none.
    NotEnrolled,
}

impl State {
    pub const ALL: [Self; 16] = [
        Self::Live,
        Self::Unknown,
        Self::Deleted,
        Self::Reset,
        Self::Changed,
        Self::Unverified,
        Self::Verified,
        Self::SigningUp,
        Self::WithoutPassword,
        Self::SessionEnded,
        Self::Banned,
        Self::SignUpClosed,
        Self::NoAutoSignIn,
        Self::SecondFactor,
        Self::SecondFactorExempt,
        Self::NotEnrolled,
    ];

    pub fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Unverified | Self::Verified | Self::SigningUp => &[("REQUIRE_EMAIL_VERIFICATION", "true")],
            Self::SignUpClosed => &[("SIGN_UP_ENABLED", "false")],
            Self::NoAutoSignIn => &[("AUTO_SIGN_IN", "false")],
            Self::SecondFactorExempt => {
                &[("TWO_FACTOR_EXEMPT_WAYS", "social,magic-link,email-otp,verified-email")]
            }
            Self::NotEnrolled => &[("TWO_FACTOR_REQUIRED_FOR", "everybody")],
            Self::Live
            | Self::Unknown
            | Self::Deleted
            | Self::Reset
            | Self::Changed
            | Self::WithoutPassword
            | Self::SessionEnded
            | Self::Banned
            | Self::SecondFactor => &[],
        }
    }
}
