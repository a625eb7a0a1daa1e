//! Compares auth-service with the real Better Auth: `tests/better-auth` runs against both, with one process of
//! auth-service for each profile of settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use futures_util::future::join_all;
use local_stack::testing::{self, IdentityProvider, TestDatabase};
use local_stack::{Service, workspace};
use serde_json::{Value, json};
use tokio::process::Command;

/// The variable with the URL of the identity provider.
const PROVIDER: &str = "LATCHKEY_PROVIDER";

/// Each service has few connections, as there are many profiles and one PostgreSQL.
const POOL_SIZE: &str = "4";

/// The settings of each profile.
type Profiles = BTreeMap<String, BTreeMap<String, String>>;

/// The directory for mail, which is deleted on drop.
struct Mail(PathBuf);

impl Mail {
    fn new(test: &str) -> Self {
        let directory = format!("latchkey-mail-{test}-{}", std::process::id());
        Self(std::env::temp_dir().join(directory))
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// auth-service in some or all profiles, each with its own database.
struct Services {
    running: BTreeMap<String, (Service, TestDatabase)>,
    mail: Mail,
    /// The identity provider of both sides.
    provider: IdentityProvider,
}

impl Services {
    async fn start(test: &str, wanted: impl Fn(&str) -> bool) -> Self {
        let mail = Mail::new(test);
        let directory = mail.0.to_str().unwrap();
        let provider = IdentityProvider::start().await;
        let mut settings = script("run.mjs");
        settings.arg("--settings").arg(directory).env(PROVIDER, &provider.url);
        let printed = settings.output().await.unwrap();
        let profiles: Profiles = serde_json::from_slice(&printed.stdout).unwrap();
        let wanted = profiles.into_iter().filter(|(name, _)| wanted(name));
        let started = wanted.map(|(name, settings)| start(name, settings, &mail.0));
        let running = join_all(started).await.into_iter().collect();
        Self { running, mail, provider }
    }

    /// Runs a script, with the URLs and settings that it needs.
    async fn compare(&self, name: &str) -> Output {
        let place = |(name, (service, database)): (&String, &(Service, TestDatabase))| {
            (name.clone(), json!({"url": service.url(), "database": database.superuser_url()}))
        };
        let services: serde_json::Map<String, Value> = self.running.iter().map(place).collect();
        let mut script = script(name);
        script
            .env("LATCHKEY_SERVICES", Value::Object(services).to_string())
            .env("LATCHKEY_MAIL", &self.mail.0)
            .env(PROVIDER, &self.provider.url);
        script.output().await.unwrap()
    }
}

async fn start(
    profile: String,
    settings: BTreeMap<String, String>,
    mail: &Path,
) -> (String, (Service, TestDatabase)) {
    std::fs::create_dir_all(mail.join(&profile)).unwrap();
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let settings: Vec<_> = settings.chain([("DATABASE_POOL_SIZE", POOL_SIZE)]).collect();
    let database = TestDatabase::auth().await;
    let service = testing::auth_service(&database, &settings).await;
    (profile, (service, database))
}

fn script(name: &str) -> Command {
    let directory = workspace::root().unwrap().join("tests/better-auth");
    let installed = directory.join("node_modules").is_dir();
    assert!(
        installed,
        "Better Auth is not installed: ./dev test does it, or `npm ci` in {}",
        directory.display()
    );
    let mut command = Command::new("node");
    command.arg(directory.join(name)).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Fails with the output of the script, which lists both sides of every scenario that differs.
#[track_caller]
fn assert_success(output: &Output) {
    let said = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "{said}");
    println!("{said}");
}

#[tokio::test]
async fn every_option_has_a_row_in_the_guide() {
    let output = script("options.mjs").output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn every_answer_is_better_auths_but_for_the_listed_differences() {
    let services = Services::start("all", |_| true).await;
    assert_success(&services.compare("run.mjs").await);
}

#[tokio::test]
async fn the_comparison_sees_what_is_planted() {
    let services =
        Services::start("planted", |name| ["plain", "account", "social", "two-factor"].contains(&name)).await;
    assert_success(&services.compare("can-see.mjs").await);
}

#[tokio::test]
async fn two_better_auths_do_not_differ() {
    let database = TestDatabase::empty_auth().await;
    let mut script = script("run.mjs");
    // Scenarios with everything that has to be normalised: ids, times, tokens, links, secrets and codes.
    script.args([
        "--against-itself",
        "--only",
        "^(client|get-session|sessions|reset-password|two-factor-(sign-in|client))",
    ]);
    let provider = IdentityProvider::start().await;
    script.env("LATCHKEY_DATABASE", database.superuser_url()).env(PROVIDER, &provider.url);
    assert_success(&script.output().await.unwrap());
}

#[tokio::test]
async fn the_documented_differences_are_those_that_are_compared() {
    const BEGIN: &str = "<!-- begin: printed by tests/better-auth/render-differences.mjs -->\n";
    const END: &str = "<!-- end -->";
    let printed = script("render-differences.mjs").output().await.unwrap();
    assert_success(&printed);
    let page = std::fs::read_to_string(workspace::root().unwrap().join("docs/API.md")).unwrap();
    let (_, table) = page.split_once(BEGIN).unwrap();
    let (table, _) = table.split_once(END).unwrap();
    assert_eq!(table, String::from_utf8(printed.stdout).unwrap());
}
