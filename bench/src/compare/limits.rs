//! What the machine allows: password hashes, signatures, and a handler that does nothing.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use eksblowfish::{Hash, Input};
use local_stack::testing::{AUDIENCE, ISSUER};
use shared_claims::{Verifier, VerifierBuilder};
use tokio::process::Command;

use super::accounts::get;
use super::http::Connection;
use super::load::run;
use super::plan::Plan;
use super::results::{HashImplementation, HashRate, Limits};
use super::servers::{Launch, Server};
use super::tasks::User;
use super::usage::thread_cpu_time;

/// The costs of bcrypt: the default of auth-service, and that of many other systems.
const COSTS: [u32; 2] = [12, 10];
/// The password of the accounts.
const PASSWORD: &str = "correct horse battery";

/// Measures everything that needs no server but auth-service.
pub async fn measure(plan: &Plan, auth: &Server, user: &User) -> Limits {
    let mut limits = Limits::default();
    let cores = thread::available_parallelism().unwrap().get();
    for cost in COSTS {
        for threads in [1, cores] {
            for implementation in
                [HashImplementation::Latchkey, HashImplementation::Crate, HashImplementation::Node]
            {
                let rate = match implementation {
                    HashImplementation::Latchkey => {
                        hashes(threads, plan.limit, move || two_hashes(cost)).await
                    }
                    HashImplementation::Crate => hashes(threads, plan.limit, move || one_hash(cost)).await,
                    HashImplementation::Node => node_hashes(cost, threads, plan.limit).await,
                };
                limits.hashes.push(HashRate { implementation, cost, threads, rate });
            }
        }
    }
    let length = plan.limit / 2;
    (limits.rsa_sign, limits.rsa_verify) =
        tokio::task::spawn_blocking(move || signatures(length)).await.unwrap();
    let verification = |adapt| verification(auth, &user.token, length, adapt);
    limits.verify_new_token = verification(VerifierBuilder::without_token_cache).await;
    limits.verify_token = verification(|builder| builder).await;
    limits
}

/// Returns the hashes per second of threads that each call `compute`, which returns how many it has computed.
async fn hashes(threads: usize, length: Duration, compute: impl Fn() -> u32 + Send + Sync + 'static) -> f64 {
    let measure = move || {
        let begun = Instant::now();
        let hash_repeatedly = || {
            let mut hashes = 0;
            while begun.elapsed() < length {
                hashes += compute();
            }
            f64::from(hashes) / begun.elapsed().as_secs_f64()
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(hash_repeatedly)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        })
    };
    tokio::task::spawn_blocking(measure).await.unwrap()
}

fn one_hash(cost: u32) -> u32 {
    black_box(bcrypt::hash(PASSWORD, cost).unwrap());
    1
}

/// As the hashing threads of auth-service do when more than one sign-in waits.
fn two_hashes(cost: u32) -> u32 {
    let new = || Hash::new(&Input { cost, salt: [1; 16], password: PASSWORD.into() });
    let (mut one, mut other) = (new(), new());
    Hash::advance_two(&mut one, &mut other, u64::MAX);
    black_box((one.finished().unwrap(), other.finished().unwrap()));
    2
}

async fn node_hashes(cost: u32, threads: usize, length: Duration) -> f64 {
    let mut command = Command::new("node");
    command.arg("bench/peers/better-auth/bcrypt-rate.mjs");
    command.args([cost.to_string(), threads.to_string(), length.as_millis().to_string()]);
    run(command).await.trim().parse().unwrap()
}

/// Returns the CPU microseconds of a signature and of its verification.
fn signatures(length: Duration) -> (f64, f64) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = pair.public_key().as_der().unwrap();
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref()).unwrap();
    // As long as the header and the claims of an access token.
    let message = [b'x'; 400];
    let random = SystemRandom::new();
    let mut signature = vec![0; pair.public_modulus_len()];
    let sign = cpu_each(length, || pair.sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature).unwrap());
    let verify = cpu_each(length, || public.verify_sig(&message, &signature).unwrap());
    (sign, verify)
}

/// Returns the CPU microseconds of verifying an access token and parsing its claims.
async fn verification(
    auth: &Server,
    token: &str,
    length: Duration,
    adapt: fn(VerifierBuilder) -> VerifierBuilder,
) -> f64 {
    let verifier = adapt(Verifier::builder(ISSUER, AUDIENCE))
        .jwks_url(format!("{}/.well-known/jwks.json", auth.url()))
        .status_list_url(format!("{}/.well-known/status-lists", auth.url()))
        .build()
        .unwrap();
    verifier.wait_ready().await;
    let token = token.to_owned();
    let measure = move || {
        cpu_each(length, || {
            black_box(verifier.verify(&token).unwrap());
        })
    };
    tokio::task::spawn_blocking(measure).await.unwrap()
}

fn cpu_each(length: Duration, mut run: impl FnMut()) -> f64 {
    let (begun, earlier) = (Instant::now(), thread_cpu_time());
    let mut count = 0;
    while begun.elapsed() < length {
        for _ in 0..50 {
            run();
        }
        count += 50;
    }
    (thread_cpu_time() - earlier).as_secs_f64() * 1e6 / f64::from(count)
}

/// An actix handler that sends as many bytes as another server.
pub struct BareHandler(Server);

impl BareHandler {
    /// Starts a handler whose responses have as many bytes in headers and body as those of this server.
    pub async fn like(server: &Server, path: &str) -> Self {
        let request = get(server, path).get(0);
        let response = Connection::open(server.address()).unwrap().send(&request).unwrap();
        let launch = Launch {
            name: "bare handler",
            program: std::env::current_exe().unwrap(),
            arguments: vec![
                "bare-handler".to_owned(),
                response.head.len().to_string(),
                response.body.to_string(),
            ],
            environment: std::collections::BTreeMap::new(),
            ready: "/",
        };
        Self(launch.start().await)
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.0
    }
}
