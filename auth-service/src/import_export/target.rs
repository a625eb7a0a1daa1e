//! Writes accounts to the database of auth-service, in batches. Each account is stored with its password and sessions,
//! or not at all.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use service_kit::database::{Pool, Transaction};
use service_kit::secret::SecretError;
use shared_claims::{SharedClock, UserId};

use super::account::{NewAccount, ValidAccount};
use super::error::TransferError;
use super::new_users;
use super::reason::{Note, SkipReason};
use super::report::Report;
use crate::keys::{self, KeyEncryptionKeys, RetiredKey};
use crate::linked_accounts;
use crate::passwords::{self, ExistingUser, NewPassword};
use crate::progress::ProgressOutput;
use crate::second_factors::{self, NewFactor};
use crate::sessions::{self, ImportedSession};
use crate::users::{self, Ban, User, UserFields, Username, UsernameRules};

/// Plans are cached, and made while the tables may be empty, when a sequential scan looks cheap. Each batch of a large
/// import would then take longer than the one before.
const USE_INDEXES: &str = "SET LOCAL enable_seqscan = off";

/// The settings of this service that decide what becomes of an account.
pub struct TargetSettings {
    /// Encrypts private keys and the tokens of providers. An error counts only if there is something to encrypt.
    pub encryption: Result<KeyEncryptionKeys, SecretError>,
    /// The providers that users can sign in with.
    pub providers: HashSet<String>,
    /// The additional fields of users.
    pub fields: UserFields,
    /// The rules for usernames; `None` if users have none.
    pub usernames: Option<UsernameRules>,
}

impl TargetSettings {
    /// The settings for a source that has nothing to encrypt, no accounts at providers and no additional fields.
    pub fn none() -> Self {
        let encryption = Err(SecretError::Missing("KEY_ENCRYPTION_KEYS"));
        Self { encryption, providers: HashSet::new(), fields: UserFields::default(), usernames: None }
    }
}

/// Imports accounts and keys. Existing ones are never changed, so an interrupted import can be repeated.
pub struct Target {
    pool: Pool,
    clock: SharedClock,
    pub settings: TargetSettings,
    /// Whether to show progress.
    pub progress: ProgressOutput,
    /// What was imported so far.
    pub report: Report,
    /// Ids and emails of earlier batches in a dry run, which stores nothing. An id has no `@`, so one set holds both.
    seen: HashSet<String>,
    /// The usernames of earlier batches in a dry run.
    seen_usernames: HashSet<String>,
    /// The accounts at providers of earlier batches in a dry run: provider and id there.
    seen_links: HashSet<(String, String)>,
}

impl Target {
    /// Creates a target that writes to `pool` unless `dry_run`.
    pub fn new(
        pool: Pool,
        clock: SharedClock,
        settings: TargetSettings,
        source: &'static str,
        dry_run: bool,
        progress: ProgressOutput,
    ) -> Self {
        let report = Report { source, dry_run, ..Report::default() };
        let (seen, seen_usernames, seen_links) = (HashSet::new(), HashSet::new(), HashSet::new());
        Self { pool, clock, settings, progress, report, seen, seen_usernames, seen_links }
    }

    /// The keys that encrypt what is imported.
    pub fn encryption(&self) -> Result<&KeyEncryptionKeys, TransferError> {
        self.settings.encryption.as_ref().map_err(|error| TransferError::Key(error.to_string()))
    }

    /// Imports the valid accounts of a batch, in one transaction. If it fails, nothing of the batch is stored.
    pub async fn import(&mut self, batch: Vec<NewAccount>) -> Result<(), TransferError> {
        let now = self.clock.now();
        let mut outcome = Outcome::default();
        let mut accounts = Vec::with_capacity(batch.len());
        for account in batch {
            let label = account.label.clone();
            match account.validate(now, &self.settings.fields, self.settings.usernames.as_ref()) {
                Ok(account) => accounts.push(account),
                Err(reason) => outcome.skip(reason, label),
            }
        }
        self.write(accounts, &mut outcome, now).await?;
        self.count(outcome);
        Ok(())
    }

    /// Imports a retired key. Returns whether it is new.
    pub async fn import_key(&self, key: &RetiredKey) -> Result<bool, TransferError> {
        let outcome = if self.report.dry_run {
            keys::exists(&self.pool, &key.jwk.kid).await.map(|exists| !exists)
        } else {
            keys::retire(&self.pool, key).await
        };
        outcome.map_err(TransferError::Store)
    }

