//! The issuer away for longer than a token lives, and back again, with many verifiers. Time is virtual: waits take no
//! time, fetches are real.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shared_claims::{Reason, SharedClock, Unavailable, Verifier, VerifyError, VirtualClock};
use wiremock::ResponseTemplate;

use crate::issuer::{CURRENT, Issuer, NOW, Token, eventually, within_deadline};
use crate::support::lists::{PATH, REVOKED};

const VERIFIERS: usize = 50;
const COOLDOWN: Duration = Duration::from_secs(10);
/// What comes back again and again in each of them: keys, which lists there are, the one list, and how old all are.
const TASKS: usize = 4;
/// How far time moves at once. A tenth of the cooldown is left to chance, so it must be less than that.
const STEP: Duration = Duration::from_millis(250);
/// The same where it matters that a tenth of the second between two lists is.
const FINE_STEP: Duration = Duration::from_millis(10);

struct World {
    issuer: Issuer,
    clock: Arc<VirtualClock>,
    verifiers: Vec<Verifier>,
}

/// Fetches begun so far, of each verifier: key sets, and lists.
type Fetches = Vec<(u64, u64)>;

impl World {
    async fn new() -> Self {
        let issuer = Issuer::start().await;
        let clock = Arc::new(VirtualClock::new(Timestamp::from_second(NOW).unwrap()));
        let build = || {
            Verifier::builder(crate::issuer::ISSUER, crate::issuer::AUDIENCE)
                .jwks_url(issuer.jwks_url())
                .status_list_url(issuer.status_list_url())
                .cooldown(COOLDOWN)
                .clock(Arc::clone(&clock) as SharedClock)
                .build()
                .unwrap()
        };
        let verifiers: Vec<_> = (0..VERIFIERS).map(|_| build()).collect();
        for verifier in &verifiers {
            within_deadline("keys and lists", verifier.wait_ready()).await;
        }
        Self { issuer, clock, verifiers }
    }

    fn fetches(&self) -> Fetches {
        self.verifiers.iter().map(|verifier| (verifier.fetches(), verifier.status_fetches())).collect()
    }

    async fn pass(&self, time: Duration) {
        self.pass_by(STEP, time).await;
    }

    /// Moves time on by `step` at a time, and waits each time until all that it set off is done.
    async fn pass_by(&self, step: Duration, time: Duration) {
        for _ in 0..time.as_millis() / step.as_millis() {
            self.clock.advance(step);
            within_deadline("everybody to sleep", self.clock.asleep(VERIFIERS * TASKS)).await;
        }
    }

    async fn go_away(&self) {
        for path in [PATH.to_owned(), format!("{PATH}/0")] {
            self.issuer.lists.answer_at(&path, ResponseTemplate::new(503));
        }
        self.issuer.answer(ResponseTemplate::new(503));
    }

    async fn come_back(&self) {
        self.issuer.lists.announce(&[0]);
        self.issuer.lists.revoke(0, &[REVOKED]);
        self.issuer.publish(&[&CURRENT]);
    }

    fn verdicts(&self, token: &str) -> Vec<Result<(), VerifyError>> {
        let mut verdicts: Vec<_> =
            self.verifiers.iter().map(|verifier| verifier.verify(token).map(|_| ())).collect();
        verdicts.dedup();
        verdicts
    }
}

#[tokio::test]
async fn tokens_that_are_out_work_until_they_expire_and_the_issuers_return_meets_no_herd() {
    let world = World::new().await;
    let token = Token::valid().sign();
    let longer = Token::valid().claim("exp", NOW + 100_000).sign();
    world.go_away().await;
    // The waits between failures have grown to the cooldown after this.
    world.pass(Duration::from_secs(60)).await;

    let before = world.fetches();
    world.pass(Duration::from_secs(14 * 60)).await;
    let most = 14 * 60 / COOLDOWN.as_secs();
    for ((keys, lists), (keys_before, lists_before)) in world.fetches().into_iter().zip(before) {
        assert!(keys - keys_before <= most, "{} fetches of keys, {most} allowed", keys - keys_before);
        // The list, and the list of lists.
        let lists = lists - lists_before;
        assert!(lists <= 2 * most, "{lists} fetches of lists, {} allowed", 2 * most);
        assert!(lists >= most, "they go on trying: {lists}");
    }
    // It is 900 s after it was issued, and the clocks may be 30 s apart.
    assert_eq!(world.verdicts(&token), [Ok(())]);
    world.pass(Duration::from_secs(29)).await;
    assert_eq!(world.verdicts(&token), [Ok(())]);
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.verdicts(&token), [Err(VerifyError::Invalid(Reason::Expired))]);
    // What would live longer cannot be decided: the lists are too old.
    world.pass(Duration::from_secs(1)).await;
    let too_old = VerifyError::Unavailable(Unavailable::StatusListTooOld);
    assert_eq!(world.verdicts(&longer), [Err(too_old)]);
    assert!(world.verifiers.iter().all(|verifier| !verifier.is_ready()));

    // Half an hour later it returns. In the next cooldown each verifier comes once, and not all of them at once.
    world.pass(Duration::from_secs(30 * 60 - 931)).await;
    world.come_back().await;
    let before = world.fetches();
    let mut at_once = 0;
    for _ in 0..COOLDOWN.as_secs() {
        let served = world.issuer.served();
        world.pass(Duration::from_secs(1)).await;
        at_once = at_once.max(world.issuer.served() - served);
    }
    for ((keys, _), (keys_before, _)) in world.fetches().into_iter().zip(before) {
        assert!(keys - keys_before <= 1, "{} fetches of keys in one cooldown", keys - keys_before);
    }
    // Three documents each, and once it is had, the list is fetched every second again.
    println!("{VERIFIERS} verifiers, at most {at_once} requests in a second");
    assert!(at_once <= 2 * VERIFIERS as u64, "{at_once} requests in one second");
    world.pass(Duration::from_secs(2)).await;
    eventually("recovery", || world.verifiers.iter().all(Verifier::is_ready)).await;
    assert_eq!(world.verdicts(&longer), [Ok(())]);
}

#[tokio::test]
async fn verifiers_that_were_started_together_drift_apart() {
    let world = World::new().await;
    world.pass_by(FINE_STEP, Duration::from_secs(60)).await;
    let mut busiest = 0;
    for _ in 0..40 {
        let served = world.issuer.served();
        world.pass_by(FINE_STEP, Duration::from_millis(250)).await;
        busiest = busiest.max(world.issuer.served() - served);
    }
    println!("at most {busiest} of {VERIFIERS} in a quarter of a second");
    assert!(busiest < VERIFIERS as u64, "{busiest} at once");
}
