//! What an export wrote.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use serde::Serialize;

use super::files::ExportedFactor;
use crate::passwords::UserWithPassword;

/// Counts of everything that was exported, and of what cannot be. As JSON, its fields are documented and stable.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// The directory.
    to: PathBuf,
    users: u64,
    passwords: u64,
    bans: u64,
    /// Passwords over 72 bytes, whose scheme no other system has.
    own_scheme: u64,
    /// Accounts at identity providers, without their tokens.
    linked_accounts: u64,
    /// Users with a second factor.
    second_factors: u64,
    /// Keys of authenticator apps.
    totp_secrets: u64,
    /// Users with additional fields.
    with_fields: u64,
    pub keys: u64,
    pub private_keys: u64,
    /// Live sessions, which are not exported.
    #[serde(rename = "skipped_sessions")]
    pub sessions: u64,
}

impl Summary {
    /// The summary of an export to this directory.
    pub fn new(to: PathBuf) -> Self {
        Self { to, ..Self::default() }
    }

    /// Counts a user with this number of accounts at identity providers, and this second factor.
    pub fn count(
        &mut self,
        UserWithPassword { user, password, ban }: &UserWithPassword,
        links: u64,
        factor: &ExportedFactor,
    ) {
        self.users += 1;
        self.second_factors += u64::from(user.two_factor);
        self.totp_secrets += u64::from(user.two_factor && factor.key.is_some());
        self.linked_accounts += links;
        self.with_fields += u64::from(!user.fields.is_empty());
        self.bans += u64::from(ban.is_some());
        self.passwords += u64::from(password.is_some());
        self.own_scheme += u64::from(password.as_ref().is_some_and(|stored| !stored.scheme.is_portable()));
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { to, users, passwords, bans, own_scheme, linked_accounts, with_fields, .. } = self;
        let Self { keys, private_keys, sessions, second_factors, totp_secrets, .. } = self;
        writeln!(f, "export to {}", to.display())?;
        writeln!(f, "users      {users}, {passwords} with a password")?;
        writeln!(f, "bans       {bans}")?;
        writeln!(f, "linked     {linked_accounts} accounts at providers, without their tokens")?;
        writeln!(
            f,
            "factors    {second_factors} users with a second factor, {totp_secrets} keys of apps, no backup codes"
        )?;
        writeln!(f, "fields     of {with_fields} users")?;
        writeln!(f, "keys       {keys} public, {private_keys} private")?;
        if *own_scheme > 0 {
            writeln!(
                f,
                "  note     {own_scheme} passwords are longer than 72 bytes: only `import csv` reads their hashes"
            )?;
        }
        writeln!(
            f,
            "  skipped  {sessions} sessions: their tokens are not stored, so everybody has to sign in again"
        )
    }
}
