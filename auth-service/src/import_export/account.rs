//! Accounts of other systems, as their source describes them and as they are stored here.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use service_kit::id::new_v7;
use shared_claims::UserId;

use super::links::{ForeignLink, ValidLinks};
use super::reason::{LinkReason, Note, SkipReason};
use super::second_factors::{ForeignFactor, ImportedFactor};
use super::usernames;
use crate::linked_accounts::ImportedAccount;
use crate::passwords::{self, StoredHash, UnsupportedHash};
use crate::protocol::email_address::{Email, MAX_EMAIL};
use crate::protocol::image_url::is_safe_image;
use crate::sessions::{ForeignSession, ImportedSession};
use crate::users::{
    Ban, CredentialEpoch, ImportedFields, MAX_BAN_REASON, MAX_IMAGE, MAX_NAME, NewUsername, User, UserFields,
    UsernameRules,
};

/// An account as its source describes it, not validated. An empty text means the same as none.
#[derive(Default)]
pub struct NewAccount {
    /// Its name in the report: its id, or its line in the file.
    pub label: String,
    /// `None` for a new id.
    pub id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub email_verified: bool,
    pub image: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// The hash of its password.
    pub password: Option<SecretString>,
    /// The name of the scheme of `password`, if the source has it.
    pub scheme: Option<String>,
    pub sessions: Vec<ForeignSession>,
    /// Its accounts at identity providers.
    pub links: Vec<ForeignLink>,
    pub username: Option<String>,
    /// The username as pages show it.
    pub display_username: Option<String>,
    /// The values of additional fields by name, as JSON or as text.
    pub fields: Map<String, Value>,
    /// The ban, unless it has been removed.
    pub ban: Option<NewBan>,
    /// Why the source rules the account out.
    pub skip: Option<SkipReason>,
    pub second_factor: ForeignFactor,
}

/// A ban as its source describes it, not validated.
#[derive(Default)]
pub struct NewBan {
    /// When the user was banned; `None` if the source does not know.
    pub since: Option<Timestamp>,
    /// When the ban ends; `None` if it does not.
    pub until: Option<Timestamp>,
    pub reason: Option<String>,
}

/// A valid account, with everything that is imported with it.
pub struct ValidAccount {
    pub label: String,
    pub user: User,
    /// The id was generated here, so only the email shows whether the account exists.
    pub new_id: bool,
    pub password: Option<StoredHash>,
    pub sessions: Vec<ImportedSession>,
    pub ban: Option<Ban>,
    /// The secrets of the second factor. `user` says whether there is one.
    pub factor: Option<ImportedFactor>,
    pub links: Vec<ImportedAccount>,
    /// The providers of accounts there that are not imported.
    pub lost_links: Vec<(LinkReason, String)>,
    /// The names of additional fields whose values do not fit.
    pub unfit_fields: Vec<String>,
    /// The names of additional fields that nothing describes here.
    pub unknown_fields: Vec<String>,
    pub notes: Vec<Note>,
}

impl ValidAccount {
    /// Leaves out the username, which another user has.
    pub fn drop_username(&mut self) {
        (self.user.username, self.user.display_username) = (None, None);
        self.notes.push(Note::UsernameTaken);
    }

    /// Leaves out the accounts at providers that belong to another user.
    pub fn keep_links(&mut self, is_kept: impl Fn(&ImportedAccount) -> bool) {
        let lost = self.links.extract_if(.., |link| !is_kept(link));
        self.lost_links.extend(lost.map(|link| (LinkReason::Taken, link.provider)));
        let has_note = [Note::NoPassword, Note::PasswordUnknown, Note::PasswordTooCostly]
            .iter()
            .any(|note| self.notes.contains(note));
        if self.password.is_none() && self.links.is_empty() && !has_note {
            self.notes.push(Note::NoPassword);
        }
    }
}

impl NewAccount {
    /// An account that cannot be read.
    pub fn unreadable(label: String) -> Self {
        Self { label, skip: Some(SkipReason::Unreadable), ..Self::default() }
    }

