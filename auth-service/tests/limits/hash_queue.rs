//! The order of the hash queue when there are more passwords than can be hashed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, timeout};

use super::{ON, device_cookie, sign_in, sign_up};
use crate::support::{Answer, Auth, PASSWORD, email};

/// Number of requests of each network: the limit of the route.
const REQUESTS_OF_A_NETWORK: usize = 3;
const NETWORKS: usize = 200;
/// Concurrent requests of the flood: more than one thread hashes in the 1.5 s that a request may wait. Many more would take
/// CPU time from the owner, which is not what the queue controls.
const AT_ONCE: usize = 40;
/// How long the owner may have to try, on a machine that is busy with other tests.
const OWNER_WAITS: Duration = Duration::from_secs(10);

/// Endless sign-ins, each for its own account and from a new network.
#[derive(Default)]
struct Flood {
    over: AtomicBool,
    networks: AtomicUsize,
    refused: AtomicUsize,
    compared: AtomicUsize,
}

impl Flood {
    async fn run(&self, auth: &Auth) {
        let requests =
            stream::iter(0..).take_while(|_| std::future::ready(!self.over.load(Ordering::Relaxed)));
        let answers = requests.map(|number: usize| {
            let network = number / REQUESTS_OF_A_NETWORK;
            self.networks.fetch_max(network, Ordering::Relaxed);
            let address = format!("{}.{}.{}.1", 128 + network / 62_500, network / 250 % 250, network % 250);
            let account = email(&format!("a{number}"));
            async move { Answer::of(sign_in(&auth.service, &address, &account, "wrong password", "")).await }
        });
        let count = |answer: Answer| async move {
            let counter = if answer.status == 503 { &self.refused } else { &self.compared };
            assert!([401, 503].contains(&answer.status.as_u16()), "{answer:?}");
            counter.fetch_add(1, Ordering::Relaxed);
        };
        answers.buffer_unordered(AT_ONCE).for_each(count).await;
    }

    /// Waits until this many networks have sent their requests, and one was refused because the queue was full.
    async fn is_on(&self) {
        let all = async {
            while self.networks.load(Ordering::Relaxed) < NETWORKS
                || self.refused.load(Ordering::Relaxed) == 0
            {
                tokio::task::yield_now().await;
            }
        };
        assert!(timeout(Duration::from_secs(60), all).await.is_ok(), "the queue is never full");
    }
}

#[tokio::test]
async fn a_flood_from_200_networks_keeps_no_owner_out() {
    let settings = [ON.as_slice(), &[("HASH_CONCURRENCY", "1"), ("BCRYPT_COST", "10")]].concat();
    let auth = Auth::start_with(&settings).await;
    let device = device_cookie(&sign_up(&auth.service, "203.0.113.1", "alice").await).unwrap();
    let flood = Flood::default();
    let owner = async {
        flood.is_on().await;
        let mut times = Vec::new();
        for number in 0..3 {
            let start = Instant::now();
            let address = format!("203.0.113.{}", 10 + number);
            let ask = async || {
                let request = sign_in(&auth.service, &address, &email("alice"), PASSWORD, &device);
                Answer::of(request).await.status.as_u16()
            };
            // On a busy machine even the only hash of the lane can be late, and is then refused.
            let mut status = ask().await;
            while status == 503 && start.elapsed() < OWNER_WAITS {
                status = ask().await;
            }
            times.push((status, start.elapsed()));
        }
        flood.over.store(true, Ordering::Relaxed);
        times
    };
    let ((), times) = tokio::join!(flood.run(&auth), owner);
    let (refused, compared) = (flood.refused.into_inner(), flood.compared.into_inner());
    println!("the owner: {times:?}; the flood: {refused} refused, {compared} compared");
    for (status, time) in &times {
        assert!(*status == 200 && *time < OWNER_WAITS, "{times:?}");
    }
    assert!(compared > 0, "strangers are served beside the owner");
}

/// A hash that nobody waits for is not computed, and its place in the queue is free.
#[tokio::test]
async fn a_client_that_hangs_up_leaves_the_queue() {
    let logged = [("RUST_LOG", "info,auth_service::passwords=debug"), ("LOG_FORMAT", "json")];
    let settings = [ON.as_slice(), &logged, &[("HASH_CONCURRENCY", "1"), ("BCRYPT_COST", "11")]].concat();
    let auth = Auth::start_with(&settings).await;
    let count = AtomicUsize::new(0);
    // Each for another account, so that only the limit of the queue applies.
    let ask = async || {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let (address, name) = (format!("10.{}.{}.1", number / 250, number % 250), format!("a{number}"));
        let request = sign_in(&auth.service, &address, &email(&name), "wrong password", "");
        Answer::of(request).await.status.as_u16()
    };
    let crowd = futures_util::future::join_all((0..32).map(|_| async {
        loop {
            ask().await;
        }
    }));
    // Dropped when the queue is full, which closes its connections.
    let full = async { while ask().await != 503 {} };
    tokio::select! {
        _ = crowd => {}
        () = full => {}
    }
    let made =
        || auth.service.output().iter().filter(|line| line.contains(r#""operation":"verify""#)).count();
    let before = made();
    while ask().await != 401 {}
    let made = made() - before;
    assert!((1..=4).contains(&made), "{made} hashes for one that is waited for");
}
