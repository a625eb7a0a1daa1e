//! Limits wrong passwords for an account, from all clients and endpoints together.

use std::sync::Arc;

use actix_web::HttpRequest;
use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use shared_claims::{SharedClock, UserId};

use super::model::{Key, Refusal, Rule, Since};
use super::store::{self, CountOutcome};
use super::{Devices, Limits};
use crate::error::ApiError;
use crate::protocol::email_address::Email;
use crate::security_event::{SecurityEvent, SecurityLog};
use crate::users::CredentialEpoch;

/// Wrong passwords for an account from all unknown devices: 960 a day for an attacker, and more than enough for a
/// person on a new device. The lockout ends by itself, so nobody has to unlock an account. Further attempts do not
/// prolong it, or an attacker could keep an account locked forever.
const UNKNOWN_DEVICES: Rule = Rule { max: 10, window: SignedDuration::from_mins(15), since: Since::First };
/// Wrong passwords for an account from one known device. It has a limit of its own, so an attacker who reaches the
/// other limit does not lock the owner out. It is not higher, because a known device can be stolen.
const KNOWN_DEVICE: Rule = UNKNOWN_DEVICES;

/// Limits wrong passwords (OWASP ASVS 5.0, 6.3.1).
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
        (account, user): (&Email, Option<&UserId>),
        epoch: CredentialEpoch,
        check: impl Future<Output = Result<Option<T>, ApiError>>,
    ) -> Result<Option<T>, ApiError> {
        let Some(limits) = &self.limits else { return check.await };
        let budget = self.budget(limits, request, account, epoch);
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
            tracing::warn!(%error, "attempt remains counted as a wrong password");
        }
        outcome
    }

    fn budget(
        &self,
        limits: &Limits,
        request: &HttpRequest,
        account: &Email,
        epoch: CredentialEpoch,
    ) -> Budget {
        match self.devices.known(request.headers(), account, epoch) {
            Some(device) => {
                let key = Key::of(&limits.secret, &["device", device.id(), account.as_str()]);
                Budget { key, rule: KNOWN_DEVICE, is_own: true }
            }
            None => {
                let key = Key::of(&limits.secret, &["account", account.as_str()]);
                Budget { key, rule: UNKNOWN_DEVICES, is_own: false }
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

    /// Records that a password was not checked because the account is locked, once a minute for each account.
    fn record_locked(&self, request: &HttpRequest, account: &Email, user: Option<&UserId>) {
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
