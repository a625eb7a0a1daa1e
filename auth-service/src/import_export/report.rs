//! What an import did, for a person and for a program.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::reason::{Noted, Reason};

/// How many ids the text shows of each reason; the JSON has all.
const IDS_SHOWN: usize = 10;

/// Counts of everything that was looked at, with the ids of all that did not come as it was.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Where from: `better-auth`, `csv` or `supabase`.
    pub source: &'static str,
    /// Nothing was written; the counts say what would have been.
    pub dry_run: bool,
    /// Accounts.
    pub users: Users,
    /// Password hashes that came, by scheme.
    pub passwords: BTreeMap<&'static str, u64>,
    /// Sessions.
    pub sessions: Sessions,
    /// Keys that signed tokens.
    pub keys: Keys,
    /// Links to other providers, which do not come along, by provider.
    pub other_providers: BTreeMap<String, u64>,
}

/// Of accounts.
#[derive(Debug, Default, Serialize)]
pub struct Users {
    /// New here.
    pub copied: u64,
    /// Here before, and left as they are.
    pub already_there: u64,
    /// Left behind, with their ids.
    pub skipped: BTreeMap<Reason, Vec<String>>,
    /// Worth a look, with their ids.
    pub noted: BTreeMap<Noted, Vec<String>>,
}

/// Of sessions.
#[derive(Debug, Default, Serialize)]
pub struct Sessions {
    /// New here: with the old secret in `AUTH_SECRETS` their cookies work.
    pub copied: u64,
    /// Here before.
    pub already_there: u64,
    /// Over, and left behind.
    pub expired: u64,
}

/// Of keys.
#[derive(Debug, Default, Serialize)]
pub struct Keys {
    /// New here.
    pub copied: Vec<CopiedKey>,
    /// Here before.
    pub already_there: Vec<String>,
    /// Left behind, and why.
    pub skipped: BTreeMap<String, &'static str>,
}

/// A key that is published from now on.
#[derive(Debug, Serialize)]
pub struct CopiedKey {
    /// Its name.
    pub kid: String,
    /// Its `alg`.
    pub algorithm: String,
    /// Whether its private half came too.
    pub private_half: bool,
    /// When it is published no longer, RFC 3339.
    pub published_until: String,
}

impl Users {
    /// Accounts looked at.
    pub fn seen(&self) -> u64 {
        let skipped: usize = self.skipped.values().map(Vec::len).sum();
        self.copied + self.already_there + u64::try_from(skipped).unwrap_or(u64::MAX)
    }
}

impl Report {
    /// An account stays behind.
    pub fn skip(&mut self, reason: Reason, label: String) {
        self.users.skipped.entry(reason).or_default().push(label);
    }

    /// Something is worth a look.
    pub fn note(&mut self, noted: Noted, label: &str) {
        self.users.noted.entry(noted).or_default().push(label.to_owned());
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let would = if self.dry_run { " (dry run: nothing was written)" } else { "" };
        writeln!(f, "import from {}{would}", self.source)?;
        let Users { copied, already_there, skipped, noted } = &self.users;
        writeln!(f, "users      {copied} copied, {already_there} already here")?;
        for (reason, ids) in skipped {
            writeln!(f, "  skipped  {}: {}", reason.explained(), listed(ids))?;
        }
        for (noted, ids) in noted {
            writeln!(f, "  note     {}: {}", noted.explained(), listed(ids))?;
        }
        for (scheme, count) in &self.passwords {
            writeln!(f, "passwords  {count} copied ({scheme})")?;
        }
        let Sessions { copied, already_there, expired } = &self.sessions;
        writeln!(f, "sessions   {copied} copied, {already_there} already here, {expired} expired")?;
        for key in &self.keys.copied {
            let CopiedKey { kid, algorithm, private_half, published_until } = key;
            let half = if *private_half { "both halves" } else { "public half" };
            writeln!(f, "key        {kid} ({algorithm}, {half}), published until {published_until}")?;
        }
        for kid in &self.keys.already_there {
            writeln!(f, "key        {kid}: already here")?;
        }
        for (kid, reason) in &self.keys.skipped {
            writeln!(f, "  skipped  key {kid}: {reason}")?;
        }
        for (provider, count) in &self.other_providers {
            writeln!(f, "  left     {count} sign-ins by {provider}: their users came, the sign-in did not")?;
        }
        if !self.dry_run && !self.keys.copied.is_empty() {
            writeln!(f, "auth-service publishes the keys within seconds; it need not be restarted.")?;
        }
        Ok(())
    }
}

/// A count, and the first of the ids.
fn listed(ids: &[String]) -> String {
    let shown: Vec<&str> = ids.iter().take(IDS_SHOWN).map(String::as_str).collect();
    let more = if ids.len() > IDS_SHOWN { ", ..." } else { "" };
    format!("{} ({}{more})", ids.len(), shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_what_a_person_has_to_know() {
        let mut report = Report { source: "better-auth", ..Report::default() };
        report.users.copied = 2;
        report.skip(Reason::Banned, "u3".to_owned());
        for id in 0..12 {
            report.note(Noted::NoPassword, &format!("n{id}"));
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
        assert_eq!(json["users"]["skipped"]["banned"], serde_json::json!(["u3"]));
        assert_eq!(json["users"]["noted"]["no_password"].as_array().unwrap().len(), 12);
    }
}
