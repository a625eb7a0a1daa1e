//! What `keys` did, as text and as JSON.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::keys::{ImportedKey, KeyStatus, Revoked, SHORT_REFRESH_INTERVAL};

/// The outcome of a command that changes keys. As JSON, its fields are documented and stable.
#[derive(Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum KeyOutcome {
    /// The pending key signs.
    Rotated { kid: String },
    /// A key is revoked.
    Revoked {
        kid: String,
        /// Its status before.
        was: &'static str,
        /// The key that signs in its place.
        successor: Option<String>,
        /// When every verifier knows the successor, if that is in the future.
        successor_known_from: Option<Timestamp>,
        /// How long replicas may publish the revoked key unless they are restarted.
        published_for_seconds: Option<u64>,
    },
    /// A key is imported.
    Imported {
        kid: String,
        /// `None` for a private key, which will sign.
        published_until: Option<Timestamp>,
        /// The pending key that was deleted.
        replaced: Option<String>,
    },
    /// All private keys, secrets of webhook receivers, tokens of providers and secrets of second factors are encrypted again,
    /// except for those tokens and secrets that no key decrypts.
    ReEncrypted {
        count: usize,
        webhook_secrets: usize,
        linked_accounts: usize,
        lost_linked_accounts: usize,
        second_factors: usize,
        lost_second_factors: usize,
    },
}

impl KeyOutcome {
    /// The outcome of a revocation, with replicas that read the keys every `refresh_interval`.
    pub fn revoked(kid: String, revoked: Revoked, refresh_interval: Duration) -> Self {
        let Revoked { was, successor } = revoked;
        let (successor, successor_known_from) =
            successor.map_or((None, None), |successor| (Some(successor.kid), successor.known_from));
        let published_for_seconds =
            (refresh_interval > SHORT_REFRESH_INTERVAL).then_some(refresh_interval.as_secs());
        let was = KeyStatus::as_str(was);
        Self::Revoked { kid, was, successor, successor_known_from, published_for_seconds }
    }
}

impl From<ImportedKey> for KeyOutcome {
    fn from(ImportedKey { kid, published_until, instead_of }: ImportedKey) -> Self {
        Self::Imported { kid, published_until, replaced: instead_of }
    }
}

impl Display for KeyOutcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rotated { kid } => writeln!(f, "The key {kid} signs from now on."),
            Self::Revoked { kid, was, successor, successor_known_from, published_for_seconds } => {
                write!(f, "The key {kid}, which was {was}, is revoked. ")?;
                write_publication(f, *published_for_seconds)?;
                write_successor(f, successor.as_deref(), *successor_known_from)
            }
            Self::Imported { kid, published_until: Some(until), .. } => {
                writeln!(f, "The public key {kid} is published until {until:.0}.")
            }
            Self::Imported { kid, published_until: None, replaced } => {
                writeln!(f, "The key {kid} is pending: it signs after the next rotation.")?;
                replaced.iter().try_for_each(|other| {
                    writeln!(f, "The key {other}, which was pending and never signed, is deleted.")
                })
            }
            Self::ReEncrypted {
                count,
                webhook_secrets,
                linked_accounts,
                lost_linked_accounts,
                second_factors,
                lost_second_factors,
            } => {
                let keys = if *count == 1 { "key is" } else { "keys are" };
                writeln!(
                    f,
                    "{count} private {keys} encrypted again, with the first of KEY_ENCRYPTION_KEYS."
                )?;
                let secrets = if *webhook_secrets == 1 { "secret" } else { "secrets" };
                writeln!(f, "{webhook_secrets} {secrets} of webhook receivers encrypted again.")?;
                writeln!(f, "Tokens of {linked_accounts} accounts at providers encrypted again.")?;
                if *lost_linked_accounts > 0 {
                    writeln!(
                        f,
                        "Tokens of {lost_linked_accounts} accounts at providers cannot be decrypted. The next sign-in \
                         with the provider replaces them."
                    )?;
                }
                writeln!(f, "Second factors of {second_factors} users encrypted again.")?;
                if *lost_second_factors > 0 {
                    writeln!(
                        f,
                        "Second factors of {lost_second_factors} users cannot be decrypted. Remove them with \
                         `auth-service users remove-second-factor`."
                    )?;
                }
                writeln!(
                    f,
                    "Mail that is not sent yet may still need the other keys. Keep them until the links in it have \
                     expired."
                )
            }
        }
    }
}

fn write_publication(f: &mut Formatter<'_>, seconds: Option<u64>) -> fmt::Result {
    let Some(seconds) = seconds else {
        return writeln!(f, "Every replica stops publishing it within seconds.");
    };
    let interval = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    writeln!(
        f,
        "Restart every replica now. A replica that is not restarted may publish it for another {interval:#} \
         (KEY_REFRESH_INTERVAL)."
    )
}

fn write_successor(f: &mut Formatter<'_>, kid: Option<&str>, known_from: Option<Timestamp>) -> fmt::Result {
    let Some(kid) = kid else { return Ok(()) };
    writeln!(f, "The key {kid} signs from now on.")?;
    known_from.map_or(Ok(()), |from| {
        writeln!(f, "It was published only recently. Some verifiers may not know it before {from:.0}.")
    })
}
