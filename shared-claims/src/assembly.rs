//! Builds a verifier from its settings.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, Validation};
use reqwest::Client;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use crate::ages;
use crate::builder::{StatusSettings, VerifierBuilder};
use crate::error::BuildError;
use crate::header::TokenType;
use crate::keys::KeyStore;
use crate::metrics;
use crate::published::{self, Expected, SettingsCheck};
use crate::refresh::Refresher;
use crate::refused::RefusalReports;
use crate::remote::{self, Remote};
use crate::schedule::Schedule;
use crate::spelling::Spellings;
use crate::status::{ListStore, PollSettings, Prefix, StatusCheck, Watcher};
use crate::verified::VerifiedTokens;
use crate::verifier::{Inner, Verifier};

/// Maximum clock skew. A larger one would extend the lifetime of every token rather than tolerate differences of clocks.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(300);

/// Where the status lists are published, and their URI prefix in tokens.
struct ListPlace {
    url: Url,
    prefix: Prefix,
    interval: Duration,
    max_stale: SignedDuration,
}

impl VerifierBuilder {
    /// Builds the verifier and starts its background tasks, which fetch the key set and the status lists at once. It
    /// does not wait for them: see [`Verifier::wait_ready`].
    ///
    /// The tasks run in the current tokio runtime. It must live as long as the verifier and have I/O and time enabled, like
    /// those of `#[tokio::main]` and `#[actix_web::main]`.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, a URL cannot be parsed, there is no runtime, or the HTTP client cannot be created.
    pub fn build(self) -> Result<Verifier, BuildError> {
        let runtime = Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let token_type = TokenType::new(&self.token_type);
        self.check(&token_type)?;
        let max_age = signed(self.max_age, "max_age")?;
        let clock_skew = signed(self.clock_skew, "clock_skew")?;
        let jwks_url = self.key_set_url()?;
        let lists = self.status.as_ref().map(|status| self.list_place(status)).transpose()?;
        // The cryptographic back end of jsonwebtoken is a setting of the process; the features of another crate could leave
        // it without one. This changes nothing if one is installed already.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let urls = lists.iter().map(|lists| &lists.url).chain([&jwks_url]);
        let client = remote::client(urls)?;

        metrics::create();
        let store = Arc::new(KeyStore::new(max_age));
        let (fetches, status_fetches) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (nudge, nudges) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        let keys = self.remote(&client, jwks_url.clone(), Refresher::ACCEPT, self.max_body, &fetches);
        tasks.spawn_on(self.refresher(keys, Arc::clone(&store), nudges).run(), &runtime);
        let status = lists.map(|lists| {
            let settings = PollSettings {
                clock: Arc::clone(&self.clock),
                interval: lists.interval,
                cooldown: self.cooldown,
                keys: Arc::clone(&store),
                key_nudge: nudge.clone(),
                store: Arc::new(ListStore::new(lists.max_stale, clock_skew)),
            };
            let remote = self.remote(&client, lists.url, Watcher::ACCEPT, Watcher::MAX_BODY, &status_fetches);
            let (status_nudge, nudges) = mpsc::channel(1);
            let store = Arc::clone(&settings.store);
            tasks.spawn_on(Watcher::new(remote, lists.prefix.clone(), nudges, settings).run(), &runtime);
            StatusCheck { prefix: lists.prefix, store, nudge: status_nudge }
        });
        let list_store = status.as_ref().map(|status| Arc::clone(&status.store));
        let ages = ages::measure(Arc::clone(&self.clock), Arc::clone(&store), list_store);
        tasks.spawn_on(ages, &runtime);
        if self.compares_settings {
            tasks.spawn_on(self.settings_check(&client, &jwks_url, &token_type).run(), &runtime);
        }
        Ok(Verifier::new(Inner {
            token_type,
            validation: validation(&self.issuer, &self.audience),
            clock_skew,
            clock: self.clock,
            store,
            fetches,
            nudge,
            jwks_url,
            status,
            status_fetches,
            refusals: RefusalReports::new(self.diagnostics),
            verified: self.remembers_tokens.then(VerifiedTokens::new),
            _tasks: tasks,
        }))
    }

    fn remote(
        &self,
        client: &Client,
        url: Url,
        accept: &'static str,
        max_body: usize,
        fetches: &Arc<AtomicU64>,
    ) -> Remote {
        let (client, fetches) = (client.clone(), Arc::clone(fetches));
        Remote { client, url, accept, timeout: self.fetch_timeout, max_body, fetches }
    }

    fn settings_check(&self, client: &Client, jwks_url: &Url, token_type: &TokenType) -> SettingsCheck {
        let fetches = Arc::default();
        let remote = |url| self.remote(client, url, SettingsCheck::ACCEPT, SettingsCheck::MAX_BODY, &fetches);
        SettingsCheck {
            places: published::places(jwks_url, &self.issuer).into_iter().map(remote).collect(),
            expected: Expected {
                issuer: Spellings::new(&self.issuer),
                audience: Spellings::new(&self.audience),
                token_type: token_type.clone(),
            },
            schedule: published::schedule(&self.clock, self.cooldown),
            diagnostics: Arc::clone(&self.diagnostics),
        }
    }

