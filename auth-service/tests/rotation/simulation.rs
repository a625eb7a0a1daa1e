//! Three replicas and three verifiers in this process, under a clock that runs through hours in seconds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use auth_service::background::Background;
use auth_service::keys::{KeyEncryptionKeys, RotationPolicy, SigningKey};
use auth_service::server::{self, Bound};
use jiff::{SignedDuration, Timestamp};
use local_stack::testing::{AUDIENCE, ISSUER, TestDatabase};
use reqwest::Client;
use serde_json::{Value, json};
use shared_claims::{Clock, SharedClock, Verifier, VerifyError, VirtualClock};

use super::cache::{HttpCache, Upstreams};
use super::{Dice, Tally, kid_of};
use crate::support::{PASSWORD, connect};
use crate::time::config_of;
use crate::tokens::claims;

const REPLICAS: usize = 3;
/// What comes back again and again in a replica: keys, status lists, what sweeps them, and the refusals of the audit log.
const TASKS_OF_REPLICA: usize = 4;
/// The same in a verifier: keys and how old they are; and, where it follows status lists, which there are and the one.
const TASKS_OF_VERIFIER: usize = 2;
const TASKS_FOR_LISTS: usize = 2;
/// Only one of the verifiers follows status lists, as few of other people's do: it learns of another key by them.
const FOLLOWS_LISTS: [bool; 3] = [true, false, false];
/// After the key in the databases' template was made.
const START: &str = "2040-01-01T00:00:00Z";
/// Twice what twenty rotations should take.
const GIVE_UP: &str = "2040-01-01T02:40:00Z";
/// How far the clock is moved at a time.
const STEP: Duration = Duration::from_secs(4);
/// What a verifier may hold that is out of date: its own interval and its jitter, and what the cache in front adds.
const STALE: SignedDuration = SignedDuration::from_secs(60 + 6 + 60 + 30 + 10);
/// More life than a token needs to count.
const TO_LIVE: SignedDuration = SignedDuration::from_secs(2);

/// Short lives, in the proportions of the real ones.
const SETTINGS: [(&str, &str); 9] = [
    ("KEY_ROTATION_INTERVAL", "230s"),
    ("KEY_REFRESH_INTERVAL", "4s"),
    ("JWKS_MAX_AGE", "60s"),
    ("JWKS_STALE_WHILE_REVALIDATE", "10s"),
    ("JWKS_STALE_IF_ERROR", "30s"),
    ("JWKS_VERIFIER_CACHE", "66s"),
    ("CLOCK_SKEW", "10s"),
    ("JWT_TTL", "120s"),
    ("DATABASE_POOL_SIZE", "2"),
];

struct Replica {
    url: String,
    server: ServerHandle,
    background: Background,
}

struct World {
    clock: Arc<VirtualClock>,
    database: TestDatabase,
    superuser: tokio_postgres::Client,
    policy: Option<RotationPolicy>,
    replicas: Vec<Replica>,
    upstreams: Upstreams,
    verifiers: Vec<(Verifier, HttpCache)>,
    http: Client,
    sessions: Vec<String>,
    /// Every token that was handed out and is not dead yet, and when it dies.
    tokens: HashMap<String, Timestamp>,
    /// For each key a token of it that outlives everything, and when the key was seen to be gone.
    eternal: HashMap<String, (String, Option<Timestamp>)>,
    tally: Tally,
    dice: Dice,
}

impl World {
    async fn new(policy: Option<RotationPolicy>, seed: u64) -> Self {
        let database = TestDatabase::auth().await;
        let clock = Arc::new(VirtualClock::new(START.parse().unwrap()));
        let mut world = Self {
            superuser: connect(&database.superuser_url()).await,
            clock,
            database,
            policy,
            replicas: Vec::new(),
            upstreams: Upstreams::default(),
            verifiers: Vec::new(),
            http: Client::builder().timeout(Duration::from_secs(5)).build().unwrap(),
            sessions: Vec::new(),
            tokens: HashMap::new(),
            eternal: HashMap::new(),
            tally: Tally::default(),
            dice: Dice::new(seed),
        };
        for _ in 0..REPLICAS {
            world.start_replica().await;
        }
        for follows_lists in FOLLOWS_LISTS {
            world.start_verifier(follows_lists);
        }
        for name in ["alice", "bob", "carol"] {
            world.sign_up(name).await;
        }
        world.settle().await;
        world
    }

