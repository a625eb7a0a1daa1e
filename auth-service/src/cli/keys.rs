//! `keys`: commands for signing keys.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use jiff::SignedDuration;
use secrecy::SecretString;
use service_kit::database::{self, DatabaseError, Timeouts};
use service_kit::secret::SecretError;
use service_kit::settings;
use service_kit::telemetry::{self, LogFormat};
use shared_claims::SystemClock;

use super::key_list::KeyList;
use super::key_outcome::KeyOutcome;
use super::output::{formatted, print};
use super::store_args::StoreArgs;
use crate::config::{KeyConfig, TokenConfig};
use crate::keys::{
    Jwks, KeyError, KeyRotation, KeyStatus, PemKey, PublicJwk, ReEncryptionError, RotationPolicyError,
    StoredKey,
};
use crate::linked_accounts;
use crate::second_factors;
use crate::server::NAME;
use crate::webhooks::{Registry, RegistryError};

/// Options of `keys`. Its settings are those of `serve`.
#[derive(Args)]
pub struct KeysArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    keys: KeyConfig,
    #[command(flatten)]
    tokens: TokenConfig,
    /// Format of the log, which is written to standard error
    #[arg(long, env, value_enum, default_value = "text")]
    log_format: LogFormat,
    /// Print JSON. For `export-public` this is a JWK set
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// List all signing keys
    List,
    /// Rotate now: the pending key starts to sign, if every verifier knows it
    Rotate,
    /// Revoke a key at once: tokens that it signed stop working everywhere
    Revoke {
        /// Id of the key (kid)
        // A thumbprint is base64url: one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
    /// Import an RSA key. A private key becomes the pending key and signs after the next rotation, a public key is
    /// published
    Import {
        /// PEM file: PKCS#8 or PKCS#1, not encrypted
        pem: PathBuf,
        /// Id of the key (kid) [default: its RFC 7638 thumbprint]
        #[arg(long, allow_hyphen_values = true)]
        kid: Option<String>,
        /// How long a public key is published
        #[arg(long, default_value = "168h", value_parser = settings::duration)]
        publish_for: Duration,
    },
    /// Print public keys
    ExportPublic {
        /// Id of the key [default: the active key as PEM, all published keys as a JWK set]
        #[arg(long, allow_hyphen_values = true)]
        kid: Option<String>,
        /// Output format
        #[arg(long, value_enum, default_value = "pem")]
        format: PublicFormat,
    },
    /// Encrypt all private keys, secrets of webhook receivers and tokens of providers again, with the first of KEY_ENCRYPTION_KEYS
    #[command(name = "re-encrypt")]
    ReEncrypt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PublicFormat {
    Pem,
    Jwks,
}

/// A problem that the operator has to fix.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    RotationPolicy(#[from] RotationPolicyError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Webhooks(#[from] RegistryError),
    #[error(transparent)]
    ReEncryption(#[from] ReEncryptionError),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("output: {0}")]
    Json(#[from] serde_json::Error),
}

/// Runs a command and prints its result.
pub async fn run(args: KeysArgs) -> Result<(), KeysError> {
    telemetry::init_to_stderr(args.log_format);
    let rotation = args.rotation()?;
    database::wait_until_usable(&rotation.pool, &crate::migrations::runner(), NAME).await?;
    let outcome = match args.command {
        KeysCommand::List => return Ok(print(&list(&rotation, args.json).await?)?),
        KeysCommand::ExportPublic { kid, format } => {
            let format = if args.json { PublicFormat::Jwks } else { format };
            return Ok(print(&export_public(&rotation, kid.as_deref(), format).await?)?);
        }
        KeysCommand::Rotate => rotate(&rotation).await?,
        KeysCommand::Revoke { kid } => revoke(&rotation, kid).await?,
        KeysCommand::Import { pem, kid, publish_for } => {
            import(&rotation, pem, kid.as_deref(), publish_for).await?
        }
        KeysCommand::ReEncrypt => re_encrypt(&rotation).await?,
    };
    Ok(print(&formatted(&outcome, args.json)?)?)
}

impl KeysArgs {
    fn rotation(&self) -> Result<KeyRotation, KeysError> {
        Ok(KeyRotation {
            pool: self.store.address::<KeysError>()?.pool(1, Timeouts::COMMAND)?,
            encryption: Arc::new(self.store.encryption()?),
            clock: Arc::new(SystemClock),
            policy: self.keys.rotation_policy(self.tokens.clock_skew)?,
            size: self.keys.rsa_key_bits,
            token_lifetime: self.tokens.jwt_ttl,
        })
    }
}

async fn list(rotation: &KeyRotation, json: bool) -> Result<String, KeysError> {
    Ok(formatted(&KeyList::new(rotation, &rotation.all().await?), json)?)
}

async fn rotate(rotation: &KeyRotation) -> Result<KeyOutcome, KeysError> {
    let new = rotation.generate(1).await?;
    Ok(KeyOutcome::Rotated { kid: rotation.rotate(new).await? })
}

async fn revoke(rotation: &KeyRotation, kid: String) -> Result<KeyOutcome, KeysError> {
    // One to sign and one to follow it, in case the pending key cannot be used.
    let new = rotation.generate(2).await?;
    let revoked = rotation.revoke(&kid, new).await?;
    Ok(KeyOutcome::revoked(kid, revoked, rotation.policy.refresh_interval))
}

async fn import(
    rotation: &KeyRotation,
    path: PathBuf,
    kid: Option<&str>,
    publish_for: Duration,
) -> Result<KeyOutcome, KeysError> {
    let pem = match std::fs::read_to_string(&path) {
        Ok(text) => PemKey::read(&SecretString::from(text))?,
        Err(source) => return Err(KeysError::File { path, source }),
    };
    let publish_for = SignedDuration::try_from(publish_for).unwrap_or(SignedDuration::MAX);
    Ok(rotation.import(pem, kid, publish_for).await?.into())
}

async fn export_public(
    rotation: &KeyRotation,
    kid: Option<&str>,
    format: PublicFormat,
) -> Result<String, KeysError> {
    let mut keys = rotation.all().await?;
    let now = rotation.clock.now();
    keys.retain(|key| key.record.is_published(now));
    keys.sort_by_key(|key| key.record.status);
    match kid {
        Some(kid) => keys.retain(|key| key.record.kid == kid),
        None if format == PublicFormat::Pem => keys.retain(|key| key.record.status == KeyStatus::Active),
        None => {}
    }
    let Some(first) = keys.first() else {
        let wanted =
            kid.map_or_else(|| "active key".to_owned(), |kid| format!("key {kid} that is published"));
        return Err(KeyError::Refused(format!("there is no {wanted}")).into());
    };
    match format {
        PublicFormat::Pem => pem(rotation, first),
        PublicFormat::Jwks => {
            let jwks = keys.iter().map(|key| rotation.public_half_of(key));
            let jwks: Vec<PublicJwk> = jwks.collect::<Result<_, _>>()?;
            let set = Jwks::to_bytes(jwks.iter().collect())?;
            Ok(format!("{}\n", String::from_utf8_lossy(&set)))
        }
    }
}

fn pem(rotation: &KeyRotation, key: &StoredKey) -> Result<String, KeysError> {
    let not_rsa = || {
        let (kid, algorithm) = (&key.record.kid, &key.record.algorithm);
        KeyError::Refused(format!(
            "the key {kid} is not an RSA key, but one for {algorithm}: use --format jwks"
        ))
    };
    Ok(rotation.public_half_of(key)?.to_pem().ok_or_else(not_rsa)?)
}

/// Each part can be repeated.
async fn re_encrypt(rotation: &KeyRotation) -> Result<KeyOutcome, KeysError> {
    let registry = Registry { pool: rotation.pool.clone(), clock: Arc::clone(&rotation.clock) };
    let webhook_secrets = registry.re_encrypt(&rotation.encryption).await?;
    let linked = linked_accounts::re_encrypt(&rotation.pool, &rotation.encryption).await?;
    let factors = second_factors::re_encrypt(&rotation.pool, &rotation.encryption).await?;
    let count = rotation.re_encrypt().await?;
    Ok(KeyOutcome::ReEncrypted {
        count,
        webhook_secrets,
        linked_accounts: linked.count,
        lost_linked_accounts: linked.lost,
        second_factors: factors.count,
        lost_second_factors: factors.lost,
    })
}
