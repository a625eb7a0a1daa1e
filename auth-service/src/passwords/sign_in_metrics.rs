//! Counts sign-ins by their outcome.

use metrics::{counter, describe_counter};

use crate::error::ApiError;

/// Sign-ins with a password; label `outcome`.
const SIGN_INS: &str = "auth_service_sign_ins_total";

/// The outcome of a sign-in that started a session.
pub(super) const SIGNED_IN: &str = "signed_in";
/// The password was correct, and a second factor was asked for.
pub(super) const SECOND_FACTOR: &str = "second_factor";
/// The password was correct, and the user is banned.
pub(super) const BANNED: &str = "banned";
/// The password was not compared: the account is locked.
const LOCKED: &str = "locked";
/// The password was not compared: too many passwords waited to be hashed.
const BUSY: &str = "busy";
/// All outcomes. Those between are the reasons of the security event `sign_in.refused`.
const OUTCOMES: [&str; 11] = [
    SIGNED_IN,
    SECOND_FACTOR,
    "unknown_email",
    "unknown_username",
    "wrong_password",
    "no_password",
    "email_not_verified",
    "credential_changed",
    BANNED,
    LOCKED,
    BUSY,
];

/// Describes the metric and creates its counters.
pub(super) fn create() {
    describe_counter!(SIGN_INS, "Sign-ins with a password by outcome.");
    OUTCOMES.into_iter().for_each(|outcome| counter!(SIGN_INS, "outcome" => outcome).increment(0));
}

/// Counts a sign-in.
pub(super) fn count(outcome: &'static str) {
    counter!(SIGN_INS, "outcome" => outcome).increment(1);
}

/// Counts a sign-in whose password was not compared.
pub(super) fn count_unchecked(error: &ApiError) {
    match error {
        ApiError::TooManyRequests { .. } => count(LOCKED),
        ApiError::HashingBusy { .. } => count(BUSY),
        _ => {}
    }
}
