//! Guesses at one account's password: few, whatever address they come from and whichever endpoint they try.

use actix_web::HttpRequest;
use jiff::{SignedDuration, Timestamp};
use service_kit::store::StoreError;
use shared_claims::UserId;

use super::model::{Key, Refusal, Rule, Since};
use super::store::{self, Taken};
use super::{Limits, device};
use crate::error::ApiError;
use crate::protocol::email_address::Email;
use crate::security_event::{self, SecurityEvent};
use crate::state::State;
use crate::users::CredentialEpoch;

/// Wrong passwords for one account from all devices that it was never signed in on: for a stranger 960 tries a day,
/// for a person on a new device more than enough. The count ends by itself, so nobody needs to unlock anything. Not
/// prolonged by further tries: else a stranger, or a mistake a day, could keep it full for ever.
const STRANGERS: Rule = Rule { max: 10, window: SignedDuration::from_mins(15), since: Since::First };
/// Wrong passwords for one account from one device that it was signed in on. It is a budget of its own: strangers
/// who use up theirs do not lock the owner out. A stolen device is a stranger too, so it is no larger.
const KNOWN_DEVICE: Rule = STRANGERS;

/// Runs `check`, which compares a password with that of `account`, unless there were too many wrong ones. It counts
/// before it checks, so that guesses made at once count as well; what is no wrong password (`Ok(None)`) is given
/// back. The account need not exist; `epoch` is that of its credential, and `user` its user where there is one, for the log.
///
/// # Errors
/// [`ApiError::TooManyRequests`]; when the database cannot; those of `check`.
pub async fn guess<T>(
    state: &State,
    request: &HttpRequest,
    (account, user): (&Email, Option<&UserId>),
    epoch: CredentialEpoch,
    check: impl Future<Output = Result<Option<T>, ApiError>>,
) -> Result<Option<T>, ApiError> {
    let Some(limits) = &state.limits else { return check.await };
    let budget = Budget::of(limits, state, request, account, epoch);
    let taken = budget.take(limits, state).await;
    if matches!(taken, Err(ApiError::TooManyRequests { .. })) {
        record_locked(state, request, account, user);
    }
    let ends_at = taken?;
    let outcome = check.await;
    let settled = match &outcome {
        Ok(None) => Ok(()),
        Ok(Some(_)) if budget.is_own => budget.clear(state).await,
        // Right, or never compared.
        Ok(Some(_)) | Err(_) => budget.give_back(state, ends_at).await,
    };
    if let Err(error) = settled {
        // The count is one too high until it ends.
        tracing::warn!(%error, "an attempt that was no wrong password stays counted");
    }
    outcome
}

/// Records that the password of an account was not checked: one event for each account in a minute.
fn record_locked(state: &State, request: &HttpRequest, account: &Email, user: Option<&UserId>) {
    let client = security_event::client(&state.settings.trusted_proxies, request);
    let event = SecurityEvent::AccountLocked.by(client);
    let event = user.map_or(event, |user| event.user(user.as_str()));
    state.throttle.emit(event, &account.as_str(), state.clock.now());
}

/// Who a wrong password is counted against.
struct Budget {
    key: Key,
    rule: Rule,
    /// Whether it is that of a device which the account was signed in on.
    is_own: bool,
}

impl Budget {
    fn of(
        limits: &Limits,
        state: &State,
        request: &HttpRequest,
        account: &Email,
        epoch: CredentialEpoch,
    ) -> Self {
        match device::known(&state.cookies, request.headers(), account, epoch) {
            Some(device) => {
                let key = Key::of(&limits.secret, &["device", device.id(), account.as_str()]);
                Self { key, rule: KNOWN_DEVICE, is_own: true }
            }
            None => {
                let key = Key::of(&limits.secret, &["account", account.as_str()]);
                Self { key, rule: STRANGERS, is_own: false }
            }
        }
    }

    /// Counts an attempt; answers when its window ends.
    async fn take(&self, limits: &Limits, state: &State) -> Result<Timestamp, ApiError> {
        let now = state.clock.now();
        match limits.take(&state.pool, &self.key, &self.rule, now).await? {
            Taken::Yes(ends_at) => Ok(ends_at),
            Taken::No(ends_at) => Err(self.rule.refusal(ends_at, now)),
        }
    }

    async fn give_back(&self, state: &State, ends_at: Timestamp) -> Result<(), StoreError> {
        store::give_back(&state.pool, &self.key, ends_at).await
    }

    /// Whoever knows the password on this device made the mistakes before it too.
    async fn clear(&self, state: &State) -> Result<(), StoreError> {
        store::clear(&state.pool, &self.key).await
    }
}
