//! The secrets of a local stack: generated once and kept in a file that only its owner can read.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{IoContext, Result};

type Encoding = fn(&[u8]) -> String;

/// The names in a secrets file, and the encoding of their 32 random bytes: passwords need no escaping in a URL, keys
/// are in the format that auth-service reads.
const NAMES: [(&str, Encoding); 8] = [
    ("SUPERUSER_PASSWORD", hex),
    ("AUTH_OWNER_PASSWORD", hex),
    ("AUTH_SERVICE_PASSWORD", hex),
    ("TASKS_OWNER_PASSWORD", hex),
    ("TASKS_SERVICE_PASSWORD", hex),
    ("AUTH_SECRETS", hex),
    ("KEY_ENCRYPTION_KEYS", |bytes| STANDARD.encode(bytes)),
    ("WEBHOOK_SECRET", |bytes| format!("whsec_{}", STANDARD.encode(bytes))),
];

/// The database roles: owner and service of each database.
pub(crate) const ROLES: [&str; 4] = ["auth_owner", "auth_service", "tasks_owner", "tasks_service"];

/// The passwords of the database roles, and the secrets with which auth-service signs cookies and encrypts its signing
/// key.
///
/// They persist across restarts, because sessions and the encrypted signing key depend on them.
#[derive(Clone)]
pub struct Secrets {
    values: BTreeMap<String, String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets([REDACTED])")
    }
}

impl Secrets {
    /// Reads the file. Returns `None` if the file or one of the secrets is missing.
    ///
    /// # Errors
    /// If the file exists and cannot be read.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        let secrets = Self { values: read(path)? };
        let complete = NAMES.iter().all(|(name, _)| secrets.values.contains_key(*name));
        Ok(complete.then_some(secrets))
    }

    /// Reads the file and generates missing secrets. Concurrent callers must hold a lock.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        let mut values = read(path)?;
        for (name, encode) in NAMES {
            if !values.contains_key(name) {
                values.insert(name.to_owned(), encode(&random_bytes()?));
            }
        }
        let text: String = values.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        write_private(path, &text)?;
        Ok(Self { values })
    }

    fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// The password of the superuser `postgres` of a private cluster.
    #[must_use]
    pub fn superuser_password(&self) -> &str {
        self.value("SUPERUSER_PASSWORD")
    }

    /// The password of one of the four roles, e.g. `auth_owner`.
    #[must_use]
    pub fn role_password(&self, role: &str) -> &str {
        self.value(&format!("{}_PASSWORD", role.to_uppercase()))
    }

    /// The value of auth-service's `AUTH_SECRETS`.
    #[must_use]
    pub fn auth_secrets(&self) -> &str {
        self.value("AUTH_SECRETS")
    }

    /// The value of auth-service's `KEY_ENCRYPTION_KEYS`.
    #[must_use]
    pub fn key_encryption_keys(&self) -> &str {
        self.value("KEY_ENCRYPTION_KEYS")
    }

    /// The value of `WEBHOOK_SECRET` of both services.
    #[must_use]
    pub fn webhook_secret(&self) -> &str {
        self.value("WEBHOOK_SECRET")
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).context("read", path),
    };
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Atomically writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let unfinished = path.with_extension("unfinished");
    let write = || -> std::io::Result<()> {
        let _ = std::fs::remove_file(&unfinished);
        let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)
    };
    write().context("write", path)
}

fn random_bytes() -> Result<[u8; 32]> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 32];
    let read = std::fs::File::open(source).and_then(|mut file| file.read_exact(&mut bytes));
    read.context("read", source)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
