//! Sends the mail in the outbox. Any number of replicas may do so at the same time.
//!
//! A mail is claimed with a lease by a statement of its own, and sent while no transaction and no database connection is
//! held. If a replica dies in between, another one claims the mail after the lease.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use service_kit::store::StoreError;
use service_kit::traces::{Kind, Span};
use shared_claims::SharedClock;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::backlog::MailOutcome;
use super::error::Failure;
use super::mailer::Mailer;
use super::outbox::Outbox;
use super::payload::DecryptedPayload;
use super::smtp::SEND_TIMEOUT;
use super::store::{self, Claimed};
use super::transport::Session;
use crate::background::Background;
use crate::polling::Polling;
use crate::retry;

/// How often a worker checks whether a poll of the outbox or a retry is due.
const TICK: Duration = Duration::from_secs(5);
/// Maximum interval at which the outbox is polled for mail that other replicas left behind. With this and the lease, a link
/// that is valid for an hour still is for nearly half of it.
pub const LONGEST_POLL_INTERVAL: Duration = Duration::from_secs(30 * 60);
/// How many connections send mail at the same time: most mail servers allow one client as many.
const CONNECTIONS: usize = 4;
/// How many mails a connection claims at once: few, since they wait for the lease if the process is killed.
const BATCH: u32 = 4;
/// How long no other worker claims a mail: longer than a batch can take, with a margin for the database and clock skew.
const LEASE: SignedDuration = SignedDuration::from_mins(3);
const _: () = assert!(LEASE.as_secs() >= BATCH as i64 * SEND_TIMEOUT.as_secs() as i64 + 60);
/// Grace period of mails in flight when the service stops. Together with that of requests it stays below the ten seconds
/// after which container platforms kill.
const STOP_TIMEOUT: Duration = Duration::from_millis(1500);

/// Whether at least two fifths of a link's `lifetime` are left when another replica sends the mail of a replica that died,
/// if the outbox is polled every `poll_interval`.
pub fn arrives_in_time(poll_interval: Duration, lifetime: SignedDuration) -> bool {
    SignedDuration::try_from(poll_interval)
        .is_ok_and(|interval| interval.saturating_add(LEASE).as_secs() < lifetime.as_secs() * 3 / 5)
}

/// Like [`arrives_in_time`], for links and codes that expire so soon that another one is requested if a replica was killed:
/// whether its mail arrives before they expire.
pub fn arrives_before(poll_interval: Duration, lifetime: SignedDuration) -> bool {
    SignedDuration::try_from(poll_interval).is_ok_and(|interval| interval.saturating_add(LEASE) < lifetime)
}

/// Sends the mail in the outbox.
#[derive(Clone)]
pub struct Worker {
    /// The outbox.
    pub outbox: Arc<Outbox>,
    /// Composes and sends mail.
    pub mailer: Arc<Mailer>,
    /// Connections of its own, so that no request waits for mail.
    pub pool: Pool,
    /// The clock.
    pub clock: SharedClock,
    /// How often the outbox is polled for mail that other replicas left behind.
    pub poll_interval: Duration,
}

impl Worker {
    /// Starts it, on the runtime of the caller. Mails in flight when it stops get a moment to arrive; the others wait for
    /// the next start, or for another replica.
    pub fn start(self, background: &Background) {
        background.spawn("mail delivery", STOP_TIMEOUT, self.run(background.stopping()));
    }

