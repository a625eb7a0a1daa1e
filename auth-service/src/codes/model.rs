//! Codes and what they are for.

use aws_lc_rs::{hmac, rand};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shared_claims::UserId;
use strum::{IntoStaticStr, VariantArray};

use crate::error::ApiError;
use crate::protocol::email_address::Email;
use crate::protocol::session_id::SessionId;
use crate::users::{CredentialEpoch, User};

/// What a code can be used for, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Purpose {
    /// Sign in, or sign up.
    SignIn,
    /// Verify the account's email.
    VerifyEmail,
    /// Choose a new password.
    ResetPassword,
    /// Verify the new email, which then becomes the account's.
    ChangeEmail,
}

impl Purpose {
    /// Its name, in events and in the HMAC.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a code is about. Two codes about the same replace each other.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// The email to which it is sent.
    pub email: &'a Email,
    /// The user who asked for the change of email. `None` for other purposes, which anybody can ask for.
    pub requester: Option<&'a UserId>,
}

/// What a code is bound to besides its subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Binding {
    /// The user who had the email, or asked for the change, and the epoch of their credential. `None`: nobody had it.
    pub user: Option<(UserId, CredentialEpoch)>,
    /// The session that asked for the change of email.
    pub session: Option<SessionId>,
}

impl Binding {
    /// The binding to the user with the email, if there is one.
    pub fn to(user: Option<&User>) -> Self {
        Self { user: user.map(|user| (user.id.clone(), user.credential_epoch)), session: None }
    }

    /// Whether the code was created for this user and this credential.
    pub fn is_to(&self, user: &User) -> bool {
        self.user.as_ref().is_some_and(|(id, epoch)| *id == user.id && *epoch == user.credential_epoch)
    }
}

/// A code. Not shown by `Debug`.
pub struct Code(SecretString);

impl Code {
    /// Creates a random code of `length` digits, each of which is equally likely.
    pub fn generate(length: usize) -> Result<Self, ApiError> {
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let mut byte = [0];
            rand::fill(&mut byte).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
            // The bytes below 250 are 25 times each digit.
            let [byte] = byte;
            if byte < 250 {
                text.push(char::from(b'0' + byte % 10));
            }
        }
        Ok(Self(text.into()))
    }

    /// The code in plain text, for the mail.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for Code {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// What a guess at a code led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the code.
    Right(Binding),
    /// It is not the code, or no code is outstanding.
    Wrong,
    /// The code has expired.
    Expired,
    /// Too many guesses were wrong.
    Exhausted,
}

/// Creates codes and checks guesses.
#[derive(Clone)]
pub struct Codes {
    /// The key of the HMACs.
    pub key: hmac::Key,
    /// How long a code is valid.
    pub lifetime: SignedDuration,
    /// The number of digits.
    pub length: usize,
    /// The number of guesses at one code.
    pub guesses: u32,
}

impl Codes {
    /// When a code expires that is created `now`.
    pub fn expiry(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX)
    }

    /// The HMAC of a subject.
    pub(super) fn subject(&self, subject: &Subject<'_>) -> Vec<u8> {
        self.mac("subject", subject, "")
    }

    /// The HMAC of a code about a subject.
    pub(super) fn code(&self, subject: &Subject<'_>, code: &Code) -> Vec<u8> {
        self.mac("code", subject, code.expose())
    }

    fn mac(&self, kind: &str, subject: &Subject<'_>, text: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.key);
        let requester = subject.requester.map_or("", UserId::as_str);
        for part in [kind, subject.purpose.as_str(), subject.email.as_str(), requester, text] {
            // With its length, so that no two lists of parts have the same HMAC.
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_length_and_every_digit() {
        let codes: Vec<String> =
            (0..200).map(|_| Code::generate(6).ok().unwrap().expose().to_owned()).collect();
        assert!(codes.iter().all(|code| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())));
        for digit in '0'..='9' {
            assert!(codes.iter().any(|code| code.contains(digit)), "{digit}");
        }
    }

    #[test]
    fn no_two_subjects_have_the_same_code() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let codes = Codes { key, lifetime: SignedDuration::from_mins(5), length: 6, guesses: 3 };
        let (ada, bob) = (Email::parse("ada@b.co").unwrap(), Email::parse("bob@b.co").unwrap());
        let user: UserId = "alice".parse().unwrap();
        let subject = |purpose, email, requester| Subject { purpose, email, requester };
        let mut macs: Vec<_> = [
            subject(Purpose::SignIn, &ada, None),
            subject(Purpose::ResetPassword, &ada, None),
            subject(Purpose::SignIn, &bob, None),
            subject(Purpose::SignIn, &ada, Some(&user)),
        ]
        .iter()
        .flat_map(|subject| [codes.subject(subject), codes.code(subject, &Code::from("123456"))])
        .collect();
        macs.sort();
        macs.dedup();
        assert_eq!(macs.len(), 8);
    }
}
