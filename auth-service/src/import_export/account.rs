//! An account as another system has it, and what of it fits here.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use service_kit::id::new_v7;
use shared_claims::UserId;

use super::reason::{Noted, Reason};
use crate::passwords::{self, Scheme, StoredHash, UnsupportedHash};
use crate::protocol::email_address::{Email, MAX_EMAIL};
use crate::protocol::image_url::is_safe_image;
use crate::protocol::opaque_token::SessionToken;
use crate::sessions::{Device, Session, Times};
use crate::users::{MAX_IMAGE, MAX_NAME};

/// What a source says of an account. Nothing of it is checked.
#[derive(Default)]
pub struct NewAccount {
    /// What the report calls it: its id, or the line it stands on.
    pub label: String,
    /// Its id; `None`: it gets a new one.
    pub id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub email_verified: bool,
    pub image: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// The hash of its password.
    pub password: Option<SecretString>,
    /// The name of the rule that made the hash, where the source knows.
    pub scheme: Option<String>,
    pub sessions: Vec<NewSession>,
    /// The source itself says why it should stay behind.
    pub stays: Option<Reason>,
    /// Signing in took a second factor, which does not come along.
    pub second_factor: bool,
}

/// What a source says of a session that has not expired.
pub struct NewSession {
    pub token: SecretString,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
    pub ip_address: String,
    pub user_agent: String,
}

/// An account that fits, with all that comes along.
pub struct ValidAccount {
    pub label: String,
    pub id: UserId,
    /// The id was made just now: only the e-mail tells whether the account is here already.
    pub new_id: bool,
    pub email: Email,
    pub name: String,
    pub email_verified: bool,
    pub image: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub password: Option<StoredHash>,
    pub sessions: Vec<(Session, SessionToken)>,
    /// What is worth telling of it, once it is copied.
    pub noted: Vec<Noted>,
}

impl NewAccount {
    /// Whether something stood where there is nothing: an empty text says as little as none.
    fn given(text: Option<String>) -> Option<String> {
        text.filter(|text| !text.is_empty())
    }

    /// What fits here.
    ///
    /// # Errors
    /// Why the account cannot come.
    pub fn check(self, now: Timestamp) -> Result<ValidAccount, Reason> {
        if let Some(reason) = self.stays {
            return Err(reason);
        }
        let mut noted = Vec::new();
        let (id, new_id) = match Self::given(self.id) {
            Some(id) => (id, false),
            None => (new_v7(now).to_string(), true),
        };
        let id: UserId = id.parse().map_err(|_| Reason::IdDoesNotFit)?;
        let email = email(Self::given(self.email))?;
        let name = self.name.unwrap_or_default();
        let image = Self::given(self.image);
        if name.contains('\0') || image.as_ref().is_some_and(|image| image.contains('\0')) {
            return Err(Reason::Unreadable);
        }
        let cut: String = name.chars().take(MAX_NAME).collect();
        if cut.len() < name.len() {
            noted.push(Noted::NameCut);
        }
        let fits = |image: &String| image.chars().count() <= MAX_IMAGE;
        if image.as_ref().is_some_and(|image| !fits(image)) {
            noted.push(Noted::ImageLeftOut);
        } else if image.as_deref().is_some_and(|image| !is_safe_image(image)) {
            noted.push(Noted::ImageUnsafe);
        }
        if self.second_factor {
            noted.push(Noted::SecondFactorLost);
        }
        let password = password(self.password, self.scheme.as_deref(), &mut noted);
        let created_at = self.created_at.unwrap_or(now);
        let sessions = self.sessions.into_iter().map(|session| session.moved(&id, now)).collect();
        Ok(ValidAccount {
            label: self.label,
            new_id,
            email,
            name: cut,
            email_verified: self.email_verified,
            image: image.filter(fits).filter(|image| is_safe_image(image)),
            created_at,
            updated_at: self.updated_at.unwrap_or(created_at),
            password,
            sessions,
            noted,
            id,
        })
    }
}

impl NewSession {
    fn moved(self, user: &UserId, now: Timestamp) -> (Session, SessionToken) {
        let Self { created_at, updated_at, expires_at, .. } = self;
        let times = Times { created_at, updated_at, expires_at };
        let device = Device { ip_address: &self.ip_address, user_agent: &self.user_agent };
        let session = Session::moved(user.clone(), times, device, now);
        (session, SessionToken::from(self.token.expose_secret()))
    }
}

fn email(text: Option<String>) -> Result<Email, Reason> {
    let text = text.ok_or(Reason::NoEmail)?;
    if text.chars().count() > MAX_EMAIL {
        return Err(Reason::EmailTooLong);
    }
    Email::parse(text.trim()).ok_or(Reason::EmailDoesNotFit)
}

