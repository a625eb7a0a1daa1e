//! One run: people, a fault, and the verdict.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::checker::{Rules, check};
use crate::injected::clocks::RECOVERY;
use crate::injected::{Cluster, Fault, Target};
use crate::people::{Person, Site, newcomers};
use crate::recorder::Recorder;
use crate::report::Figures;
use crate::system::{Rotation, System};

/// People who have an account from the beginning, and the devices of each.
const PEOPLE: usize = 8;
const DEVICES: usize = 2;
/// People who sign up one after the other, during the faults.
const NEWCOMERS: usize = 2;
/// How long people go on when everything is repaired: a part of the time of the fault, and at the most this.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// Runs that last as long have time for several rotations of the signing key.
const LONG: Duration = Duration::from_secs(60);

/// What holds for the system in [`System`].
fn rules(rotation: Rotation) -> Rules {
    Rules {
        // `STATUS_LIST_INTERVAL` of both services, the `ttl` of a list, and the time of a fetch on a busy machine.
        revocation: Duration::from_secs(5),
        // `CLOCK_SKEW`, and the second to which `exp` is rounded.
        clock_skew: Duration::from_secs(7),
        // `iat` is rounded too.
        handover: rotation.handover + Duration::from_secs(2),
        clock_recovery: RECOVERY,
    }
}

fn rotation(fault: Fault, time: Duration) -> Rotation {
    match fault {
        _ if fault.moves_clocks() => Rotation::NONE,
        _ if time >= LONG => Rotation::SEVERAL,
        _ => Rotation::SOON,
    }
}

/// Runs a fault for this time. `None` where there is no Caddy to run.
pub async fn run(fault: Fault, time: Duration, seed: u64) -> Option<Figures> {
    let mut random = Rng::with_seed(seed);
    let mut cluster = Cluster::start(fault).await;
    let rotation = rotation(fault, time);
    // A request that a silent network swallows on its way to a replica takes the 40 s of the gateway: not in short runs.
    let replicas_behind_proxies =
        fault.breaks_networks() && (time >= LONG || fault != Fault::NetworkSwallowed);
    let mut system =
        System::start(cluster.auth(), cluster.tasks(), rotation, replicas_behind_proxies).await?;
    let recorder = Arc::new(Recorder::new());
    let mut people = Vec::new();
    for account in 0..PEOPLE {
        let person = Arc::new(Person::new(account, &system.site, &recorder).unwrap());
        assert!(person.sign_up().await, "{account} cannot sign up");
        people.push(person);
    }
    let (stop, stopped) = watch::channel(false);
    let mut living = live(&people, &system.site, &recorder, &mut random, &stopped);
    let mut target = Target {
        cluster: &mut cluster,
        system: &mut system,
        recorder: &recorder,
        random: random.fork(),
        time,
    };
    target.inject(fault).await;
    let repaired = recorder.now();
    tokio::time::sleep(AFTERWARDS.min(time / 3)).await;
    stop.send_replace(true);
    while let Some(newcomers) = living.join_next().await {
        people.extend(newcomers.unwrap());
    }
    look(people, &mut random).await;
    drop(system);
    let recorded = Arc::into_inner(recorder).unwrap().finish(repaired);
    let verdict = check(recorded.history.clone(), &rules(rotation));
    Some(Figures::of(fault, time, recorded, verdict))
}

/// Everybody looks once more, a few at a time.
async fn look(people: Vec<Arc<Person>>, random: &mut Rng) {
    let mut looking = JoinSet::new();
    for person in people {
        if looking.len() == PEOPLE {
            looking.join_next().await;
        }
        let random = random.fork();
        looking.spawn(async move { person.look_at_everything(random).await });
    }
    looking.join_all().await;
}

/// Everybody begins to use the system. Ends when told to stop, with the newcomers.
fn live(
    people: &[Arc<Person>],
    site: &Site,
    recorder: &Arc<Recorder>,
    random: &mut Rng,
    stopped: &watch::Receiver<bool>,
) -> JoinSet<Vec<Arc<Person>>> {
    let mut living = JoinSet::new();
    for person in people {
        for _ in 0..DEVICES {
            let (person, random, stopped) = (Arc::clone(person), random.fork(), stopped.clone());
            living.spawn(async move {
                person.live(random, stopped).await;
                Vec::new()
            });
        }
    }
    for number in 0..NEWCOMERS {
        let (site, recorder, stopped) = (site.clone(), Arc::clone(recorder), stopped.clone());
        // Every newcomer has a number of their own.
        let numbers = (0..).map(move |nth| PEOPLE + nth * NEWCOMERS + number);
        let random = random.fork();
        living.spawn(async move { newcomers(numbers, &site, &recorder, random, stopped).await });
    }
    living
}