    fn shared_clock(&self) -> SharedClock {
        Arc::clone(&self.clock) as SharedClock
    }

    async fn start_replica(&mut self) {
        let config = config_of(&self.database, &SETTINGS);
        let prepared = match self.policy.clone() {
            Some(policy) => server::prepare_with(&config, self.shared_clock(), policy).await,
            None => server::prepare(&config, self.shared_clock()).await,
        };
        let Bound { server, addresses, background, .. } =
            server::bind(prepared.unwrap(), config.bind).unwrap();
        let replica =
            Replica { url: format!("http://{}", addresses[0]), server: server.handle(), background };
        actix_web::rt::spawn(server);
        self.upstreams.lock().unwrap().push(replica.url.clone());
        self.replicas.push(replica);
    }

    /// In the middle of whatever it does.
    async fn kill_replica(&mut self) {
        let Replica { url, server, background } = self.replicas.remove(self.dice.below(self.replicas.len()));
        background.stop().await;
        server.stop(false).await;
        // Others learn of it when they get no answer; here, at the end of this step.
        self.tally.connection_errors +=
            u64::from(self.http.get(format!("{url}/healthz")).send().await.is_err());
        self.upstreams.lock().unwrap().retain(|upstream| *upstream != url);
    }

    fn start_verifier(&mut self, follows_lists: bool) {
        let cache = HttpCache::start(self.shared_clock(), Arc::clone(&self.upstreams));
        let builder = Verifier::builder(ISSUER, AUDIENCE)
            .jwks_url(format!("{}/.well-known/jwks.json", cache.url))
            .refresh_interval(Duration::from_secs(60))
            .clock_skew(Duration::from_secs(10))
            .clock(self.shared_clock());
        let builder = match follows_lists {
            true => builder.status_list_url(format!("{}/.well-known/status-lists", cache.url)),
            false => builder.without_status_lists(),
        };
        self.verifiers.push((builder.build().unwrap(), cache));
    }

    async fn sign_up(&mut self, name: &str) {
        let body = json!({"name": name, "email": format!("{name}@example.com"), "password": PASSWORD});
        let url = format!("{}/api/auth/sign-up/email", self.replicas[0].url);
        let answer: Value = self.http.post(url).json(&body).send().await.unwrap().json().await.unwrap();
        self.sessions.push(answer["token"].as_str().unwrap().to_owned());
    }

    /// Waits until all that was to be done by now is done.
    async fn settle(&self) {
        let following = FOLLOWS_LISTS.iter().filter(|follows| **follows).count();
        let everybody = self.replicas.len() * TASKS_OF_REPLICA
            + self.verifiers.len() * TASKS_OF_VERIFIER
            + following * TASKS_FOR_LISTS;
        let asleep = tokio::time::timeout(Duration::from_secs(30), self.clock.asleep(everybody)).await;
        assert!(asleep.is_ok(), "{} of {everybody} sleep", self.clock.sleepers());
    }

    async fn step(&mut self) {
        self.clock.advance(STEP);
        self.settle().await;
        match self.dice.below(40) {
            0 if self.replicas.len() > 1 => self.kill_replica().await,
            1 | 2 if self.replicas.len() < REPLICAS => self.start_replica().await,
            _ => {}
        }
        self.settle().await;
        self.fetch_token().await;
        self.note_keys().await;
        self.verify_all();
    }