    /// Validates the account, or returns the reason to skip it. `described` are the additional fields
    /// here, and `rules` the rules for usernames, if users have them.
    pub fn validate(
        self,
        now: Timestamp,
        described: &UserFields,
        rules: Option<&UsernameRules>,
    ) -> Result<ValidAccount, SkipReason> {
        if let Some(reason) = self.skip {
            return Err(reason);
        }
        let id = given(self.id);
        let new_id = id.is_none();
        let id = id.unwrap_or_else(|| new_v7(now).to_string());
        let id: UserId = id.parse().map_err(|_| SkipReason::IdDoesNotFit)?;
        let email = email(given(self.email))?;
        let (name, image) = (self.name.unwrap_or_default(), given(self.image));
        if name.contains('\0') || image.as_ref().is_some_and(|image| image.contains('\0')) {
            return Err(SkipReason::Unreadable);
        }
        let mut notes = Vec::new();
        let name = truncated(name, &mut notes);
        let image = image.and_then(|image| usable_image(image, &mut notes));
        let chosen = (given(self.username), given(self.display_username));
        let NewUsername { username, display } = usernames::usable(chosen, rules, &mut notes);
        // It fails only without randomness.
        let (two_factor, factor) =
            self.second_factor.usable(&mut notes).map_err(|_| SkipReason::Unreadable)?;
        let created_at = self.created_at.unwrap_or(now);
        let ValidLinks { links, lost: lost_links } = ValidLinks::of(self.links, created_at, now);
        let has_links = !links.is_empty();
        let password = password(self.password, given(self.scheme).as_deref(), has_links, &mut notes);
        let ImportedFields { values: fields, unfit: unfit_fields, unknown: unknown_fields } =
            described.of_import(self.fields);
        let ban = self.ban.map(|ban| valid_ban(ban, now, &mut notes));
        // A ban ends all sessions. An imported one must not be live again when the ban ends.
        let is_banned = ban.as_ref().is_some_and(|ban| ban.holds(now));
        let sessions = if is_banned { Vec::new() } else { self.sessions };
        let sessions = sessions.into_iter().map(|session| session.of_user(id.clone(), now)).collect();
        let user = User {
            id,
            name,
            email,
            email_verified: self.email_verified,
            image,
            created_at,
            updated_at: self.updated_at.unwrap_or(created_at),
            username,
            display_username: display,
            credential_epoch: CredentialEpoch::FIRST,
            two_factor,
            fields,
        };
        Ok(ValidAccount {
            label: self.label,
            user,
            new_id,
            password,
            sessions,
            ban,
            factor,
            links,
            lost_links,
            unfit_fields,
            unknown_fields,
            notes,
        })
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn email(text: Option<String>) -> Result<Email, SkipReason> {
    let text = text.ok_or(SkipReason::NoEmail)?;
    if text.chars().count() > MAX_EMAIL {
        return Err(SkipReason::EmailTooLong);
    }
    Email::parse(text.trim()).ok_or(SkipReason::EmailDoesNotFit)
}

fn truncated(name: String, notes: &mut Vec<Note>) -> String {
    if name.chars().count() <= MAX_NAME {
        return name;
    }
    notes.push(Note::NameCut);
    name.chars().take(MAX_NAME).collect()
}

fn valid_ban(NewBan { since, until, reason }: NewBan, now: Timestamp, notes: &mut Vec<Note>) -> Ban {
    // A line break would end the line that shows it, and PostgreSQL cannot store a NUL.
    let reason = given(reason).map(|reason| reason.replace(char::is_control, " "));
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_BAN_REASON) {
        notes.push(Note::BanReasonCut);
    }
    let reason = reason.map(|reason| reason.chars().take(MAX_BAN_REASON).collect());
    Ban { since: since.unwrap_or(now), until, reason }
}

fn usable_image(image: String, notes: &mut Vec<Note>) -> Option<String> {
    if image.chars().count() > MAX_IMAGE {
        notes.push(Note::ImageLeftOut);
    } else if !is_safe_image(&image) {
        notes.push(Note::ImageUnsafe);
    } else {
        return Some(image);
    }
    None
}

fn password(
    hash: Option<SecretString>,
    scheme: Option<&str>,
    has_links: bool,
    notes: &mut Vec<Note>,
) -> Option<StoredHash> {
    let Some(hash) = hash.filter(|hash| !hash.expose_secret().is_empty()) else {
        if !has_links {
            notes.push(Note::NoPassword);
        }
        return None;
    };
    let hash = hash.expose_secret();
    let named = scheme.map(|name| name.parse().map_err(|_| UnsupportedHash::UnknownFormat)).transpose();
    match named.and_then(|named| passwords::scheme_of(hash, named)) {
        Ok(scheme) => return Some(StoredHash { hash: hash.to_owned(), scheme }),
        Err(UnsupportedHash::UnknownFormat) => notes.push(Note::PasswordUnknown),
        Err(UnsupportedHash::TooCostly) => notes.push(Note::PasswordTooCostly),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passwords::Scheme;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn alice() -> NewAccount {
        NewAccount {
            label: "alice".to_owned(),
            id: Some("alice".to_owned()),
            email: Some("Alice@Example.com".to_owned()),
            name: Some("Alice".to_owned()),
            ..NewAccount::default()
        }
    }

    #[test]
    fn a_valid_account_is_imported_with_its_email_in_lower_case() {
        let account = alice().validate(now(), &UserFields::default(), None).ok().unwrap();
        assert_eq!(account.user.id.as_str(), "alice");
        assert_eq!(account.user.email.as_str(), "alice@example.com");
        assert_eq!((account.user.created_at, account.user.updated_at), (now(), now()));
        assert_eq!(account.notes, [Note::NoPassword]);
        let no_id =
            NewAccount { id: None, ..alice() }.validate(now(), &UserFields::default(), None).ok().unwrap();
        assert!(no_id.new_id && no_id.user.id.as_str().len() == 36);
    }

    #[test]
    fn an_invalid_account_is_skipped_with_its_reason() {
        let long = format!("{}@example.com", "a".repeat(243));
        let fits = format!("{}@example.com", "a".repeat(242));
        let email = |email: &str| {
            NewAccount { email: Some(email.to_owned()), ..alice() }
                .validate(now(), &UserFields::default(), None)
                .err()
        };
        let id = |id: &str| {
            NewAccount { id: Some(id.to_owned()), ..alice() }
                .validate(now(), &UserFields::default(), None)
                .err()
        };
        assert_eq!(email(&fits), None);
        assert_eq!(email(&long), Some(SkipReason::EmailTooLong));
        assert_eq!(email(""), Some(SkipReason::NoEmail));
        assert_eq!(email("m\u{fc}ller@example.com"), Some(SkipReason::EmailDoesNotFit));
        for bad in ["me", "auth", "a b", "a/b", "\u{e4}", &"x".repeat(65)] {
            assert_eq!(id(bad), Some(SkipReason::IdDoesNotFit), "{bad}");
        }
        let nul = NewAccount { name: Some("a\0b".to_owned()), ..alice() };
        assert_eq!(nul.validate(now(), &UserFields::default(), None).err(), Some(SkipReason::Unreadable));
        let deleted = NewAccount { skip: Some(SkipReason::Deleted), ..alice() };
        assert_eq!(deleted.validate(now(), &UserFields::default(), None).err(), Some(SkipReason::Deleted));
    }

    #[test]
    fn a_value_that_is_too_long_is_truncated_or_dropped_and_reported() {
        let account = NewAccount {
            name: Some("\u{e4}".repeat(101)),
            image: Some(format!("data:{}", "x".repeat(2048))),
            password: Some("md5?".to_owned().into()),
            second_factor: ForeignFactor::Lost,
            ..alice()
        };
        let account = account.validate(now(), &UserFields::default(), None).ok().unwrap();
        assert_eq!((account.user.name.chars().count(), account.user.image), (100, None));
        let told = [Note::NameCut, Note::ImageLeftOut, Note::SecondFactorLost, Note::PasswordUnknown];
        assert_eq!(account.notes, told);
        assert!(account.password.is_none());
    }

    #[test]
    fn a_ban_is_imported_with_a_reason_of_one_line() {
        let ban = NewBan { reason: Some(format!("a\n\0{}", "b".repeat(500))), ..NewBan::default() };
        let account = NewAccount { ban: Some(ban), ..alice() }
            .validate(now(), &UserFields::default(), None)
            .ok()
            .unwrap();
        let ban = account.ban.unwrap();
        assert_eq!((ban.since, ban.until), (now(), None));
        assert_eq!(ban.reason, Some(format!("a  {}", "b".repeat(497))));
        assert!(account.notes.contains(&Note::BanReasonCut));
    }

    #[test]
    fn an_unsafe_image_is_dropped_and_reported() {
        let image = |url: &str| {
            let account = NewAccount { image: Some(url.to_owned()), ..alice() }
                .validate(now(), &UserFields::default(), None)
                .ok()
                .unwrap();
            (account.user.image.is_some(), account.notes.contains(&Note::ImageUnsafe))
        };
        assert_eq!(image(" javascript:alert(1)"), (false, true));
        assert_eq!(image("data:text/html,x"), (false, true));
        assert_eq!(image("data:image/png;base64,AA=="), (true, false));
    }

    #[test]
    fn only_a_hash_with_the_name_of_an_own_scheme_is_of_that_scheme() {
        let bcrypt = format!("$2b$12${}", ".".repeat(53));
        let scheme = |named: Option<&str>| {
            let account = NewAccount {
                password: Some(bcrypt.clone().into()),
                scheme: named.map(str::to_owned),
                ..alice()
            };
            account
                .validate(now(), &UserFields::default(), None)
                .ok()
                .unwrap()
                .password
                .map(|stored| stored.scheme)
        };
        assert_eq!(scheme(None), Some(Scheme::ForeignBcrypt));
        assert_eq!(scheme(Some("")), Some(Scheme::ForeignBcrypt));
        assert_eq!(scheme(Some("bcrypt")), Some(Scheme::Bcrypt));
        assert_eq!(scheme(Some("bcrypt-hmac-sha384")), Some(Scheme::BcryptHmacSha384));
        assert_eq!(scheme(Some("sha1")), None);
    }
}
