//! An outbox in a database of its own, and workers that stand at a time of the test's choosing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_service::background::Background;
use auth_service::client_address::Network;
use auth_service::email::{Addressee, MailUrl, Mailer, Message, Notices, Outbox, Sender, Transport, Worker};
use auth_service::keys::KeyEncryptionKeys;
use auth_service::limits::{Limits, MailRequester};
use auth_service::protocol::email_address::Email;
use jiff::{SignedDuration, Timestamp};
use local_stack::testing::TestDatabase;
use service_kit::database::{DatabaseUrl, Timeouts};
use shared_claims::{Clock, ManualClock};
use tokio::time::Instant;

use crate::support::connect;

pub const LINK: &str =
    "https://auth.example.com/api/auth/reset-password/7Qm0Zk3sZ8vX?callbackURL=%2Fa%3Fb%3Dc";
const SOON: Duration = Duration::from_secs(60);

pub struct Post {
    pub database: TestDatabase,
    pub clock: Arc<ManualClock>,
    pub outbox: Arc<Outbox>,
    pub address: DatabaseUrl,
    pub superuser: tokio_postgres::Client,
}

impl Post {
    pub async fn new() -> Self {
        let database = TestDatabase::auth().await;
        let clock = Arc::new(ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
        let address = DatabaseUrl::parse("DATABASE_URL", &database.service_url().into(), "test").unwrap();
        let superuser = connect(&database.superuser_url()).await;
        Self { outbox: outbox(&database, None), clock, address, superuser, database }
    }

    /// A worker that sends to `url`, with an outbox of its own, as another replica has.
    pub fn replica(&self, url: &str, ca_file: Option<&Path>) -> (Arc<Outbox>, Background) {
        let outbox = outbox(&self.database, None);
        let worker = self.worker_of(Arc::clone(&outbox), url, ca_file);
        (outbox, start(worker))
    }

    /// The worker of this outbox.
    pub fn worker(&self, url: &str, ca_file: Option<&Path>) -> Background {
        start(self.worker_of(Arc::clone(&self.outbox), url, ca_file))
    }

    pub fn worker_of(&self, outbox: Arc<Outbox>, url: &str, ca_file: Option<&Path>) -> Worker {
        let url = MailUrl::parse(&url.to_owned().into()).unwrap();
        let transport = Transport::new(url, ca_file).unwrap();
        let sender = Sender::parse("Example <accounts@example.com>", "auth.example.com").unwrap();
        let mailer = Arc::new(Mailer { sender, transport });
        let clock = Arc::clone(&self.clock) as shared_claims::SharedClock;
        let (pool, poll_interval) =
            (self.address.pool(1, Timeouts::BACKGROUND).unwrap(), Duration::from_secs(5));
        Worker { outbox, mailer, pool, clock, poll_interval }
    }

    /// Puts a mail in that is good for an hour.
    pub async fn put(&self, to: &str, message: Message<'_>) {
        self.put_until(to, message, self.clock.now() + SignedDuration::from_hours(1)).await;
    }

    pub async fn put_until(&self, to: &str, message: Message<'_>, expires_at: Timestamp) {
        let client = self.address.pool(1, Timeouts::BACKGROUND).unwrap();
        let (to, requester) = (Email::parse(to).unwrap(), MailRequester::new(Network::of(None), None));
        let (to, now) = (Addressee::unverified(&to), self.clock.now());
        assert!(self.outbox.put(&client, &requester, to, &message, expires_at, now).await.unwrap());
        self.outbox.wake();
    }

    pub async fn reset(&self, to: &str) {
        self.put(to, Message::ResetPassword { link: LINK }).await;
    }

    /// How many mails wait, and how often the one that was tried most was.
    pub async fn waiting(&self) -> (i64, i32) {
        let sql = "SELECT count(*), coalesce(max(attempts), 0) FROM outbox";
        let row = self.superuser.query_one(sql, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }

    pub async fn until(&self, what: &str, holds: impl Fn((i64, i32)) -> bool) {
        let deadline = Instant::now() + SOON;
        loop {
            let waiting = self.waiting().await;
            if holds(waiting) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {waiting:?}");
        }
    }

    /// Waits until no mail is being tried: each is due again within a minute, and not when its lease ends.
    pub async fn until_put_off(&self) {
        let deadline = Instant::now() + SOON;
        let sql = "SELECT count(*) FROM outbox WHERE next_attempt_at > $1";
        let soon = self.clock.now() + SignedDuration::from_secs(60);
        while self.superuser.query_one(sql, &[&soon]).await.unwrap().get::<_, i64>(0) > 0 {
            assert!(Instant::now() < deadline, "still being tried");
        }
    }

    /// Waits until every mail is sent or given up. The clock goes to the next attempt, and stands while mail is being
    /// sent: its lease must not end under it.
    pub async fn until_empty(&self) {
        let deadline = Instant::now() + SOON;
        while self.waiting().await.0 > 0 {
            assert!(Instant::now() < deadline, "{:?}", self.waiting().await);
            let sql = "SELECT min(next_attempt_at) FROM outbox";
            let next: Option<Timestamp> = self.superuser.query_one(sql, &[]).await.unwrap().get(0);
            let soon = self.clock.now() + SignedDuration::from_secs(60);
            if let Some(next) = next.filter(|next| *next > self.clock.now() && *next < soon) {
                self.clock.set(next);
            }
            self.outbox.wake();
        }
    }
}

/// Starts `worker` as the only background task.
pub fn start(worker: Worker) -> Background {
    let background = Background::default();
    worker.start(&background);
    background
}

/// An outbox as a replica has it.
pub fn outbox(database: &TestDatabase, limits: Option<Arc<Limits>>) -> Arc<Outbox> {
    let keys = database.secrets().key_encryption_keys.clone().into();
    Arc::new(Outbox::new(Arc::new(KeyEncryptionKeys::parse(&keys).unwrap()), limits, Notices::all()))
}