    /// Adds a connection whenever there may be mail, up to [`CONNECTIONS`].
    async fn run(self, stopping: CancellationToken) {
        let mut connections: JoinSet<()> = JoinSet::new();
        let tick = Polling::tick(self.poll_interval, TICK);
        let mut ticks = tokio::time::interval(tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Due at once: the service may have been killed with mail in the outbox.
        let mut polling = Polling::new(self.poll_interval, Timestamp::MIN);
        loop {
            let has_room = connections.len() < CONNECTIONS;
            tokio::select! {
                () = stopping.cancelled() => break,
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "mail worker panicked");
                        self.outbox.retry_at(later(self.clock.now(), LEASE));
                    }
                    continue;
                }
                _ = ticks.tick(), if has_room => {
                    let now = self.clock.now();
                    let retry = self.outbox.take_retry(now);
                    if !retry && !polling.is_due(tick, now) {
                        continue;
                    }
                    polling.begin(now);
                    // A connection that fails schedules a retry itself.
                    polling.succeed();
                }
                // Not consumed while all connections are busy: each may have made its last claim already.
                () = self.outbox.woken(), if has_room => {}
            }
            connections.spawn(self.clone().deliver(stopping.clone()));
        }
        while connections.join_next().await.is_some() {}
    }

    /// Sends mails over one connection until none is due.
    async fn deliver(self, stopping: CancellationToken) {
        let mut session = self.mailer.transport.session();
        loop {
            match self.batch(&mut session, &stopping).await {
                Ok(Next::Continue) if !stopping.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "mail delivery failed: database error");
                    self.outbox.retry_at(self.clock.now());
                    break;
                }
            }
        }
        session.close().await;
    }

    async fn batch(&self, session: &mut Session, stopping: &CancellationToken) -> Result<Next, StoreError> {
        let now = self.clock.now();
        let lease_ends = later(now, LEASE);
        let claimed = store::claim(&self.pool, now, lease_ends, BATCH.into()).await?;
        if claimed.is_empty() {
            return Ok(Next::Stop);
        }
        if claimed.len() == BATCH as usize {
            // There may be more: another connection may help.
            self.outbox.wake();
        }
        let mut away = false;
        for mail in &claimed {
            let outcome = if stopping.is_cancelled() {
                self.postpone(mail, SignedDuration::ZERO).await
            } else if away {
                self.postpone(mail, retry::wait(mail.attempts)).await
            } else {
                let span = Span::root(Kind::Internal, "mail delivery");
                let deliver = async {
                    let outcome = self.attempt(session, mail).await;
                    away = matches!(outcome, Err(Failure::Away(_)));
                    self.settle(mail, outcome).await
                };
                span.follow(deliver).await
            };
            // A claimed mail that cannot be settled is due again when its lease ends.
            outcome.inspect_err(|_| self.outbox.retry_at(lease_ends))?;
        }
        Ok(if away { Next::Stop } else { Next::Continue })
    }

    /// Sends a mail, unless it must not be sent. Returns whether it was sent.
    async fn attempt(&self, session: &mut Session, mail: &Claimed) -> Result<bool, Failure> {
        let now = self.clock.now();
        let decrypted = self.outbox.open(mail.id, &mail.sealed);
        let payload = decrypted.as_ref().and_then(DecryptedPayload::payload);
        if payload.as_ref().is_some_and(|payload| !payload.is_sent) {
            return Ok(false);
        }
        if now >= mail.expires_at {
            return Err(Failure::Refused("it has expired".to_owned()));
        }
        // During a rollout another replica may have the key, or know the occasion.
        let unreadable =
            || Failure::Later("it cannot be decrypted with these KEY_ENCRYPTION_KEYS".to_owned());
        let payload = payload.ok_or_else(unreadable)?;
        let composed = self.mailer.compose(mail.id, &payload, now);
        let composed =
            composed.ok_or_else(|| Failure::Refused("its email address is not valid".to_owned()))?;
        let mut span = Span::child(Kind::Client, || "send mail".into());
        let outcome = session.send(mail.id, &composed).await;
        if let Err(failure) = &outcome {
            span.fail(failure.kind());
        }
        outcome.map(|()| true)
    }

    async fn settle(&self, mail: &Claimed, outcome: Result<bool, Failure>) -> Result<(), StoreError> {
        let (id, attempts) = (mail.id, mail.attempts);
        match outcome {
            Ok(true) => {
                MailOutcome::Sent.count();
                tracing::debug!(%id, attempts, "mail sent");
            }
            Ok(false) => {}
            Err(Failure::Refused(reason)) => {
                MailOutcome::GivenUp.count();
                tracing::warn!(%id, attempts, reason, "mail given up");
            }
            Err(Failure::Later(reason) | Failure::Away(reason)) => {
                MailOutcome::Postponed.count();
                tracing::warn!(%id, attempts, reason, "mail not sent, will be retried");
                return self.postpone(mail, retry::wait(attempts)).await;
            }
        }
        store::remove(&self.pool, mail).await
    }

    async fn postpone(&self, mail: &Claimed, wait: SignedDuration) -> Result<(), StoreError> {
        let retry_at = later(self.clock.now(), wait);
        store::postpone(&self.pool, mail, retry_at).await?;
        self.outbox.retry_at(retry_at);
        Ok(())
    }
}

/// What a connection does after a batch.
enum Next {
    /// Claim more.
    Continue,
    /// Close: there is nothing to do, or nothing can be sent now.
    Stop,
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
