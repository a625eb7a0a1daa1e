//! A network that drops packets and says nothing. Nobody waits for long, and nothing has to be restarted.

use std::time::Duration;

use local_stack::testing::{self, SilentDatabase, TestDatabase};
use tokio::time::Instant;

use super::load::{Load, User, until};

/// How soon a client is told, and a load balancer.
const NOTICED: Duration = Duration::from_secs(5);
/// How soon all is well after connections can be made again.
const RECOVERED: Duration = Duration::from_secs(10);
/// How long a request may take at most: well under the 30 s after which it would be a 408.
const LONGEST: Duration = Duration::from_secs(12);
/// What runs on while it is all well again.
const AFTERWARDS: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_silent_network_means_503s_within_5_s_and_nothing_but_success_10_s_after_it_is_back() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let networks = [SilentDatabase::of(&accounts).await, SilentDatabase::of(&tasks).await];
    let auth = testing::auth_service(&accounts, &[("DATABASE_URL", networks[0].service_url())]).await;
    let service =
        testing::task_service(&tasks, auth.url(), &[("DATABASE_URL", networks[1].service_url())]).await;
    let user = User::sign_up(&auth, &service).await;
    let load = Load::start(&user);
    load.is_running().await;

    for network in &networks {
        network.fall_silent();
        network.refuse_silently();
    }
    let silent = Instant::now();
    until("/readyz notices", NOTICED, async || user.readiness().await == [503, 503]).await;
    assert!(silent.elapsed() < NOTICED, "/readyz took {:?}", silent.elapsed());
    // Long enough for every connection to have been found silent.
    until("the outage goes on", LONGEST, async || silent.elapsed() > Duration::from_secs(8)).await;

    networks.iter().for_each(SilentDatabase::recover);
    let back = Instant::now();
    until("/readyz is back", RECOVERED, async || user.readiness().await == [200, 200]).await;
    until("all is well for a while", RECOVERED * 2, async || back.elapsed() > RECOVERED + AFTERWARDS).await;
    let answers = load.stop().await;

    answers.are_good_or_503();
    let (first, last) = (answers.first_503(silent).unwrap(), answers.last_503(back).unwrap_or_default());
    println!(
        "first 503 after {first:?}, last 503 {last:?} after the network was back, {:?}",
        answers.statuses()
    );
    assert!(first < NOTICED, "the first 503 came after {first:?}");
    assert!(last < RECOVERED, "the last 503 came {last:?} after the network was back");
    assert!(answers.longest() < LONGEST, "{:?}", answers.longest());
    assert_eq!(answers.successes_after(back + RECOVERED).len(), 5);
}

#[tokio::test]
async fn connections_that_died_silently_are_replaced_within_10_s_also_when_nobody_is_in_a_hurry() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let networks = [SilentDatabase::of(&accounts).await, SilentDatabase::of(&tasks).await];
    let auth = testing::auth_service(&accounts, &[("DATABASE_URL", networks[0].service_url())]).await;
    let service =
        testing::task_service(&tasks, auth.url(), &[("DATABASE_URL", networks[1].service_url())]).await;
    let user = User::sign_up(&auth, &service).await;
    // Opens as many connections as there may be.
    let load = Load::start(&user);
    load.is_running().await;
    load.stop().await.are_good_or_503();

    networks.iter().for_each(SilentDatabase::fall_silent);
    let silent = Instant::now();
    let load = Load::start(&user);
    until("a while", RECOVERED * 2, async || silent.elapsed() > RECOVERED + AFTERWARDS).await;
    let answers = load.stop().await;
    answers.are_good_or_503();
    let last = answers.last_503(silent).unwrap();
    println!("the last 503 after {last:?}, {:?}", answers.statuses());
    assert!(last < RECOVERED, "the last 503 came after {last:?}");
    assert_eq!(answers.successes_after(silent + RECOVERED).len(), 5);
    assert_eq!(user.readiness().await, [200, 200]);
}
