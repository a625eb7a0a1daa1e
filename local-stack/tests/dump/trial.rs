//! Trying every value at every entry point.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::cookies::{CookieEntry, CookieProbe};
use super::entry_points::{EntryPoint, Services};
use super::keys::{self, Sealed};
use super::values::Values;

/// Requests at once: enough to keep the services busy.
const AT_ONCE: usize = 8;
/// Sign-ins at once: the queue for hashing refuses one network more than a few.
const SIGN_INS_AT_ONCE: usize = 2;

/// A value that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where it was accepted.
    pub entry: String,
    /// Where it was found.
    pub place: String,
    pub value: String,
}

/// What was tried, and what was accepted.
#[derive(Default)]
pub struct Outcome {
    pub findings: Vec<Finding>,
    /// How many values were tried at each entry point.
    pub tried: BTreeMap<String, usize>,
}

impl Outcome {
    /// The number of values, summed over all entry points.
    pub fn combinations(&self) -> usize {
        self.tried.values().sum()
    }

    fn count(&mut self, entry: &str, tried: usize) {
        *self.tried.entry(entry.to_owned()).or_default() += tried;
    }
}

/// Which values are tried as the password of which account.
pub type IsCandidate = dyn Fn(&str, &str, &str) -> bool + Send + Sync;

/// What values are tried with.
pub struct Trial {
    pub services: Arc<Services>,
    pub probe: CookieProbe,
    pub sealed: Vec<Sealed>,
    /// Whether a value from a place is tried as the password of an email.
    pub is_candidate: Arc<IsCandidate>,
}

impl Trial {
    /// Tries all values.
    pub async fn run(&self, values: &Values) -> Outcome {
        let mut outcome = Outcome::default();
        let texts: Arc<[(String, String)]> =
            values.texts.iter().map(|(text, place)| (text.clone(), place.clone())).collect();
        self.try_keys(values, &mut outcome).await;
        for entry in EntryPoint::FOR_TOKENS {
            self.try_texts(entry, &format!("{entry:?}"), &texts, &mut outcome).await;
        }
        self.probe.exceed_limit(&self.services).await;
        for entry in CookieEntry::ALL {
            self.try_cookies(entry, values, &mut outcome).await;
        }
        for index in 0..self.services.emails.len() {
            let email = &self.services.emails[index];
            let candidates = texts.iter().filter(|(text, place)| (self.is_candidate)(email, text, place));
            let candidates = candidates.cloned().collect();
            self.try_texts(
                EntryPoint::Password(index),
                &format!("Password of {email}"),
                &candidates,
                &mut outcome,
            )
            .await;
        }
        outcome
    }

    /// Tries bytes as keys of encrypted rows and of access tokens.
    async fn try_keys(&self, values: &Values, outcome: &mut Outcome) {
        for (bytes, place) in &values.bytes {
            let finding = |entry: &str| Finding {
                entry: entry.to_owned(),
                place: place.clone(),
                value: String::from_utf8_lossy(bytes).into_owned(),
            };
            if keys::opens_any(&self.sealed, bytes) {
                outcome.findings.push(finding("KeyOfRows"));
            }
            if let Some(key) = keys::private_key(bytes) {
                let token = keys::signed(&key, &self.services.message());
                let accepted = self.services.accepts(EntryPoint::BearerOfTaskService, &token).await.is_some();
                let entry = if accepted { "PrivateKey" } else { "PrivateKey of something else" };
                outcome.findings.push(finding(entry));
            }
        }
        outcome.count("KeyOfRows", values.bytes.len());
        outcome.count("PrivateKey", values.bytes.len());
    }

    /// Tries values one by one.
    async fn try_texts(
        &self,
        entry: EntryPoint,
        name: &str,
        texts: &Arc<[(String, String)]>,
        outcome: &mut Outcome,
    ) {
        let next = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        let at_once = if matches!(entry, EntryPoint::Password(_)) { SIGN_INS_AT_ONCE } else { AT_ONCE };
        for _ in 0..at_once {
            let (services, texts, next) = (Arc::clone(&self.services), Arc::clone(texts), Arc::clone(&next));
            workers.spawn(async move {
                let mut accepted = Vec::new();
                while let Some((text, place)) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(status) = services.accepts(entry, text).await {
                        accepted.push((text.clone(), format!("{place} ({status})")));
                    }
                }
                accepted
            });
        }
        for (value, place) in workers.join_all().await.into_iter().flatten() {
            outcome.findings.push(Finding { entry: name.to_owned(), place, value });
        }
        outcome.count(name, texts.len());
    }

    /// Tries values as cookies, many at once.
    async fn try_cookies(&self, entry: CookieEntry, values: &Values, outcome: &mut Outcome) {
        let all: Vec<(&[u8], &String)> = match entry {
            CookieEntry::SecretOfCookies => {
                values.bytes.iter().map(|(bytes, place)| (&**bytes, place)).collect()
            }
            _ => values.texts.iter().map(|(text, place)| (text.as_bytes(), place)).collect(),
        };
        let bytes: Vec<&[u8]> = all.iter().map(|(bytes, _)| *bytes).collect();
        let name = format!("Cookie of {entry:?}");
        for index in self.probe.accepts(&self.services, entry, &bytes).await {
            let (bytes, place) = all[index];
            let value = String::from_utf8_lossy(bytes).into_owned();
            outcome.findings.push(Finding { entry: name.clone(), place: place.clone(), value });
        }
        outcome.count(&name, bytes.len());
    }
}
