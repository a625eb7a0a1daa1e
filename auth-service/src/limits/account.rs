//! Limits wrong passwords, second factors and codes for an account, from all clients and endpoints together.

use std::sync::Arc;

use actix_web::HttpRequest;
use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use shared_claims::{SharedClock, UserId};

use super::claimed_account::ClaimedAccount;
use super::model::{Key, Refusal, Rule, Since};
use super::store::{self, CountOutcome};
use super::{Devices, Limits};
use crate::error::ApiError;
use crate::protocol::email_address::Email;
use crate::security_event::{SecurityEvent, SecurityLog};
use crate::users::{CredentialEpoch, User};

/// Wrong passwords for an account from all unknown devices: 960 a day for an attacker, and more than enough for a
/// person on a new device. The lockout ends by itself, so nobody has to unlock an account. Further attempts do not
/// prolong it, or an attacker could keep an account locked forever.
const UNKNOWN_DEVICES: Rule = Rule { max: 10, window: SignedDuration::from_mins(15), since: Since::First };
/// Wrong passwords for an account from one known device. It has a limit of its own, so an attacker who reaches the
/// other limit does not lock the owner out. It is not higher, because a known device can be stolen.
const KNOWN_DEVICE: Rule = UNKNOWN_DEVICES;
/// Wrong codes for the second factor of an account from all unknown devices. The sender has the password already, and
/// three of a million codes are right at any time: at 240 a day, the chance is one in 1,400 after a day.
const FACTOR_UNKNOWN: Rule = Rule { max: 10, window: SignedDuration::from_hours(1), since: Since::First };
/// The same from one known device.
const FACTOR_KNOWN: Rule = FACTOR_UNKNOWN;

/// Wrong codes from mail for an account from all unknown devices, over all its codes: each code allows a few guesses, and
/// anybody can request codes. 240 guesses a day are right once in eleven years.
const CODES_UNKNOWN: Rule = Rule { max: 10, window: SignedDuration::from_hours(1), since: Since::First };
/// The same from one known device, which does not lock the owner out at the others.
const CODES_KNOWN: Rule = CODES_UNKNOWN;

/// What is guessed. Each has its own counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guessed {
    Password,
    SecondFactor,
    Code,
}

