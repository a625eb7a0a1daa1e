//! Guesses at one account's password: few, whatever address they come from and whichever endpoint they try.

use std::sync::Arc;

use actix_web::HttpRequest;
use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use shared_claims::{SharedClock, UserId};

use super::model::{Key, Refusal, Rule, Since};
use super::store::{self, Taken};
use super::{Devices, Limits};
use crate::error::ApiError;
use crate::protocol::email_address::Email;
use crate::security_event::{SecurityEvent, SecurityLog};
use crate::users::CredentialEpoch;

/// Wrong passwords for one account from all devices that it was never signed in on: for a stranger 960 tries a day,
/// for a person on a new device more than enough. The count ends by itself, so nobody needs to unlock anything. Not
/// prolonged by further tries: else a stranger, or a mistake a day, could keep it full for ever.
const STRANGERS: Rule = Rule { max: 10, window: SignedDuration::from_mins(15), since: Since::First };
/// Wrong passwords for one account from one device that it was signed in on. It is a budget of its own: strangers
/// who use up theirs do not lock the owner out. A stolen device is a stranger too, so it is no larger.
const KNOWN_DEVICE: Rule = STRANGERS;

/// Limits the guesses at passwords.
#[derive(Clone)]
pub struct Guesses {
    /// `None` where nothing is limited.
    pub limits: Option<Arc<Limits>>,
    /// Recognizes the devices of an account.
    pub devices: Arc<Devices>,
    /// Connections of this worker.
    pub pool: Pool,
    /// Records locked accounts.
    pub log: Arc<SecurityLog>,
    /// The time.
    pub clock: SharedClock,
}

impl Guesses {
    /// Runs `check`, which compares a password with that of `account`, unless there were too many wrong ones. Guesses are
    /// counted before they are checked, so that guesses made at once count as well; one that is not a wrong password
    /// (anything but `Ok(None)`) is given back. The account need not exist; `epoch` is that of its credential, and `user`
    /// its user where there is one, for the log.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`]; those of the database and of `check`.
    pub async fn guess<T>(
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
            // Who knows the password on this device made the mistakes before it too.
            Ok(Some(_)) if budget.is_own => store::clear(&self.pool, &budget.key).await,
            // Right, or never compared.
            Ok(Some(_)) | Err(_) => store::give_back(&self.pool, &budget.key, ends_at).await,
        };
        if let Err(error) = settled {
            // The count is one too high until it ends.
            tracing::warn!(%error, "attempt counted as a wrong password");
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
                Budget { key, rule: STRANGERS, is_own: false }
            }
        }
    }

    /// Counts an attempt and returns when its window ends.
    async fn take(&self, limits: &Limits, budget: &Budget) -> Result<Timestamp, ApiError> {
        let now = self.clock.now();
        match limits.take(&self.pool, &budget.key, &budget.rule, now).await? {
            Taken::Yes(ends_at) => Ok(ends_at),
            Taken::No(ends_at) => Err(budget.rule.refusal(ends_at, now)),
        }
    }

    /// Records that the password of an account was not checked: one event for each account in a minute.
    fn record_locked(&self, request: &HttpRequest, account: &Email, user: Option<&UserId>) {
        let event = SecurityEvent::AccountLocked.by(self.log.client(request));
        let event = user.map_or(event, |user| event.user(user.as_str()));
        self.log.throttled(event, &account.as_str());
    }
}

/// The count of wrong passwords that an attempt belongs to.
struct Budget {
    key: Key,
    rule: Rule,
    /// Whether it is that of a device that has signed in to the account.
    is_own: bool,
}
