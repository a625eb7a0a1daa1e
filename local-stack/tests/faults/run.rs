//! One run: people, a fault, and the verdict.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::checker::{Rules, check};
use crate::injected::clocks::RECOVERY;
use crate::injected::{Cluster, Fault, Target};
use crate::people::Person;
use crate::recorder::Recorder;
use crate::report::Figures;
use crate::system::System;

/// People who have an account from the beginning, and the devices of each.
const PEOPLE: usize = 8;
const DEVICES: usize = 2;
/// People who sign up one after the other, during the faults.
const NEWCOMERS: usize = 2;
/// How long people go on when everything is repaired.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// What holds for the system in [`System`].
const RULES: Rules = Rules {
    // `STATUS_LIST_INTERVAL` of both services, the `ttl` of a list, and the time of a fetch on a busy machine.
    revocation: Duration::from_secs(5),
    // `CLOCK_SKEW`, and the second to which `exp` is rounded.
    clock_skew: Duration::from_secs(7),
    clock_recovery: RECOVERY,
};

/// Runs a fault for this time. `None` where there is no Caddy to run.
pub async fn run(fault: Fault, time: Duration, seed: u64) -> Option<Figures> {
    let mut random = Rng::with_seed(seed);
    let mut cluster = Cluster::start(fault).await;
    let mut system = System::start(cluster.auth(), cluster.tasks()).await?;
    let recorder = Arc::new(Recorder::new());
    let mut people = Vec::new();
    for account in 0..PEOPLE {
        let person = Arc::new(Person::new(account, &system.site, &recorder).unwrap());
        assert!(person.sign_up().await, "{account} cannot sign up");
        people.push(person);
    }
    let (stop, stopped) = watch::channel(false);
    let mut living = JoinSet::new();
    for person in &people {
        for _ in 0..DEVICES {
            let (person, random, stopped) = (Arc::clone(person), random.fork(), stopped.clone());
            living.spawn(async move {
                person.live(random, stopped).await;
                Vec::new()
            });
        }
    }
    for number in 0..NEWCOMERS {
        let (site, recorder, stopped) = (system.site.clone(), Arc::clone(&recorder), stopped.clone());
        // Every newcomer has a number of their own.
        let numbers = (0..).map(move |nth| PEOPLE + nth * NEWCOMERS + number);
        let random = random.fork();
        living
            .spawn(async move { crate::people::newcomers(numbers, &site, &recorder, random, stopped).await });
    }
    let mut target = Target {
        cluster: &mut cluster,
        system: &mut system,
        recorder: &recorder,
        random: random.fork(),
        time,
    };
    target.inject(fault).await;
    let repaired = recorder.now();
    tokio::time::sleep(AFTERWARDS).await;
    stop.send_replace(true);
    while let Some(newcomers) = living.join_next().await {
        people.extend(newcomers.unwrap());
    }
    for person in &people {
        person.look_at_everything(random.fork()).await;
    }
    drop((people, system));
    let recorded = Arc::into_inner(recorder).unwrap().finish(repaired);
    let verdict = check(recorded.history.clone(), &RULES);
    Some(Figures::of(fault, time, recorded, verdict))
}
