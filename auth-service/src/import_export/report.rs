//! The report of an import, as text and as JSON.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::account::ValidAccount;
use super::reason::{LinkReason, Note, SkipReason};

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
    pub linked_accounts: LinkedAccounts,
    pub fields: Fields,
    /// Of the linked accounts copied: those of providers that SOCIAL_PROVIDERS does not name, by provider. They sign nobody in
    /// until it does.
    pub other_providers: BTreeMap<String, u64>,
}

/// Accounts at identity providers.
#[derive(Debug, Default, Serialize)]
pub struct LinkedAccounts {
    /// By provider.
    pub copied: BTreeMap<String, u64>,
    /// Of those copied: without some of their tokens, which cannot be decrypted.
    pub lost_tokens: u64,
    /// Not imported with their users: labels and providers by reason.
    pub skipped: BTreeMap<LinkReason, Vec<String>>,
}

/// Additional fields of users.
#[derive(Debug, Default, Serialize)]
pub struct Fields {
    /// Values by field.
    pub copied: BTreeMap<String, u64>,
    /// Not imported, since the value does not fit: labels of users by field.
    pub skipped: BTreeMap<String, Vec<String>>,
    /// Fields of USER_FIELDS that the source does not have.
    pub missing: BTreeSet<String>,
    /// Fields of the source that USER_FIELDS does not describe, and that are not imported.
    pub unknown: BTreeSet<String>,
}

/// Counts of accounts.
#[derive(Debug, Default, Serialize)]
pub struct Users {
    pub copied: u64,
    /// Of those copied: with a ban.
    pub banned: u64,
    /// Of those copied: with a second factor.
    pub second_factors: u64,
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

    /// Counts the accounts at providers of a copied account. `known` are the providers of this service.
    pub fn count_links(&mut self, account: &ValidAccount, known: &HashSet<String>) {
        let LinkedAccounts { copied, lost_tokens, skipped } = &mut self.linked_accounts;
        *lost_tokens += account.links.iter().filter(|link| link.lost_tokens).count() as u64;
        for link in &account.links {
            *copied.entry(link.provider.clone()).or_default() += 1;
            if !known.contains(&link.provider) {
                *self.other_providers.entry(link.provider.clone()).or_default() += 1;
            }
        }
        for (reason, provider) in &account.lost_links {
            skipped.entry(*reason).or_default().push(format!("{}: {provider}", account.label));
        }
    }

    /// Counts the additional fields of a copied account.
    pub fn count_fields(&mut self, account: &ValidAccount) {
        let Fields { copied, skipped, unknown, .. } = &mut self.fields;
        for name in account.user.fields.keys() {
            *copied.entry(name.clone()).or_default() += 1;
        }
        for name in &account.unfit_fields {
            skipped.entry(name.clone()).or_default().push(account.label.clone());
        }
        unknown.extend(account.unknown_fields.iter().cloned());
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
        let Users { copied, banned, second_factors, already_there, skipped, noted } = &self.users;
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
        if *second_factors > 0 {
            writeln!(f, "factors    {second_factors} copied")?;
        }
        for (scheme, count) in &self.passwords {
            writeln!(f, "passwords  {count} copied ({scheme})")?;
        }
        self.write_links(f)?;
        self.write_fields(f)?;
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
        if !self.dry_run && !self.keys.copied.is_empty() {
            writeln!(f, "auth-service publishes the keys within seconds. No restart is needed.")?;
        }
        Ok(())
    }
}

impl Report {
    fn write_links(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let LinkedAccounts { copied, lost_tokens, skipped } = &self.linked_accounts;
        for (provider, count) in copied {
            writeln!(f, "linked     {count} accounts at {provider} copied")?;
        }
        for (reason, ids) in skipped {
            writeln!(f, "  skipped  {}: {}", reason.text(), listed(ids))?;
        }
        if *lost_tokens > 0 {
            writeln!(
                f,
                "  note     tokens of {lost_tokens} linked accounts cannot be decrypted: the next sign-in replaces them"
            )?;
        }
        for (provider, count) in &self.other_providers {
            writeln!(
                f,
                "  note     SOCIAL_PROVIDERS does not name {provider}: {count} accounts there sign nobody in until it does"
            )?;
        }
        Ok(())
    }

    fn write_fields(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Fields { copied, skipped, missing, unknown } = &self.fields;
        for (name, count) in copied {
            writeln!(f, "field      {name}: {count} copied")?;
        }
        for (name, ids) in skipped {
            writeln!(f, "  skipped  the value of {name} does not fit USER_FIELDS: {}", listed(ids))?;
        }
        for name in missing {
            writeln!(f, "  note     the source has no {name}")?;
        }
        for name in unknown {
            writeln!(f, "  skipped  {name}: USER_FIELDS does not describe it")?;
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
        report.users.second_factors = 1;
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
        report.linked_accounts.copied = [("github".to_owned(), 1), ("google".to_owned(), 2)].into();
        report.linked_accounts.lost_tokens = 1;
        report.linked_accounts.skipped.insert(LinkReason::Taken, vec!["u1: google".to_owned()]);
        report.other_providers.insert("github".to_owned(), 1);
        report.fields.copied.insert("role".to_owned(), 2);
        report.fields.skipped.insert("role".to_owned(), vec!["u2".to_owned()]);
        report.fields.missing.insert("department".to_owned());
        report.fields.unknown.insert("plan".to_owned());
        assert_eq!(report.users.seen(), 3);
        insta::assert_snapshot!(report.to_string());
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["users"]["skipped"]["deleted"], serde_json::json!(["u3"]));
        assert_eq!(json["users"]["noted"]["no_password"].as_array().unwrap().len(), 12);
        assert_eq!(json["linked_accounts"]["skipped"], serde_json::json!({"taken": ["u1: google"]}));
        assert_eq!(json["fields"]["unknown"], serde_json::json!(["plan"]));
    }
}
