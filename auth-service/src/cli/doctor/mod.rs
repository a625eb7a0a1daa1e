//! `doctor`: checks a deployment from inside, by its settings and the database, and from outside, through the URL that
//! browsers use. Changes nothing. Every step has a deadline of its own.

mod clocks;
mod database;
mod http;
mod keys;
mod mail;
mod proxies;
mod public_url;
mod report;
mod settings;
mod task_service;

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use service_kit::database::Pool;
use service_kit::weakness::Weakness;
use shared_claims::{Clock, SystemClock};
use url::Url;

use self::clocks::Reading;
use self::http::{Answer, Remote};
use self::report::{Finding, Report, Status};
use self::task_service::Issuer;
use super::output::{formatted, print};
use crate::config::{self, Config};
use crate::diagnosis::{DiagnosisKey, Seen};
use crate::keys::KeyInspection;
use crate::server::NAME;
use crate::status_lists;

const CLOCK: &str = "clock.auth-service";

/// Options of `doctor`. Its settings are those of `serve`.
#[derive(Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    config: Config,
    /// URL at which browsers reach the service [default: BASE_URL]
    #[arg(long, value_parser = config::base_url)]
    url: Option<Url>,
    /// URL of task-service as reached from here, without /api [default: that of browsers, if task-service answers there]
    #[arg(long, value_parser = config::base_url)]
    task_service: Option<Url>,
    /// Host and port to connect to instead of the host of the URL, such as gateway:8080. The port of the URL is used if it
    /// names one
    #[arg(long, value_name = "HOST:PORT")]
    connect_to: Option<String>,
    /// Check only settings, database, keys and mail, for which no service has to run
    #[arg(long, conflicts_with_all = ["url", "task_service", "connect_to"])]
    inside: bool,
    /// Print a JSON array with an object for each check
    #[arg(long)]
    json: bool,
}

