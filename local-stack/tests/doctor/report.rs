//! Runs `auth-service doctor` and reads its findings.

use local_stack::process::Environment;
use local_stack::testing::{self, Database};
use local_stack::workspace::Binary;
use local_stack::{Finished, run_to_end};
use serde_json::Value;

/// The findings of a run, and its exit code.
#[derive(Debug)]
pub struct Report {
    findings: Vec<Value>,
    code: Option<i32>,
}

/// The settings of a deployment on this database: those of [`testing::auth_env`], without what weakens it, and `extra`.
pub fn settings(database: &Database, extra: &[(&str, &str)]) -> Environment {
    let mut settings = testing::auth_env(database);
    settings.retain(|name, _| !["BCRYPT_COST", "RATE_LIMIT_ENABLED"].contains(&name.as_str()));
    settings.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    settings
}

/// Runs the command with these settings.
pub async fn run(settings: &Environment, arguments: &[&str]) -> Finished {
    testing::build_binaries().await.unwrap();
    run_to_end(Binary::AuthService, &[&["doctor"], arguments].concat(), settings).await.unwrap()
}

/// Runs the command with these settings and reads its findings. None of them may show a secret.
pub async fn diagnose(settings: &Environment, arguments: &[&str]) -> Report {
    let finished = run(settings, &[arguments, &["--json"]].concat()).await;
    let text = finished.stdout.join("\n");
    for name in ["AUTH_SECRETS", "KEY_ENCRYPTION_KEYS", "MAIL_URL", "DATABASE_URL"] {
        let secret = settings.get(name);
        assert!(secret.is_none_or(|secret| !text.contains(secret.as_str())), "{name} is shown: {text}");
    }
    assert!(!text.contains("eyJ"), "a token is shown: {text}");
    let findings = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {finished:?}"));
    Report { findings, code: finished.status.code() }
}

/// Everything in the database, without the key that each dump has of its own.
pub async fn rows(database: &Database) -> Vec<String> {
    let dump = database.dump().await;
    let lines = dump.lines().filter(|line| !line.starts_with(['\\', '-']));
    lines.map(str::to_owned).collect()
}

impl Report {
    /// The checks with this status.
    pub fn with(&self, status: &str) -> Vec<&str> {
        let found = self.findings.iter().filter(|finding| finding["status"] == status);
        found.map(|finding| finding["check"].as_str().unwrap()).collect()
    }

    /// Asserts that the only faults are these, and that the first one says all of `said`.
    #[track_caller]
    pub fn assert_faults(&self, checks: &[&str], said: &[&str]) {
        assert_eq!(self.with("fault"), checks, "{self:#?}");
        assert_eq!(self.with("warning"), [""; 0], "{self:#?}");
        assert_eq!(self.code, Some(1));
        let fault = self.findings.iter().find(|finding| finding["status"] == "fault").unwrap();
        let text = format!("{}. {}", fault["message"].as_str().unwrap(), fault["remedy"].as_str().unwrap());
        for part in said {
            assert!(text.contains(part), "{part:?} is not in: {text}");
        }
    }

    /// Asserts that there is neither a fault nor a warning, and that these checks alone were skipped.
    #[track_caller]
    pub fn assert_healthy(&self, skipped: &[&str]) {
        assert_eq!(self.with("fault"), [""; 0], "{self:#?}");
        assert_eq!(self.with("warning"), [""; 0], "{self:#?}");
        assert_eq!(self.with("skipped"), skipped, "{self:#?}");
        assert_eq!(self.code, Some(0));
    }
}
