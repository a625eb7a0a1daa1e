//! Counts the codes that somebody sent to prove a second factor.

use metrics::{counter, describe_counter};

use crate::error::{ApiError, TwoFactorError};

/// Codes for a second factor; label `outcome`.
const CODES: &str = "auth_service_second_factor_codes_total";

/// The code is right.
pub(super) const RIGHT: &str = "right";
/// The code was compared, and is wrong or was used.
pub(super) const WRONG: &str = "wrong";
/// The code was not compared: too many for the account were wrong.
const LOCKED: &str = "locked";
/// The code was not compared: too many for the challenge were wrong.
const SPENT: &str = "spent";

/// Describes the metric and creates its counters.
pub fn create() {
    describe_counter!(CODES, "Codes for a second factor by outcome.");
    [RIGHT, WRONG, LOCKED, SPENT]
        .into_iter()
        .for_each(|outcome| counter!(CODES, "outcome" => outcome).increment(0));
}

/// Counts a code.
pub(super) fn count(outcome: &'static str) {
    counter!(CODES, "outcome" => outcome).increment(1);
}

/// Counts a code that was not compared.
pub(super) fn count_unchecked(error: &ApiError) {
    match error {
        ApiError::TooManyRequests { .. } => count(LOCKED),
        ApiError::TwoFactor(TwoFactorError::TooManyAttempts) => count(SPENT),
        _ => {}
    }
}