/// Runs all checks and prints what they found. `exposed` are secrets among the arguments. The exit code is 1 if there is a
/// fault.
pub async fn run(args: DoctorArgs, exposed: &[Weakness]) -> ExitCode {
    let mut report = Report::default();
    check(&args, exposed, &mut report).await;
    let text = formatted(&report, args.json);
    let printed = text.map_err(std::io::Error::from).and_then(|text| print(&text));
    if let Err(error) = printed {
        eprintln!("{NAME}: standard output: {error}");
        return ExitCode::FAILURE;
    }
    if report.has_fault() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

async fn check(args: &DoctorArgs, exposed: &[Weakness], report: &mut Report) {
    let config = &args.config;
    settings::check(config, exposed, report);
    let pool = database::check(config, report).await;
    report.add(clocks::database(pool.as_ref(), config.tokens.clock_skew).await);
    let keys = keys::check(config, pool.as_ref(), SystemClock.now(), report).await;
    mail::check(config, report).await;
    if !args.inside {
        let is_there = outside(args, keys.as_ref(), report).await;
        if is_there || args.task_service.is_some() {
            tasks(args, pool.as_ref(), keys.as_ref(), report).await;
        } else {
            report.skip(&task_service::CHECKS, "see url.service");
        }
    }
}

/// Checks auth-service through the public URL. Returns whether it answers there.
async fn outside(args: &DoctorArgs, keys: Option<&KeyInspection>, report: &mut Report) -> bool {
    let (config, url) = (&args.config, args.public_url());
    let remote = match Remote::at(url, args.connect_to.as_deref()).await {
        Ok(remote) => remote,
        Err(error) => {
            report.add(public_url::no_client(&error));
            skip_outside(report);
            return false;
        }
    };
    let service = public_url::service(&remote, keys.map(|keys| keys.published.as_slice())).await;
    let is_there = service.status != Status::Fault;
    report.add(service);
    if !is_there {
        skip_outside(report);
        return false;
    }
    report.add(public_url::cookies(&remote, url, config).await);
    match Answers::of(&remote, config).await {
        Ok(answers) => answers.judge(url, config, report),
        Err(error) => {
            report.skip(&OF_ANSWERS, &error);
            report.skip(&proxies::CHECKS, &error);
        }
    }
    true
}

/// The checks of [`Answers`], besides those of the proxies.
const OF_ANSWERS: [&str; 3] = [public_url::SETTINGS, CLOCK, public_url::BASE_URL];

fn skip_outside(report: &mut Report) {
    let reason = "see url.service";
    report.skip(&[public_url::SECURE], reason);
    report.skip(&OF_ANSWERS, reason);
    report.skip(&proxies::CHECKS, reason);
}

/// What the service says that it sees.
struct Answers {
    seen: Option<Seen>,
    answer: Answer,
    /// Of a request that names a forged client.
    forged: Option<Seen>,
}

impl Answers {
    async fn of(remote: &Remote, config: &Config) -> Result<Self, String> {
        let key = DiagnosisKey::from(&config.auth_secrets().map_err(|error| error.to_string())?);
        // The first answer shows the service's clock, which the signature has to agree with.
        let (_, first) = public_url::seen(remote, &key, SystemClock.now(), &[]).await?;
        let (local, _) = first.moment();
        let offset = first.date().unwrap_or(local).duration_since(local);
        let now = || SystemClock.now() + offset;
        let (seen, answer) = public_url::seen(remote, &key, now(), &[]).await?;
        let names = config.client_address_headers.names();
        let headers: Vec<_> = names.map(|name| (name, proxies::FORGED_ADDRESS)).collect();
        let (forged, _) = public_url::seen(remote, &key, now(), &headers).await?;
        Ok(Self { seen, answer, forged })
    }

    fn judge(&self, url: &Url, config: &Config, report: &mut Report) {
        let Self { seen, answer, forged } = self;
        report.add(public_url::settings(seen.as_ref(), answer));
        report.add(clock(seen.as_ref(), answer, config));
        let Some(seen) = seen else {
            report.skip(&[public_url::BASE_URL], "see url.settings");
            return report.skip(&proxies::CHECKS, "see url.settings");
        };
        report.add(public_url::base_url(seen, url, config));
        report.add(proxies::trusted(seen, forged.as_ref().is_some_and(proxies::is_believed)));
        report.add(forged.as_ref().map_or_else(proxies::not_seen, proxies::forged));
    }
}

/// Compares the clock of auth-service with this machine's: exactly, or by its `Date` header.
fn clock(seen: Option<&Seen>, answer: &Answer, config: &Config) -> Finding {
    let (local, half) = answer.moment();
    let exact = seen.map(|seen| Reading { remote: seen.now, local, error: half });
    let date = |remote: Timestamp| Reading { remote, local, error: half + clocks::DATE_RESOLUTION };
    match exact.or_else(|| answer.date().map(date)) {
        Some(reading) => clocks::compare(CLOCK, "auth-service", reading, config.tokens.clock_skew),
        None => Finding::skipped(CLOCK, "its responses have no Date header"),
    }
}

/// Checks task-service, at its own URL or behind the public one.
async fn tasks(args: &DoctorArgs, pool: Option<&Pool>, keys: Option<&KeyInspection>, report: &mut Report) {
    let config = &args.config;
    let Some(key) = keys.and_then(|keys| keys.active.as_ref()) else {
        return report.skip(&task_service::CHECKS, "there is no key to sign a token with");
    };
    let tokens = match config.tokens.settings(&config.base_url, &config.accounts.user_fields) {
        Ok(tokens) => tokens,
        Err(error) => return report.skip(&task_service::CHECKS, &error.to_string()),
    };
    let index = match pool {
        Some(pool) => status_lists::free_index(pool).await.unwrap_or_default(),
        None => None,
    };
    let lists = config.tokens.status_list_prefix(&config.base_url);
    let issuer = Issuer { key, tokens: &tokens, lists, index, tolerance: config.tokens.clock_skew };
    let remote = match &args.task_service {
        Some(url) => Remote::at(url, None).await,
        None => Remote::at(args.public_url(), args.connect_to.as_deref()).await,
    };
    match remote {
        Ok(remote) => task_service::check(&remote, args.task_service.is_some(), &issuer, report).await,
        Err(error) => report.skip(&task_service::CHECKS, &error),
    }
}

impl DoctorArgs {
    fn public_url(&self) -> &Url {
        self.url.as_ref().unwrap_or(&self.config.base_url)
    }
}
