//! Where accounts go: our database, a batch at a time, each with its password and sessions or not at all.

use std::collections::HashSet;

use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;

use super::account::{NewAccount, ValidAccount};
use super::error::TransferError;
use super::reason::{Noted, Reason};
use super::report::Report;
use super::store::{self, Existing};
use crate::keys::{self, RetiredKey};

/// Takes accounts in. What is here already is never changed, so that a run that was broken off can be run again.
pub struct Target {
    pool: Pool,
    clock: SharedClock,
    /// What was taken so far.
    pub report: Report,
    /// Ids and addresses a dry run would have taken: nothing in the database remembers them.
    would_have: HashSet<String>,
}

impl Target {
    /// A target that writes, unless `dry_run`.
    pub fn new(pool: Pool, clock: SharedClock, source: &'static str, dry_run: bool) -> Self {
        let report = Report { source, dry_run, ..Report::default() };
        Self { pool, clock, report, would_have: HashSet::new() }
    }

    /// Takes what fits of a batch, in one transaction.
    ///
    /// # Errors
    /// When the database cannot. Nothing of this batch is taken then.
    pub async fn take(&mut self, batch: Vec<NewAccount>) -> Result<(), TransferError> {
        let now = self.clock.now();
        let mut accounts = Vec::with_capacity(batch.len());
        let mut skipped = Vec::new();
        for new in batch {
            let label = new.label.clone();
            match new.check(now) {
                Ok(account) => accounts.push(account),
                Err(reason) => skipped.push((reason, label)),
            }
        }
        let taken = self.write(accounts, &mut skipped).await.map_err(TransferError::Target)?;
        for (reason, label) in skipped {
            self.report.skip(reason, label);
        }
        self.count(taken);
        Ok(())
    }

    /// Takes a key that signs no more. Whether it is new here.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn take_key(&self, key: &RetiredKey) -> Result<bool, TransferError> {
        let outcome = if self.report.dry_run {
            keys::is_there(&self.pool, &key.kid).await.map(|there| !there)
        } else {
            keys::retire(&self.pool, key).await
        };
        outcome.map_err(TransferError::Target)
    }

    async fn write(
        &mut self,
        accounts: Vec<ValidAccount>,
        skipped: &mut Vec<(Reason, String)>,
    ) -> Result<BatchOutcome, StoreError> {
        let transaction = self.pool.begin().await?;
        let there = store::find_there(&transaction, &accounts).await?;
        let mut taken = BatchOutcome::default();
        let mut fresh = self.fresh(accounts, &there, skipped, &mut taken);
        if self.report.dry_run {
            // What rolls back at the end has written nothing.
            taken.sessions = fresh.iter().map(|account| account.sessions.len() as u64).sum();
            taken.accounts = fresh;
            return Ok(taken);
        }
        let new: HashSet<String> = store::insert_users(&transaction, &fresh).await?.into_iter().collect();
        fresh.retain(|account| {
            let is_new = new.contains(account.id.as_str());
            if !is_new {
                skipped.push((Reason::EmailTaken, account.label.clone()));
            }
            is_new
        });
        store::insert_passwords(&transaction, &fresh).await?;
        taken.sessions = store::insert_sessions(&transaction, &fresh).await?;
        transaction.commit().await?;
        taken.accounts = fresh;
        Ok(taken)
    }

    /// The accounts of a batch that are not here yet, the first one of each address.
    fn fresh(
        &mut self,
        accounts: Vec<ValidAccount>,
        there: &Existing,
        skipped: &mut Vec<(Reason, String)>,
        taken: &mut BatchOutcome,
    ) -> Vec<ValidAccount> {
        let mut seen = std::mem::take(&mut self.would_have);
        let mut fresh = Vec::with_capacity(accounts.len());
        for account in accounts {
            let (id, email) = (account.id.as_str(), account.email.as_str());
            if let Some(changed) = there.ids.get(id) {
                if account.updated_at > *changed {
                    taken.changed_since.push(account.label);
                }
                taken.already_there += 1;
            } else if account.new_id && there.emails.contains_key(email) {
                taken.already_there += 1;
            } else if there.emails.contains_key(email) || seen.contains(email) || seen.contains(id) {
                skipped.push((Reason::EmailTaken, account.label));
            } else {
                // An id has no `@` in it, so both can be kept in one place.
                seen.extend([id.to_owned(), email.to_owned()]);
                fresh.push(account);
            }
        }
        if self.report.dry_run {
            self.would_have = seen;
        }
        fresh
    }

    fn count(&mut self, taken: BatchOutcome) {
        let report = &mut self.report;
        for account in &taken.accounts {
            report.users.copied += 1;
            if let Some(stored) = &account.password {
                *report.passwords.entry(stored.scheme.as_str()).or_default() += 1;
            }
            for noted in &account.noted {
                report.note(*noted, &account.label);
            }
        }
        let sessions: usize = taken.accounts.iter().map(|account| account.sessions.len()).sum();
        report.sessions.copied += taken.sessions;
        report.sessions.already_there += (sessions as u64).saturating_sub(taken.sessions);
        report.users.already_there += taken.already_there;
        for label in taken.changed_since {
            report.note(Noted::ChangedSince, &label);
        }
    }
}

/// What came of a batch.
#[derive(Default)]
struct BatchOutcome {
    accounts: Vec<ValidAccount>,
    sessions: u64,
    already_there: u64,
    changed_since: Vec<String>,
}