    async fn write(
        &mut self,
        accounts: Vec<ValidAccount>,
        outcome: &mut Outcome,
        now: Timestamp,
    ) -> Result<(), TransferError> {
        let failed = TransferError::Store;
        let transaction = self.pool.begin().await.map_err(failed)?;
        transaction.batch(USE_INDEXES).await.map_err(failed)?;
        let users: Vec<&User> = accounts.iter().map(|account| &account.user).collect();
        let existing = Existing::of(passwords::find_existing(&transaction, &users).await.map_err(failed)?);
        let mut new = self.without_conflicts(accounts, &existing, outcome);
        if self.report.dry_run {
            self.check_usernames(&transaction, &mut new).await?;
            self.check_links(&transaction, &mut new).await?;
            // Dropping the transaction rolls it back.
            outcome.sessions = new.iter().map(|account| account.sessions.len() as u64).sum();
            outcome.copied = new;
            return Ok(());
        }
        let stored = new_users::create(&transaction, &mut new).await.map_err(failed)?;
        for lost in new.extract_if(.., |account| !stored.contains(account.user.id.as_str())) {
            // Somebody signed up with this email just now.
            outcome.skip(SkipReason::EmailTaken, lost.label);
        }
        let bans: Vec<(&UserId, &Ban)> =
            new.iter().filter_map(|account| Some((&account.user.id, account.ban.as_ref()?))).collect();
        if !bans.is_empty() {
            users::ban_new(&transaction, &bans).await.map_err(failed)?;
        }
        let stored = new.iter().filter_map(|account| {
            let User { id, updated_at, .. } = &account.user;
            Some(NewPassword { user: id, stored: account.password.as_ref()?, set_at: *updated_at })
        });
        passwords::create_all(&transaction, &stored.collect::<Vec<_>>()).await.map_err(failed)?;
        let sessions: Vec<&ImportedSession> = new.iter().flat_map(|account| &account.sessions).collect();
        outcome.sessions = sessions::import(&transaction, &sessions).await.map_err(failed)?;
        self.write_links(&transaction, &mut new).await?;
        self.write_factors(&transaction, &new, now).await?;
        transaction.commit().await.map_err(failed)?;
        outcome.copied = new;
        Ok(())
    }

    /// Links the accounts at providers to their users, and leaves out those that another user has.
    async fn write_links(
        &self,
        transaction: &Transaction,
        new: &mut [ValidAccount],
    ) -> Result<(), TransferError> {
        let mut links = Vec::new();
        for account in new.iter() {
            for link in &account.links {
                let sealed = link.tokens.seal(link.id, self.encryption()?);
                let sealed = sealed.map_err(|error| TransferError::Key(error.to_string()))?;
                links.push((&account.user.id, link, sealed));
            }
        }
        if links.is_empty() {
            return Ok(());
        }
        let stored = linked_accounts::import(transaction, &links).await.map_err(TransferError::Store)?;
        for account in new {
            account.keep_links(|link| stored.contains(&link.id));
        }
        Ok(())
    }

    /// Stores the second factors of users.
    async fn write_factors(
        &self,
        transaction: &Transaction,
        new: &[ValidAccount],
        now: Timestamp,
    ) -> Result<(), TransferError> {
        let with_factor = || new.iter().filter(|account| account.user.two_factor);
        let enabled: Vec<&UserId> = with_factor().map(|account| &account.user.id).collect();
        if enabled.is_empty() {
            return Ok(());
        }
        let mut factors: Vec<NewFactor<'_>> = Vec::new();
        for account in with_factor() {
            let (user, Some(factor)) = (&account.user.id, &account.factor) else { continue };
            let sealed = factor.secret.seal(user, self.encryption()?);
            let sealed = sealed.map_err(|error| TransferError::Key(error.to_string()))?;
            factors.push((user, sealed, &factor.code_hashes));
        }
        second_factors::import(transaction, &enabled, &factors, now).await.map_err(TransferError::Store)
    }

    /// Leaves out the usernames that [`new_users::create`] would leave out.
    async fn check_usernames(
        &mut self,
        transaction: &Transaction,
        new: &mut [ValidAccount],
    ) -> Result<(), TransferError> {
        let usernames: Vec<&Username> =
            new.iter().filter_map(|account| account.user.username.as_ref()).collect();
        let taken = users::taken_usernames(transaction, &usernames).await.map_err(TransferError::Store)?;
        self.seen_usernames.extend(taken);
        for account in new {
            let username = account.user.username.as_ref().map(|username| username.as_str().to_owned());
            if username.is_some_and(|username| !self.seen_usernames.insert(username)) {
                account.drop_username();
            }
        }
        Ok(())
    }