impl Guessed {
    /// The rules of unknown devices and of a known one, and the names of their counts.
    fn rules(self) -> [(Rule, &'static str); 2] {
        match self {
            Self::Password => [(UNKNOWN_DEVICES, "account"), (KNOWN_DEVICE, "device")],
            Self::SecondFactor => [(FACTOR_UNKNOWN, "factor of account"), (FACTOR_KNOWN, "factor of device")],
            Self::Code => [(CODES_UNKNOWN, "codes of account"), (CODES_KNOWN, "codes on device")],
        }
    }
}

/// Limits wrong passwords, second factors and codes (OWASP ASVS 5.0, 6.3.1 and 6.5.5).
#[derive(Clone)]
pub struct PasswordAttempts {
    /// `None` if nothing is limited.
    pub limits: Option<Arc<Limits>>,
    pub devices: Arc<Devices>,
    pub pool: Pool,
    pub log: Arc<SecurityLog>,
    pub clock: SharedClock,
}

impl PasswordAttempts {
    /// Runs `check`, which compares a password with that of `account`, unless the account is locked. An attempt is
    /// counted before its check, so that concurrent attempts count too. Unless the password is wrong (`Ok(None)`), it
    /// is given back. The account need not exist. `epoch` is that of its credential; `user` is its user, if there is
    /// one, for the log.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`] if the account is locked, and the errors of `check`.
    pub async fn attempt<T>(
        &self,
        request: &HttpRequest,
        (account, user): (ClaimedAccount<'_>, Option<&UserId>),
        epoch: CredentialEpoch,
        check: impl Future<Output = Result<Option<T>, ApiError>>,
    ) -> Result<Option<T>, ApiError> {
        self.guess(request, (Guessed::Password, account, user), epoch, check).await
    }

    /// The same for a code that proves the second factor of `user`.
    ///
    /// # Errors
    /// As [`attempt`](Self::attempt).
    pub async fn attempt_second_factor<T>(
        &self,
        request: &HttpRequest,
        user: &User,
        check: impl Future<Output = Result<Option<T>, ApiError>>,
    ) -> Result<Option<T>, ApiError> {
        let guess = (Guessed::SecondFactor, (&user.email).into(), Some(&user.id));
        self.guess(request, guess, user.credential_epoch, check).await
    }

    /// The same for a code from a mail to the account's email.
    ///
    /// # Errors
    /// As [`attempt`](Self::attempt).
    pub async fn attempt_code<T>(
        &self,
        request: &HttpRequest,
        (account, user): (&Email, Option<&UserId>),
        epoch: CredentialEpoch,
        check: impl Future<Output = Result<Option<T>, ApiError>>,
    ) -> Result<Option<T>, ApiError> {
        self.guess(request, (Guessed::Code, account.into(), user), epoch, check).await
    }

    async fn guess<T>(
        &self,
        request: &HttpRequest,
        (guessed, account, user): (Guessed, ClaimedAccount<'_>, Option<&UserId>),
        epoch: CredentialEpoch,
        check: impl Future<Output = Result<Option<T>, ApiError>>,
    ) -> Result<Option<T>, ApiError> {
        let Some(limits) = &self.limits else { return check.await };
        let budget = self.budget(limits, request, (guessed, account), epoch);
        let taken = self.take(limits, &budget).await;
        if matches!(taken, Err(ApiError::TooManyRequests { .. })) {
            self.record_locked(request, account, user);
        }
        let ends_at = taken?;
        let outcome = check.await;
        let settled = match &outcome {
            Ok(None) => Ok(()),
            // The owner, on a known device, made the earlier mistakes as well.
            Ok(Some(_)) if budget.is_own => store::clear(&self.pool, &budget.key).await,
            // The password was correct, or was not compared.
            Ok(Some(_)) | Err(_) => store::give_back(&self.pool, &budget.key, ends_at).await,
        };
        if let Err(error) = settled {
            // The count stays one too high until its window ends.
            tracing::warn!(%error, "attempt remains counted as a wrong one");
        }
        outcome
    }

    fn budget(
        &self,
        limits: &Limits,
        request: &HttpRequest,
        (guessed, account): (Guessed, ClaimedAccount<'_>),
        epoch: CredentialEpoch,
    ) -> Budget {
        let [unknown, known] = guessed.rules();
        match self.devices.known(request.headers(), account, epoch) {
            Some(device) => {
                let key = Key::of(&limits.secret, &[known.1, device.id(), account.as_str()]);
                Budget { key, rule: known.0, is_own: true }
            }
            None => {
                let key = Key::of(&limits.secret, &[unknown.1, account.as_str()]);
                Budget { key, rule: unknown.0, is_own: false }
            }
        }
    }

    /// Counts an attempt. Returns when its window ends.
    async fn take(&self, limits: &Limits, budget: &Budget) -> Result<Timestamp, ApiError> {
        let now = self.clock.now();
        match limits.take(&self.pool, &budget.key, &budget.rule, now).await? {
            CountOutcome::Counted(ends_at) => Ok(ends_at),
            CountOutcome::LimitReached(ends_at) => Err(budget.rule.refusal(ends_at, now)),
        }
    }

    /// Records that nothing was compared because the account is locked, once a minute for each account.
    fn record_locked(&self, request: &HttpRequest, account: ClaimedAccount<'_>, user: Option<&UserId>) {
        let event = SecurityEvent::AccountLocked.by(self.log.client(request));
        let event = user.map_or(event, |user| event.user(user.as_str()));
        self.log.throttled(event, &account.as_str());
    }
}

/// The count that an attempt belongs to.
struct Budget {
    key: Key,
    rule: Rule,
    /// Whether it is the count of a known device.
    is_own: bool,
}