    /// The cooldown also applies after a failure.
    fn refresher(&self, remote: Remote, store: Arc<KeyStore>, nudges: mpsc::Receiver<()>) -> Refresher {
        let schedule = Schedule {
            clock: Arc::clone(&self.clock),
            interval: self.refresh_interval,
            least: self.cooldown,
            first_retry: self.cooldown,
            last_retry: self.cooldown,
            failures: 0,
        };
        Refresher { remote, store, clock: Arc::clone(&self.clock), nudges, schedule }
    }

    fn check(&self, token_type: &TokenType) -> Result<(), BuildError> {
        const LONGER: &str = "must be longer than zero";
        let rules = [
            (!self.issuer.is_empty(), "issuer", "must not be empty"),
            (
                !has_credentials(&self.issuer),
                "issuer",
                "must not contain credentials; tokens do not contain them",
            ),
            (!self.audience.is_empty(), "audience", "must not be empty"),
            (!token_type.is_empty(), "token_type", "must not be empty"),
            (self.clock_skew <= MAX_CLOCK_SKEW, "clock_skew", "must be 5 minutes or less"),
            (!self.refresh_interval.is_zero(), "refresh_interval", LONGER),
            (!self.cooldown.is_zero(), "cooldown", LONGER),
            (!self.fetch_timeout.is_zero(), "fetch_timeout", LONGER),
            (self.max_age >= self.refresh_interval, "max_age", "must not be shorter than refresh_interval"),
            (self.max_body > 0, "max_body", "must be more than zero"),
        ];
        all(rules)
    }

    fn key_set_url(&self) -> Result<Url, BuildError> {
        let default = || format!("{}/.well-known/jwks.json", self.issuer.trim_end_matches('/'));
        url(&self.jwks_url.clone().unwrap_or_else(default), "jwks_url")
    }

    fn list_place(&self, status: &StatusSettings) -> Result<ListPlace, BuildError> {
        let default = || format!("{}/.well-known/status-lists", self.issuer.trim_end_matches('/'));
        let prefix = Prefix::new(&status.prefix.clone().unwrap_or_else(default));
        let url = url(&status.url.clone().unwrap_or_else(default), "status_list_url")?;
        let plain = url.query().is_none() && url.fragment().is_none();
        all([
            (plain, "status_list_url", "must have neither a query nor a fragment"),
            (!prefix.is_empty(), "status_list_prefix", "must not be empty"),
            (!status.interval.is_zero(), "status_interval", "must be longer than zero"),
            (status.max_stale >= status.interval, "max_stale", "must not be shorter than status_interval"),
        ])?;
        let max_stale = signed(status.max_stale, "max_stale")?;
        Ok(ListPlace { url, prefix, interval: status.interval, max_stale })
    }
}

/// Returns an error for the first violated rule. A rule is: whether it holds, the setter, the text.
fn all<const N: usize>(rules: [(bool, &'static str, &'static str); N]) -> Result<(), BuildError> {
    match rules.into_iter().find(|(holds, ..)| !holds) {
        Some((_, setting, rule)) => Err(BuildError::Setting { setting, rule }),
        None => Ok(()),
    }
}

fn url(text: &str, setting: &'static str) -> Result<Url, BuildError> {
    let url = Url::parse(text).map_err(|source| BuildError::Url { setting, source })?;
    all([
        (matches!(url.scheme(), "http" | "https"), setting, "must begin with http:// or https://"),
        (
            url.username().is_empty() && url.password().is_none(),
            setting,
            "must not contain credentials; the document is public, and the URL is logged",
        ),
    ])?;
    Ok(url)
}

fn has_credentials(issuer: &str) -> bool {
    Url::parse(issuer).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

/// Returns the checks of jsonwebtoken besides the signature. Issuer and audience are accepted as written and, if they are
/// http or https URLs, in their canonical spelling.
///
/// Its checks of `exp` and `nbf` are off, because they read the system clock; `exp` is required by the type of the payload.
/// Without the list of required claims, a token without `iss`, `aud` or `sub` would pass.
pub(crate) fn validation(issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_issuer(&Spellings::new(issuer).all().collect::<Vec<_>>());
    validation.set_audience(&Spellings::new(audience).all().collect::<Vec<_>>());
    validation.set_required_spec_claims(&["iss", "aud", "sub"]);
    validation
}

fn signed(duration: Duration, setting: &'static str) -> Result<SignedDuration, BuildError> {
    SignedDuration::try_from(duration).map_err(|_| BuildError::Setting { setting, rule: "is too long" })
}
