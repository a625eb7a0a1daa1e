//! Deleting what this service holds of a user.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use service_kit::store::StoreError;
use service_kit::throttle::LogThrottle;
use service_kit::webhooks::{Signed, WebhookError, WebhookSecrets};
use shared_claims::{SharedClock, UserId};
use tokio::sync::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::model::Deletion;
use super::store;
use crate::isolation::Isolated;
use crate::owned::{Bounds, OwnedTables};
use crate::owner::DeletedUser;
use crate::refused_users::RefusedUsers;
use crate::tasks;

/// How often a replica reads which users are refused: how long another replica than the one that received the event may go on
/// serving one. The status list ends their sessions sooner.
const INTERVAL: Duration = Duration::from_secs(5);
/// How many users are purged again in one interval.
const SWEPT: i64 = 100;

/// What happens to the tasks of deleted users.
pub struct DeletedUsers {
    tables: OwnedTables,
    /// Access to the table of deleted users.
    pool: Pool,
    /// The users whose requests are refused.
    refused: Arc<RefusedUsers>,
    secrets: WebhookSecrets,
    /// How far the clock of auth-service may be ahead.
    clock_skew: SignedDuration,
    clock: SharedClock,
    /// Held while the refused users change, so that those who were read before an event do not replace its user.
    changing: Mutex<()>,
    /// Webhooks that were refused: anybody who reaches this service can send any number.
    unverified: LogThrottle,
}

impl DeletedUsers {
    /// Verifies events with `secrets`, and deletes tasks over a connection of `pool`. Requests of the users in `refused` are
    /// refused. The clock of auth-service may be ahead by `clock_skew`.
    pub fn new(
        pool: Pool,
        (isolated, bounds): (Isolated, Bounds),
        refused: Arc<RefusedUsers>,
        secrets: WebhookSecrets,
        clock_skew: Duration,
        clock: SharedClock,
    ) -> Self {
        Self {
            tables: OwnedTables::new(pool.clone(), isolated, bounds),
            pool,
            refused,
            secrets,
            clock_skew: SignedDuration::try_from(clock_skew).unwrap_or(SignedDuration::MAX),
            clock,
            changing: Mutex::default(),
            unverified: LogThrottle::default(),
        }
    }

    /// Checks the signature of a webhook.
    ///
    /// # Errors
    /// If auth-service did not send it just now.
    pub fn verify(&self, signed: Signed<'_>, body: &[u8]) -> Result<(), WebhookError> {
        self.secrets.verify(signed, body, self.clock.now())
    }

    /// Logs once a minute that a webhook was refused.
    pub fn report(&self, error: WebhookError) {
        if let Some(unreported) = self.unverified.due(Instant::now()) {
            tracing::warn!(
                %error,
                unreported,
                "webhook refused: do WEBHOOK_SECRET of auth-service and of this service match?"
            );
        }
    }

    /// Deletes what this service holds of the user, and refuses the user's requests until the last token has expired.
    ///
    /// # Errors
    /// If the database is unavailable. Some tasks may have been deleted; the sender tries again.
    pub async fn delete(&self, deletion: &Deletion) -> Result<(), StoreError> {
        let Deletion { user, tokens_expire_at } = deletion;
        let refused_until = tokens_expire_at.checked_add(self.clock_skew).unwrap_or(Timestamp::MAX);
        if refused_until > self.clock.now() {
            let _changing = self.changing.lock().await;
            store::insert(&self.pool, user, refused_until).await?;
            self.refused.add(user);
        }
        let tasks = tasks::purge(&DeletedUser::announced(user.clone()), &self.tables, refused_until).await?;
        tracing::info!(user_id = user.as_str(), tasks, "tasks of a deleted user deleted");
        Ok(())
    }

    /// Keeps the refused users current, and deletes their tasks once more when their tokens have expired. Runs until it is
    /// dropped.
    pub async fn keep_current(self: Arc<Self>) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "deleted users not read: database error");
            }
        }
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for (user, refused_until) in store::expired(&self.pool, now, SWEPT).await? {
            self.purge_again(&user, refused_until).await?;
        }
        let _changing = self.changing.lock().await;
        self.refused.replace(store::refused(&self.pool, now).await?);
        Ok(())
    }

    async fn purge_again(&self, user: &UserId, refused_until: Timestamp) -> Result<(), StoreError> {
        tasks::purge(&DeletedUser::announced(user.clone()), &self.tables, refused_until).await?;
        store::remove(&self.pool, user, refused_until).await
    }
}