fn password(hash: Option<SecretString>, scheme: Option<&str>, noted: &mut Vec<Noted>) -> Option<StoredHash> {
    let Some(hash) = hash.filter(|hash| !hash.expose_secret().is_empty()) else {
        noted.push(Noted::NoPassword);
        return None;
    };
    let hash = hash.expose_secret();
    let named = scheme.filter(|scheme| !scheme.is_empty()).map(Scheme::parse);
    let scheme = match named {
        Some(None) => Err(UnsupportedHash::UnknownFormat),
        Some(named @ Some(_)) => passwords::accept(hash, named),
        None => passwords::accept(hash, None),
    };
    match scheme {
        Ok(scheme) => Some(StoredHash { hash: hash.to_owned(), scheme }),
        Err(UnsupportedHash::UnknownFormat) => {
            noted.push(Noted::PasswordUnknown);
            None
        }
        Err(UnsupportedHash::TooCostly) => {
            noted.push(Noted::PasswordTooCostly);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_fits_comes_along_with_a_lower_case_email() {
        let account = alice().check(now()).ok().unwrap();
        assert_eq!(account.id.as_str(), "alice");
        assert_eq!(account.email.as_str(), "alice@example.com");
        assert_eq!((account.created_at, account.updated_at), (now(), now()));
        assert_eq!(account.noted, [Noted::NoPassword]);
        let no_id = NewAccount { id: None, ..alice() }.check(now()).ok().unwrap();
        assert!(no_id.new_id && no_id.id.as_str().len() == 36);
    }

    #[test]
    fn what_does_not_fit_is_told_apart() {
        let long = format!("{}@example.com", "a".repeat(243));
        let fits = format!("{}@example.com", "a".repeat(242));
        let email = |email: &str| NewAccount { email: Some(email.to_owned()), ..alice() }.check(now()).err();
        let id = |id: &str| NewAccount { id: Some(id.to_owned()), ..alice() }.check(now()).err();
        assert_eq!(email(&fits), None);
        assert_eq!(email(&long), Some(Reason::EmailTooLong));
        assert_eq!(email(""), Some(Reason::NoEmail));
        assert_eq!(email("m\u{fc}ller@example.com"), Some(Reason::EmailDoesNotFit));
        for bad in ["me", "auth", "a b", "a/b", "\u{e4}", &"x".repeat(65)] {
            assert_eq!(id(bad), Some(Reason::IdDoesNotFit), "{bad}");
        }
        let nul = NewAccount { name: Some("a\0b".to_owned()), ..alice() };
        assert_eq!(nul.check(now()).err(), Some(Reason::Unreadable));
        let banned = NewAccount { stays: Some(Reason::Banned), ..alice() };
        assert_eq!(banned.check(now()).err(), Some(Reason::Banned));
    }

    #[test]
    fn what_is_too_long_is_cut_or_left_out_and_told() {
        let account = NewAccount {
            name: Some("\u{e4}".repeat(101)),
            image: Some(format!("data:{}", "x".repeat(2048))),
            password: Some("md5?".to_owned().into()),
            second_factor: true,
            ..alice()
        };
        let account = account.check(now()).ok().unwrap();
        assert_eq!((account.name.chars().count(), account.image), (100, None));
        let told = [Noted::NameCut, Noted::ImageLeftOut, Noted::SecondFactorLost, Noted::PasswordUnknown];
        assert_eq!(account.noted, told);
        assert!(account.password.is_none());
    }

    #[test]
    fn an_unsafe_image_is_left_out_and_reported() {
        let image = |url: &str| {
            let account = NewAccount { image: Some(url.to_owned()), ..alice() }.check(now()).ok().unwrap();
            (account.image.is_some(), account.noted.contains(&Noted::ImageUnsafe))
        };
        assert_eq!(image(" javascript:alert(1)"), (false, true));
        assert_eq!(image("data:text/html,x"), (false, true));
        assert_eq!(image("data:image/png;base64,AA=="), (true, false));
    }

    #[test]
    fn only_a_hash_that_was_named_ours_is_held_for_ours() {
        let bcrypt = format!("$2b$12${}", ".".repeat(53));
        let scheme = |named: Option<&str>| {
            let account = NewAccount {
                password: Some(bcrypt.clone().into()),
                scheme: named.map(str::to_owned),
                ..alice()
            };
            account.check(now()).ok().unwrap().password.map(|stored| stored.scheme)
        };
        assert_eq!(scheme(None), Some(Scheme::ForeignBcrypt));
        assert_eq!(scheme(Some("")), Some(Scheme::ForeignBcrypt));
        assert_eq!(scheme(Some("bcrypt")), Some(Scheme::Bcrypt));
        assert_eq!(scheme(Some("bcrypt-hmac-sha384")), Some(Scheme::BcryptHmacSha384));
        assert_eq!(scheme(Some("sha1")), None);
    }
}