    /// One of the users asks one of the replicas.
    async fn fetch_token(&mut self) {
        let replica = &self.replicas[self.dice.below(self.replicas.len())];
        let session = &self.sessions[self.dice.below(self.sessions.len())];
        let answer =
            self.http.get(format!("{}/api/auth/token", replica.url)).bearer_auth(session).send().await;
        let Ok(answer) = answer else {
            self.tally.connection_errors += 1;
            return;
        };
        if answer.status() == 503 {
            self.tally.unavailable += 1;
            return;
        }
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        let token = answer["token"].as_str().unwrap().to_owned();
        let dies = Timestamp::from_second(claims(&token)["exp"].as_i64().unwrap()).unwrap();
        let kid = kid_of(&token);
        if !self.eternal.contains_key(&kid) {
            let eternal = self.eternal_token(&kid, &token).await;
            self.eternal.insert(kid, (eternal, None));
        }
        self.tokens.insert(token, dies);
    }

    /// What somebody could sign who stole the key.
    async fn eternal_token(&self, kid: &str, like: &str) -> String {
        let stored = "SELECT private_key FROM signing_keys WHERE kid = $1";
        let sealed: Vec<u8> = self.superuser.query_one(stored, &[&kid]).await.unwrap().get(0);
        let secret = self.database.secrets().key_encryption_keys.clone().into();
        let key = KeyEncryptionKeys::parse(&secret).unwrap().open(kid, &sealed).unwrap();
        let mut claims = claims(like);
        claims["exp"] = json!(4_000_000_000_u64);
        SigningKey::from_pkcs8(&key).unwrap().sign("at+jwt", &claims).unwrap()
    }

    /// Notes which keys' time is over.
    async fn note_keys(&mut self) {
        let rows = self.superuser.query("SELECT kid FROM signing_keys", &[]).await.unwrap();
        let there: HashSet<String> = rows.iter().map(|row| row.get(0)).collect();
        let now = self.clock.now();
        for (kid, (_, gone)) in &mut self.eternal {
            if !there.contains(kid) && gone.is_none() {
                *gone = Some(now);
            }
        }
        self.tally.rotations = self.eternal.len().saturating_sub(1) as u64;
    }

    fn verify_all(&mut self) {
        let now = self.clock.now();
        self.tokens.retain(|_, dies| dies.duration_since(now) > TO_LIVE);
        for (verifier, _) in &self.verifiers {
            for token in self.tokens.keys() {
                match verifier.verify(token) {
                    Ok(_) => self.tally.accepted += 1,
                    Err(VerifyError::Invalid(_)) => self.tally.refused += 1,
                    Err(VerifyError::Unavailable(_)) => self.tally.unavailable += 1,
                }
            }
            let zombies = self.eternal.values().filter(|(token, gone)| {
                gone.is_some_and(|gone| now.duration_since(gone) > STALE) && verifier.verify(token).is_ok()
            });
            self.tally.zombies += zombies.count() as u64;
        }
    }
}

#[actix_web::test]
async fn twenty_rotations_refuse_no_valid_token() {
    let mut world = World::new(None, 1).await;
    while world.tally.rotations < 20 {
        world.step().await;
        assert!(world.clock.now() < GIVE_UP.parse().unwrap(), "{:?}", world.tally);
    }
    println!("{:?}", world.tally);
    let Tally { accepted, refused, zombies, unavailable, .. } = world.tally;
    assert!(accepted > 10_000, "{:?}", world.tally);
    assert_eq!((refused, zombies, unavailable), (0, 0, 0), "{:?}", world.tally);
    let gone = world.eternal.values().filter(|(_, gone)| gone.is_some()).count();
    assert!(gone >= 17, "keys are deleted when their time is over: {gone}");
}

/// The same, but keys sign before verifiers know them: it shows.
#[actix_web::test]
async fn without_the_rotation_policy_valid_tokens_are_refused() {
    let lead = SignedDuration::ZERO;
    let broken = RotationPolicy {
        lead,
        rotation_interval: SignedDuration::from_secs(12),
        refresh_interval: Duration::from_secs(4),
        cache_control: "public, max-age=60, stale-while-revalidate=10, stale-if-error=30".to_owned(),
        ..RotationPolicy::default()
    };
    let mut world = World::new(Some(broken), 1).await;
    while world.tally.rotations < 20 {
        world.step().await;
    }
    println!("{:?}", world.tally);
    assert!(world.tally.refused > 0, "{:?}", world.tally);
}
