//! Verifiers that are started before their issuer. Time is virtual: waits take no time, fetches are real.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shared_claims::{SharedClock, Verifier, VirtualClock};
use wiremock::ResponseTemplate;

use crate::issuer::{AUDIENCE, CURRENT, ISSUER, Issuer, NOW, Token, eventually, within_deadline};
use crate::support::lists::{PATH, REVOKED};

const VERIFIERS: usize = 20;
const COOLDOWN: Duration = Duration::from_secs(10);
/// The tasks that sleep in each of them while there are no keys: keys, which lists there are, and how old all are.
const TASKS: usize = 3;
/// A fifth of the shortest wait, so that waits are told apart.
const STEP: Duration = Duration::from_millis(20);

struct World {
    issuer: Issuer,
    clock: Arc<VirtualClock>,
    verifiers: Vec<Verifier>,
}

impl World {
    /// Verifiers whose first fetches have failed.
    async fn without_issuer() -> Self {
        let issuer = Issuer::start().await;
        issuer.answer(ResponseTemplate::new(503));
        issuer.lists.answer_at(PATH, ResponseTemplate::new(503));
        let clock = Arc::new(VirtualClock::new(Timestamp::from_second(NOW).unwrap()));
        let build = || {
            Verifier::builder(ISSUER, AUDIENCE)
                .jwks_url(issuer.jwks_url())
                .status_list_url(issuer.status_list_url())
                .cooldown(COOLDOWN)
                .clock(Arc::clone(&clock) as SharedClock)
                .build()
                .unwrap()
        };
        let verifiers = (0..VERIFIERS).map(|_| build()).collect();
        let world = Self { issuer, clock, verifiers };
        world.settle().await;
        world
    }

    async fn settle(&self) {
        within_deadline("everybody to sleep", self.clock.asleep(VERIFIERS * TASKS)).await;
    }

    /// When each verifier began each fetch within this time, the first left out: of keys, and of the list of lists.
    async fn watch(&self, time: Duration) -> Vec<[Vec<Duration>; 2]> {
        let mut begun = vec![[Vec::new(), Vec::new()]; VERIFIERS];
        let mut now = Duration::ZERO;
        while now < time {
            self.clock.advance(STEP);
            now += STEP;
            self.settle().await;
            for (verifier, [keys, lists]) in self.verifiers.iter().zip(&mut begun) {
                for (seen, count) in [(keys, verifier.fetches()), (lists, verifier.status_fetches())] {
                    if count > seen.len() as u64 + 1 {
                        seen.push(now);
                    }
                }
            }
        }
        begun
    }

    async fn come_up(&self) {
        self.issuer.lists.announce(&[0]);
        self.issuer.lists.revoke(0, &[REVOKED]);
        self.issuer.publish(&[&CURRENT]);
    }

    /// How long it takes until all are ready.
    async fn ready_after(&self) -> Duration {
        let mut waited = Duration::ZERO;
        while !self.verifiers.iter().all(Verifier::is_ready) {
            assert!(waited < Duration::from_secs(60), "they are never ready");
            self.clock.advance(STEP);
            waited += STEP;
            // Who is ready follows the one list too.
            let ready = || self.verifiers.iter().filter(|verifier| verifier.is_ready()).count();
            eventually("everybody to sleep", || self.clock.sleepers() == VERIFIERS * TASKS + ready()).await;
        }
        waited
    }
}

#[tokio::test]
async fn the_first_keys_and_lists_are_asked_for_soon_then_less_and_less_often() {
    let world = World::without_issuer().await;
    let begun = world.watch(Duration::from_secs(45)).await;
    let longest = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000].map(Duration::from_millis);
    for times in begun.iter().flatten() {
        assert!(times.len() >= 8, "{times:?}");
        let mut previous = Duration::ZERO;
        for (time, longest) in times.iter().zip(&longest) {
            let wait = *time - previous;
            assert!(
                wait + STEP >= *longest / 2 && wait <= *longest + STEP,
                "{wait:?} of {longest:?}: {times:?}"
            );
            previous = *time;
        }
    }
    // Verifiers that were started at one moment do not go on asking at one moment.
    for retry in 0..8 {
        let times: BTreeSet<_> = begun.iter().map(|[keys, _]| keys[retry]).collect();
        let spread = *times.last().unwrap() - *times.first().unwrap();
        assert!(times.len() >= 3 && spread >= longest[retry] / 4, "retry {retry}: {times:?}");
    }
}

#[tokio::test]
async fn verifiers_are_ready_soon_after_an_issuer_that_starts_a_second_after_them() {
    let world = World::without_issuer().await;
    world.watch(Duration::from_secs(1)).await;
    world.come_up().await;
    let waited = world.ready_after().await;
    // The wait that has begun by then is 1.6 seconds at most, and 3.2 after a fetch in its last moment.
    assert!(waited <= Duration::from_millis(3_300), "{waited:?}");
    for verifier in &world.verifiers {
        assert!(verifier.verify(&Token::valid().sign()).is_ok());
    }
}

/// The waits for keys and for lists are not added up: keys that came say that the issuer is there.
#[tokio::test]
async fn after_a_long_absence_they_are_ready_with_the_first_fetch_that_succeeds() {
    let world = World::without_issuer().await;
    world.watch(Duration::from_secs(120)).await;
    world.come_up().await;
    let waited = world.ready_after().await;
    assert!(waited <= COOLDOWN + STEP, "{waited:?}");
}
