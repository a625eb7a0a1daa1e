//! Second factors: authenticator apps (TOTP, RFC 6238), backup codes, codes by mail, trusted devices, and the challenges of
//! sign-ins that wait for one. Which doors ask is decided in `sessions`; the endpoints are in `two_factor`.

mod backup_codes;
mod model;
mod operator;
mod sealed;
mod service;
mod settings;
mod store;
mod totp;
mod transfer;

pub(crate) use backup_codes::BackupCode;
pub use model::SecondFactor;
pub(crate) use model::{ChallengeToken, DeviceToken, MailCode};
pub(crate) use operator::{re_encrypt, undecryptable};
pub(crate) use sealed::{FactorSecret, SealedSecret};
pub(crate) use service::SecondFactors;
pub(crate) use settings::{ExemptWay, ROLE};
pub use settings::{ExemptWays, Required, TwoFactorSettings};
pub(crate) use store::{
    Challenge, ChallengeGuess, MailGuess, NewChallenge, NewTrustedDevice, PassedChallenge, TrustedDevice,
    confirm_totp, consume_challenge, count_guess, create_challenge, delete_expired, delete_factors,
    find_challenge, find_factor, guess_mail_code, is_password_from_mail, list_trusted, put_backup_codes,
    put_factor, put_mail_code, revoke_trusted, set_enabled, trust, use_backup_code, use_totp_step,
};
pub(crate) use totp::TotpKey;
pub(crate) use transfer::{NewFactor, import, of_users};
