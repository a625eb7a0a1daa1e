//! Passwords, their hashes, and the cost of hashing them.

use std::str::FromStr;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use shared_claims::UserId;
use strum::{EnumString, IntoStaticStr};
use unicode_normalization::UnicodeNormalization;

use crate::error::ApiError;
use crate::users::{Ban, User};

/// The costs that bcrypt accepts.
const MIN_COST: u32 = 4;
const MAX_COST: u32 = 31;

/// The length of passwords, in characters as JavaScript counts them: UTF-16 units (FR-003).
#[derive(Debug, Clone, Copy)]
pub struct PasswordRules {
    /// The minimum of a new password.
    pub min_length: usize,
    /// The maximum of any password. Longer ones are refused, not truncated.
    pub max_length: usize,
}

/// A password as a user typed it, and in Unicode's compatibility form (NFKC), so that keyboards agree. Never printed.
pub struct Password {
    normalised: SecretString,
    /// Some other systems hash the password as typed.
    typed: SecretString,
}

/// A new password of a valid length. It can be hashed once the policy has admitted it
/// ([`super::PasswordPolicy::admit`]).
pub struct ChosenPassword(pub(super) Password);

impl Password {
    /// Validates the length of a new password.
    ///
    /// # Errors
    /// [`ApiError::PasswordTooShort`] or [`ApiError::PasswordTooLong`].
    pub fn chosen(text: &SecretString, rules: PasswordRules) -> Result<ChosenPassword, ApiError> {
        if text.expose_secret().encode_utf16().count() < rules.min_length {
            return Err(ApiError::PasswordTooShort);
        }
        Self::claimed(text, rules).map(ChosenPassword)
    }

    /// Reads a password to verify.
    ///
    /// # Errors
    /// [`ApiError::PasswordTooLong`] if it is longer than any stored one.
    pub fn claimed(typed: &SecretString, rules: PasswordRules) -> Result<Self, ApiError> {
        let text = typed.expose_secret();
        if text.encode_utf16().count() > rules.max_length {
            return Err(ApiError::PasswordTooLong);
        }
        Ok(Self { normalised: text.nfkc().collect::<String>().into(), typed: typed.clone() })
    }

    /// The bytes to hash.
    pub(super) fn bytes(&self) -> &[u8] {
        self.normalised.expose_secret().as_bytes()
    }

    /// NFKC in lower case, to compare with words.
    pub(super) fn folded(&self) -> SecretString {
        self.normalised.expose_secret().to_lowercase().into()
    }

    /// The bytes as typed, for hashes of systems that do not normalise.
    pub(super) fn as_typed(&self) -> &[u8] {
        self.typed.expose_secret().as_bytes()
    }

    #[cfg(test)]
    pub(super) fn for_test(text: &str) -> Self {
        Self::claimed(&text.into(), PasswordRules { min_length: 8, max_length: 128 }).ok().unwrap()
    }
}

/// The cost of bcrypt. Each step doubles the work of a hash: the default takes about a quarter of a second on a server core
/// of 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost(u32);

impl Cost {
    /// The least cost.
    pub(super) const MIN: Self = Self(MIN_COST);

    /// The exponent.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Cost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(cost) if (MIN_COST..=MAX_COST).contains(&cost) => Ok(Self(cost)),
            _ => Err(format!("must be a number from {MIN_COST} to {MAX_COST}")),
        }
    }
}

/// How a password was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Scheme {
    /// `$2b$` bcrypt of the NFKC form, for passwords of up to 72 bytes without NUL. Every system can verify these.
    Bcrypt,
    /// bcrypt of base64(HMAC-SHA-384(NFKC form)), for passwords that bcrypt would truncate.
    BcryptHmacSha384,
    /// Foreign: the default of Better Auth, scrypt of the NFKC form.
    BetterAuthScrypt,
    /// Foreign: bcrypt of the bytes as typed, of which the other system may have ignored those after the 72nd.
    ForeignBcrypt,
    /// Foreign: argon2 (RFC 9106) of the bytes as typed, with its parameters in the hash (PHC string).
    Argon2,
}

impl Scheme {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether such hashes are of another system. They are replaced when the user signs in.
    pub fn is_foreign(self) -> bool {
        match self {
            Self::Bcrypt | Self::BcryptHmacSha384 => false,
            Self::BetterAuthScrypt | Self::ForeignBcrypt | Self::Argon2 => true,
        }
    }

    /// Whether other systems verify such hashes too.
    pub(crate) fn is_portable(self) -> bool {
        self != Self::BcryptHmacSha384
    }

    /// The algorithm that does the work.
    pub(super) fn algorithm(self) -> &'static str {
        match self {
            Self::Bcrypt | Self::BcryptHmacSha384 | Self::ForeignBcrypt => "bcrypt",
            Self::BetterAuthScrypt => "scrypt",
            Self::Argon2 => "argon2",
        }
    }
}

/// A stored hash and its scheme.
#[derive(Clone)]
pub struct StoredHash {
    /// In text form. For bcrypt: version, cost, salt and hash.
    pub hash: String,
    /// How the password was hashed.
    pub scheme: Scheme,
}

/// A user, with the hash of their password and their ban if they have one. The ban may have ended.
pub(crate) struct UserWithPassword {
    pub user: User,
    pub ban: Option<Ban>,
    pub password: Option<StoredHash>,
}

/// An account that exists.
pub(crate) struct ExistingUser {
    pub id: String,
    pub email: String,
    /// When the account or its password was last changed.
    pub changed_at: Timestamp,
}

/// The password of a new account.
pub(crate) struct NewPassword<'a> {
    pub user: &'a UserId,
    pub stored: &'a StoredHash,
    pub set_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: PasswordRules = PasswordRules { min_length: 8, max_length: 128 };

    #[test]
    fn fr_003_a_password_has_8_to_128_characters() {
        assert!(matches!(Password::chosen(&"1234567".into(), RULES), Err(ApiError::PasswordTooShort)));
        assert!(Password::chosen(&"12345678".into(), RULES).is_ok());
        assert!(Password::chosen(&"x".repeat(128).into(), RULES).is_ok());
        assert!(matches!(Password::chosen(&"x".repeat(129).into(), RULES), Err(ApiError::PasswordTooLong)));
        assert!(Password::claimed(&"short".into(), RULES).is_ok(), "an imported password may be shorter");
    }

    #[test]
    fn two_spellings_of_a_character_are_the_same_password() {
        let composed = Password::for_test("p\u{e4}ssw\u{f6}rd");
        let decomposed = Password::for_test("pa\u{308}sswo\u{308}rd");
        assert_eq!(composed.bytes(), decomposed.bytes());
    }
}