    /// Leaves out the accounts at providers that [`write_links`](Self::write_links) would leave out.
    async fn check_links(
        &mut self,
        transaction: &Transaction,
        new: &mut [ValidAccount],
    ) -> Result<(), TransferError> {
        let links = new.iter().flat_map(|account| &account.links);
        let links: Vec<_> = links.map(|link| (link.provider.as_str(), link.subject.as_str())).collect();
        if links.is_empty() {
            return Ok(());
        }
        self.encryption()?;
        let taken =
            linked_accounts::find_subjects(transaction, &links).await.map_err(TransferError::Store)?;
        self.seen_links.extend(taken);
        for account in new {
            let mut kept = HashSet::new();
            for link in &account.links {
                if self.seen_links.insert((link.provider.clone(), link.subject.clone())) {
                    kept.insert(link.id);
                }
            }
            account.keep_links(|link| kept.contains(&link.id));
        }
        Ok(())
    }

    /// The accounts of a batch that do not exist yet: of several with one id or email, the first.
    fn without_conflicts(
        &mut self,
        accounts: Vec<ValidAccount>,
        existing: &Existing,
        outcome: &mut Outcome,
    ) -> Vec<ValidAccount> {
        if !self.report.dry_run {
            // The database has what earlier batches stored.
            self.seen.clear();
        }
        let mut new = Vec::with_capacity(accounts.len());
        for account in accounts {
            let (id, email) = (account.user.id.as_str(), account.user.email.as_str());
            let duplicate = self.seen.contains(id) || self.seen.contains(email);
            match existing.conflict(&account).or(duplicate.then_some(Conflict::EmailTaken)) {
                None => {
                    self.seen.extend([id.to_owned(), email.to_owned()]);
                    new.push(account);
                }
                Some(Conflict::Imported { changed }) => {
                    outcome.already_there += 1;
                    outcome.changed.extend(changed.then_some(account.label));
                }
                Some(Conflict::EmailTaken) => outcome.skip(SkipReason::EmailTaken, account.label),
            }
        }
        new
    }

    fn count(&mut self, outcome: Outcome) {
        let report = &mut self.report;
        for (reason, label) in outcome.skipped {
            report.skip(reason, label);
        }
        let mut sessions = 0;
        for account in &outcome.copied {
            report.users.copied += 1;
            report.users.banned += u64::from(account.ban.is_some());
            report.users.second_factors += u64::from(account.user.two_factor);
            sessions += account.sessions.len() as u64;
            if let Some(stored) = &account.password {
                *report.passwords.entry(stored.scheme.as_str()).or_default() += 1;
            }
            for note in &account.notes {
                report.note(*note, &account.label);
            }
            report.count_links(account, &self.settings.providers);
            report.count_fields(account);
        }
        report.sessions.copied += outcome.sessions;
        report.sessions.already_there += sessions.saturating_sub(outcome.sessions);
        report.users.already_there += outcome.already_there;
        for label in outcome.changed {
            report.note(Note::ChangedSince, &label);
        }
    }
}

/// What became of a batch.
#[derive(Default)]
struct Outcome {
    copied: Vec<ValidAccount>,
    /// Sessions copied.
    sessions: u64,
    already_there: u64,
    /// Labels of accounts that exist and have changed at the source since they were copied.
    changed: Vec<String>,
    skipped: Vec<(SkipReason, String)>,
}

impl Outcome {
    fn skip(&mut self, reason: SkipReason, label: String) {
        self.skipped.push((reason, label));
    }
}

/// Why an account is not new.
enum Conflict {
    /// It was imported before.
    Imported {
        /// Whether it has changed at the source since.
        changed: bool,
    },
    /// Another account has its email.
    EmailTaken,
}

/// The accounts that have the ids or emails of a batch.
struct Existing {
    /// When the account of an id was last changed.
    changed_at: HashMap<String, Timestamp>,
    emails: HashSet<String>,
}

impl Existing {
    fn of(users: Vec<ExistingUser>) -> Self {
        let (mut changed_at, mut emails) = (HashMap::new(), HashSet::new());
        for user in users {
            changed_at.insert(user.id, user.changed_at);
            emails.insert(user.email);
        }
        Self { changed_at, emails }
    }

    fn conflict(&self, account: &ValidAccount) -> Option<Conflict> {
        if let Some(changed_at) = self.changed_at.get(account.user.id.as_str()) {
            return Some(Conflict::Imported { changed: account.user.updated_at > *changed_at });
        }
        let same_email = self.emails.contains(account.user.email.as_str());
        same_email.then_some(match account.new_id {
            true => Conflict::Imported { changed: false },
            false => Conflict::EmailTaken,
        })
    }
}
