//! The tables of second factors.

mod challenges;
mod devices;
mod factors;
mod mail_codes;

use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::store::StoreError;

pub use challenges::{
    Challenge, ChallengeGuess, NewChallenge, PassedChallenge, consume as consume_challenge, count_guess,
    create as create_challenge, find as find_challenge,
};
pub use devices::{NewTrustedDevice, TrustedDevice, list as list_trusted, revoke as revoke_trusted, trust};
pub use factors::{
    confirm_totp, delete_all as delete_factors, find as find_factor, is_password_from_mail,
    put as put_factor, put_backup_codes, set_enabled, use_backup_code, use_totp_step,
};
pub use mail_codes::{MailGuess, guess as guess_mail_code, put as put_mail_code};

/// How many rows of each table are deleted at once, so that their locks last milliseconds.
const DELETED_AT_ONCE: i64 = 1000;

const DELETE_EXPIRED: [&str; 3] = [
    "DELETE FROM two_factor_challenges WHERE token_hash IN (
        SELECT token_hash FROM two_factor_challenges WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    "DELETE FROM second_factor_mail_codes WHERE holder IN (
        SELECT holder FROM second_factor_mail_codes WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    "DELETE FROM trusted_devices WHERE id IN (
        SELECT id FROM trusted_devices WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
];

/// Deletes some challenges, codes and trusted devices that have expired. Returns whether there may be more.
pub async fn delete_expired(client: &impl Executor, now: Timestamp) -> Result<bool, StoreError> {
    let mut more = false;
    for statement in DELETE_EXPIRED {
        let deleted = client.execute(statement, &[&now, &DELETED_AT_ONCE]).await?;
        more |= i64::try_from(deleted).is_ok_and(|deleted| deleted >= DELETED_AT_ONCE);
    }
    Ok(more)
}
