//! Secrets of a stack on one machine: made at random once, kept in a file that only its owner reads.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Doing, Result};

type Encoding = fn(&[u8]) -> String;

/// What a file of secrets holds, and how 32 random bytes are written: passwords so that they need no escaping
/// in a URL, keys as auth-service reads them.
const NAMES: [(&str, Encoding); 7] = [
    ("SUPERUSER_PASSWORD", hex),
    ("AUTH_OWNER_PASSWORD", hex),
    ("AUTH_SERVICE_PASSWORD", hex),
    ("TASKS_OWNER_PASSWORD", hex),
    ("TASKS_SERVICE_PASSWORD", hex),
    ("AUTH_SECRETS", hex),
    ("KEY_ENCRYPTION_KEYS", |bytes| STANDARD.encode(bytes)),
];

/// Passwords of the database roles, and what auth-service signs cookies and encrypts its key with.
///
/// They stay the same across restarts: sessions and the encrypted signing key depend on them.
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
    /// Reads the file; `None` if there is none, or it lacks one of the secrets.
    ///
    /// # Errors
    /// If the file is there and cannot be read.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        let secrets = Self { values: read(path)? };
        let complete = NAMES.iter().all(|(name, _)| secrets.values.contains_key(*name));
        Ok(complete.then_some(secrets))
    }

    /// Reads the file and makes what it lacks. Two callers at once must hold a lock.
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

    /// Password of the superuser `postgres` of a private cluster.
    #[must_use]
    pub fn superuser_password(&self) -> &str {
        self.value("SUPERUSER_PASSWORD")
    }

    /// Password of one of the four roles, such as `auth_owner`.
    #[must_use]
    pub fn role_password(&self, role: &str) -> &str {
        self.value(&format!("{}_PASSWORD", role.to_uppercase()))
    }

    /// auth-service's setting `AUTH_SECRETS`.
    #[must_use]
    pub fn auth_secrets(&self) -> &str {
        self.value("AUTH_SECRETS")
    }

    /// auth-service's setting `KEY_ENCRYPTION_KEYS`.
    #[must_use]
    pub fn key_encryption_keys(&self) -> &str {
        self.value("KEY_ENCRYPTION_KEYS")
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).doing("read", path),
    };
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Writes a file for its owner's eyes, all of it or nothing.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let unfinished = path.with_extension("unfinished");
    let write = || -> std::io::Result<()> {
        let _ = std::fs::remove_file(&unfinished);
        let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)
    };
    write().doing("write", path)
}

fn random_bytes() -> Result<[u8; 32]> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 32];
    let read = std::fs::File::open(source).and_then(|mut file| file.read_exact(&mut bytes));
    read.doing("read", source)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
