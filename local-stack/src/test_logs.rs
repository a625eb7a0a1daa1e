//! Keeps what services wrote and which secrets tests used, for the search at the end of `./dev test`
//! (tests/search-logs): no log may contain a secret.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use crate::process::{OnLine, Stream};

/// The directory. Nothing is kept if it is not set.
const DIRECTORY: &str = "LATCHKEY_TEST_LOGS";

/// Settings that are lists of secrets.
const SECRETS: [&str; 2] = ["AUTH_SECRETS", "KEY_ENCRYPTION_KEYS"];
/// Settings that are URLs with a password.
const URLS: [&str; 4] = ["DATABASE_URL", "MIGRATION_DATABASE_URL", "SOURCE_DATABASE_URL", "MAIL_URL"];
/// Minimum length of a secret that is searched for. Shorter ones are words that logs contain for other reasons.
const SHORTEST: usize = 12;

/// What tests guess when a guess has to be wrong. It opens nothing, and the help contains these words.
const WRONG_GUESS: &str = "wrong password";
/// How the emails of tests end. Tests try them as passwords, which are refused, and commands print them.
const EMAIL: &str = "@example.com";

fn directory() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Records a secret that a test uses.
pub fn record_secret(secret: &str) {
    let Some(directory) = directory() else { return };
    let is_public = secret == WRONG_GUESS || secret.ends_with(EMAIL);
    if secret.len() < SHORTEST || is_public || secret.contains(['\n', '\r']) {
        return;
    }
    let path = directory.join(format!("{}.secrets", std::process::id()));
    let file = OpenOptions::new().create(true).append(true).open(path);
    // In one write, because threads append at the same time.
    let _ = file.and_then(|mut file| file.write_all(format!("{secret}\n").as_bytes()));
}

/// Records a secret if this setting is one.
pub(crate) fn record_setting(name: &str, value: &str) {
    if SECRETS.contains(&name) {
        value.split(',').for_each(record_secret);
    } else if URLS.contains(&name)
        && let Ok(url) = Url::parse(value)
        && let Some(password) = url.password()
    {
        record_secret(password);
    }
}

/// The command that shows a new secret to the operator who asked for it, on standard output.
const SHOWS_A_SECRET: [&str; 2] = ["webhooks", "add"];

/// Returns what keeps the output of a process with these arguments: in a file that is named after it and the test.
pub(crate) fn keep(name: &str, arguments: &[&str]) -> Option<OnLine> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let directory = directory()?;
    let test = std::thread::current().name().unwrap_or_default().replace("::", ".");
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = directory.join(format!("{test}.{name}.{}-{number}.log", std::process::id()));
    let file = Mutex::new(OpenOptions::new().create(true).append(true).open(path).ok()?);
    let shows_a_secret = arguments.starts_with(&SHOWS_A_SECRET);
    Some(Arc::new(move |stream, line| {
        if shows_a_secret && stream == Stream::Stdout {
            return;
        }
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(file, "{line}");
    }))
}
