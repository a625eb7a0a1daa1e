//! The report of an import, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::reason::{Note, SkipReason};

/// How many ids of each reason the text shows. The JSON has all of them.
const IDS_SHOWN: usize = 10;

/// Counts of everything that was read, with the ids of accounts that were not imported in full.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The source: `better-auth`, `csv` or `supabase`.
    pub source: &'static str,
    /// Whether nothing was written, and the counts are those of the import that would follow.
    pub dry_run: bool,
    pub users: Users,
    /// Password hashes copied, by scheme.
    pub passwords: BTreeMap<&'static str, u64>,
    pub sessions: Sessions,
    pub keys: Keys,
    /// Sign-ins by other providers, which are not imported, by provider.
    pub other_providers: BTreeMap<String, u64>,
}

/// Counts of accounts.
#[derive(Debug, Default, Serialize)]
pub struct Users {
    pub copied: u64,
    /// Of those copied: with a ban.
    pub banned: u64,
    /// Existed before, and were not changed.
    pub already_there: u64,
    /// Not imported: labels by reason.
    pub skipped: BTreeMap<SkipReason, Vec<String>>,
    /// Not imported in full: labels by note.
    pub noted: BTreeMap<Note, Vec<String>>,
}

/// Counts of sessions.
#[derive(Debug, Default, Serialize)]
pub struct Sessions {
    /// Their cookies work if `AUTH_SECRETS` has the old secret.
    pub copied: u64,
    pub already_there: u64,
    /// Expired at the source, and not imported.
    pub expired: u64,
}

/// Signing keys by `kid`.
#[derive(Debug, Default, Serialize)]
pub struct Keys {
    pub copied: Vec<CopiedKey>,
    pub already_there: Vec<String>,
    /// Not imported, with the reason.
    pub skipped: BTreeMap<String, &'static str>,
}

/// A key that was imported.
#[derive(Debug, Serialize)]
pub struct CopiedKey {
    pub kid: String,
    pub algorithm: String,
    /// Whether the private key was imported too.
    pub private_half: bool,
    /// RFC 3339.
    pub published_until: String,
}

impl Users {
    /// The number of accounts read.
    pub fn seen(&self) -> u64 {
        let skipped: usize = self.skipped.values().map(Vec::len).sum();
        self.copied + self.already_there + u64::try_from(skipped).unwrap_or(u64::MAX)
    }
}

impl Report {
    /// Counts a skipped account.
    pub fn skip(&mut self, reason: SkipReason, label: String) {
        self.users.skipped.entry(reason).or_default().push(label);
    }

    /// Counts an account that was not imported in full.
    pub fn note(&mut self, note: Note, label: &str) {
        self.users.noted.entry(note).or_default().push(label.to_owned());
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let would = if self.dry_run { " (dry run: nothing was written)" } else { "" };
        writeln!(f, "import from {}{would}", self.source)?;
        let Users { copied, banned, already_there, skipped, noted } = &self.users;
        writeln!(f, "users      {copied} copied, {already_there} already existed")?;
        for (reason, ids) in skipped {
            writeln!(f, "  skipped  {}: {}", reason.text(), listed(ids))?;
        }
        for (note, ids) in noted {
            writeln!(f, "  note     {}: {}", note.text(), listed(ids))?;
        }
        if *banned > 0 {
            writeln!(f, "bans       {banned} copied")?;
        }
        for (scheme, count) in &self.passwords {
            writeln!(f, "passwords  {count} copied ({scheme})")?;
        }
        let Sessions { copied, already_there, expired } = &self.sessions;
        writeln!(f, "sessions   {copied} copied, {already_there} already existed, {expired} expired")?;
        for key in &self.keys.copied {
            let CopiedKey { kid, algorithm, private_half, published_until } = key;
            let half = if *private_half { "private and public key" } else { "public key only" };
            writeln!(f, "key        {kid} ({algorithm}, {half}), published until {published_until}")?;
        }
        for kid in &self.keys.already_there {
            writeln!(f, "key        {kid}: already exists")?;
        }
        for (kid, reason) in &self.keys.skipped {
            writeln!(f, "  skipped  key {kid}: {reason}")?;
        }
        for (provider, count) in &self.other_providers {
            writeln!(
                f,
                "  skipped  {count} sign-ins by {provider}: the users were imported, these sign-ins were not"
            )?;
        }
        if !self.dry_run && !self.keys.copied.is_empty() {
            writeln!(f, "auth-service publishes the keys within seconds. No restart is needed.")?;
        }
        Ok(())
    }
}

/// The number of ids, and the first of them.
fn listed(ids: &[String]) -> String {
    let shown: Vec<&str> = ids.iter().take(IDS_SHOWN).map(String::as_str).collect();
    let more = if ids.len() > IDS_SHOWN { ", ..." } else { "" };
    format!("{} ({}{more})", ids.len(), shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_counts_everything_and_names_the_first_ids() {
        let mut report = Report { source: "better-auth", ..Report::default() };
        report.users.copied = 2;
        report.users.banned = 1;
        report.skip(SkipReason::Deleted, "u3".to_owned());
        for id in 0..12 {
            report.note(Note::NoPassword, &format!("n{id}"));
        }
        report.passwords.insert("better-auth-scrypt", 2);
        report.keys.copied.push(CopiedKey {
            kid: "k".to_owned(),
            algorithm: "EdDSA".to_owned(),
            private_half: false,
            published_until: "2026-03-01T12:00:00Z".to_owned(),
        });
        assert_eq!(report.users.seen(), 3);
        insta::assert_snapshot!(report.to_string());
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["users"]["skipped"]["deleted"], serde_json::json!(["u3"]));
        assert_eq!(json["users"]["noted"]["no_password"].as_array().unwrap().len(), 12);
    }
}
