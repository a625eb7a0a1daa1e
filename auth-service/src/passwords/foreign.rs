//! Password hashes of other systems. Each is verified by its own scheme until the user signs in, and is then replaced by
//! one of ours. None is created here.

use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params};
use aws_lc_rs::constant_time;

use super::model::{Password, Scheme, StoredHash};

/// The highest accepted cost of bcrypt: four seconds on a server core of 2026. The user waits that long once, and every
/// attempt at the password occupies a hashing thread that long.
const MAX_BCRYPT_COST: u32 = 16;
/// The most memory of an accepted argon2 hash, in KiB: 1 GiB, the highest setting in common use.
const MAX_ARGON2_MEMORY_KIB: u32 = 1 << 20;
/// The most work of an accepted argon2 hash, in KiB times passes: four passes over 1 GiB, a few seconds.
const MAX_ARGON2_WORK_KIB: u64 = 1 << 22;
/// Better Auth's scrypt: 2^14 rounds of 2 KiB blocks, so 32 MiB, and a key of 64 bytes.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 16;
const SCRYPT_P: u32 = 1;
const SCRYPT_SALT_DIGITS: usize = 32;
const SCRYPT_KEY_BYTES: usize = 64;
/// `$2b$12$`, 22 characters of salt, 31 of hash.
const BCRYPT_LENGTH: usize = 60;

/// Why a hash of another system is not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnsupportedHash {
    UnknownFormat,
    /// Verifying it would take more memory or time than a sign-in may.
    TooCostly,
}

/// The scheme of a hash from outside: `named` if the format of the hash allows that, else the scheme of the format. A
/// hash is of one of our own schemes only if it is named so, since the same text is another password's in another scheme.
pub(crate) fn scheme_of(hash: &str, named: Option<Scheme>) -> Result<Scheme, UnsupportedHash> {
    let detected = detect(hash)?;
    match named {
        None => Ok(detected),
        Some(named) if named == detected => Ok(detected),
        Some(own @ (Scheme::Bcrypt | Scheme::BcryptHmacSha384)) if detected == Scheme::ForeignBcrypt => {
            Ok(own)
        }
        Some(_) => Err(UnsupportedHash::UnknownFormat),
    }
}

/// The foreign scheme that a hash has the format of.
fn detect(hash: &str) -> Result<Scheme, UnsupportedHash> {
    if scrypt_parts(hash).is_some() {
        Ok(Scheme::BetterAuthScrypt)
    } else if hash.starts_with("$2") {
        bcrypt(hash)
    } else if hash.starts_with("$argon2") {
        argon2(hash)
    } else {
        Err(UnsupportedHash::UnknownFormat)
    }
}

/// Whether `stored` is the hash of `password` in its foreign scheme. `None` if the stored text is not of that scheme, or is
/// bcrypt, which is [computed like ours](super::bcrypt).
pub(super) fn verify(password: &Password, stored: &StoredHash) -> Option<bool> {
    match stored.scheme {
        Scheme::BetterAuthScrypt => verify_scrypt(password, &stored.hash),
        Scheme::Argon2 => {
            let hash = PasswordHash::new(&stored.hash).ok()?;
            match Argon2::default().verify_password(password.as_typed(), &hash) {
                Ok(()) => Some(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Some(false),
                Err(_) => None,
            }
        }
        Scheme::Bcrypt | Scheme::BcryptHmacSha384 | Scheme::ForeignBcrypt => None,
    }
}

fn bcrypt(hash: &str) -> Result<Scheme, UnsupportedHash> {
    let parts: ::bcrypt::HashParts = hash.parse().map_err(|_| UnsupportedHash::UnknownFormat)?;
    // `$2x$` marks hashes of a broken implementation.
    let version = ["$2a$", "$2b$", "$2y$"].iter().any(|version| hash.starts_with(version));
    if !version || hash.len() != BCRYPT_LENGTH {
        return Err(UnsupportedHash::UnknownFormat);
    }
    if parts.get_cost() > MAX_BCRYPT_COST {
        Err(UnsupportedHash::TooCostly)
    } else {
        Ok(Scheme::ForeignBcrypt)
    }
}

fn argon2(hash: &str) -> Result<Scheme, UnsupportedHash> {
    let parsed = PasswordHash::new(hash).map_err(|_| UnsupportedHash::UnknownFormat)?;
    let known = argon2::Algorithm::try_from(parsed.algorithm.as_str()).is_ok();
    if !known || parsed.salt.is_none() || parsed.hash.is_none() {
        return Err(UnsupportedHash::UnknownFormat);
    }
    let params = Params::try_from(&parsed).map_err(|_| UnsupportedHash::UnknownFormat)?;
    let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
    if params.m_cost() > MAX_ARGON2_MEMORY_KIB || work > MAX_ARGON2_WORK_KIB {
        return Err(UnsupportedHash::TooCostly);
    }
    Ok(Scheme::Argon2)
}

/// Salt and key, both in lower-case hexadecimal digits.
fn scrypt_parts(hash: &str) -> Option<(&str, &str)> {
    let (salt, key) = hash.split_once(':')?;
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let fits = salt.len() == SCRYPT_SALT_DIGITS && key.len() == 2 * SCRYPT_KEY_BYTES;
    (fits && is_hex(salt) && is_hex(key)).then_some((salt, key))
}

/// The salt is the hexadecimal text itself, not the bytes that it encodes. The password is in NFKC form.
fn verify_scrypt(password: &Password, hash: &str) -> Option<bool> {
    let (salt, expected) = scrypt_parts(hash)?;
    let params = ::scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).ok()?;
    let mut key = [0; SCRYPT_KEY_BYTES];
    ::scrypt::scrypt(password.bytes(), salt.as_bytes(), &params, &mut key).ok()?;
    let actual: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(constant_time::verify_slices_are_equal(actual.as_bytes(), expected.as_bytes()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Better Auth's own hash of `password123`.
    const SCRYPT: &str = "2efb124f32c48d8ec42d7585426fe414:64e3feee69d3362db002bd5904b97bc2f8b892d965e3b62f47514cefa9b9b822cc24ceac45a22359e78517034f90d8700b61e59c93ba9b31833cf4563b98558f";
    /// The test vector of the argon2 reference implementation: `password`, salt `somesalt`, t=2, m=64 MiB, p=1.
    const ARGON2: &str =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    fn check(text: &str, hash: &str) -> Option<bool> {
        let scheme = detect(hash).unwrap();
        verify(&Password::for_test(text), &StoredHash { hash: hash.to_owned(), scheme })
    }

    #[test]
    fn a_scrypt_hash_of_better_auth_is_verified() {
        assert_eq!(detect(SCRYPT), Ok(Scheme::BetterAuthScrypt));
        assert_eq!(check("password123", SCRYPT), Some(true));
        assert_eq!(check("password124", SCRYPT), Some(false));
        // Full-width digits are the same password in its NFKC form.
        assert_eq!(check("password\u{ff11}\u{ff12}\u{ff13}", SCRYPT), Some(true));
    }

    #[test]
    fn argon2_is_verified_with_the_parameters_in_the_hash() {
        assert_eq!(check("password", ARGON2), Some(true));
        assert_eq!(check("passwore", ARGON2), Some(false));
        let i = "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA";
        assert_eq!(check("password", i), Some(true));
    }

    #[test]
    fn bcrypt_of_other_systems_is_detected() {
        for version in ["2a", "2b", "2y"] {
            let hash = ::bcrypt::hash("correct horse", 4).unwrap().replacen("2b", version, 1);
            assert_eq!(detect(&hash), Ok(Scheme::ForeignBcrypt));
        }
    }

    #[test]
    fn an_unknown_or_too_costly_hash_is_refused() {
        let costly = |cost| format!("$2b${cost}${}", ".".repeat(53));
        assert_eq!(detect(&costly("16")), Ok(Scheme::ForeignBcrypt));
        for hash in [
            costly("17"),
            costly("31"),
            ARGON2.replace("m=65536", "m=1048577"),
            ARGON2.replace("t=2", "t=65"),
            ARGON2.replace("m=65536,t=2", "m=4294967295,t=4294967295"),
        ] {
            assert_eq!(detect(&hash), Err(UnsupportedHash::TooCostly), "{hash}");
        }
        for hash in [
            "",
            "password123",
            "$2b$12$short",
            "$2x$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
            "$2b$99$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
            "$1$salt$hash",
            "$argon2id$",
            "$argon2x$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ",
            &SCRYPT.to_uppercase(),
            &SCRYPT[1..],
            &format!("{SCRYPT}0"),
            "5f4dcc3b5aa765d61d8327deb882cf99",
        ] {
            assert_eq!(detect(hash), Err(UnsupportedHash::UnknownFormat), "{hash}");
        }
    }

    #[test]
    fn the_name_of_a_scheme_must_match_the_format_of_the_hash() {
        let bcrypt = format!("$2b$12${}", ".".repeat(53));
        assert_eq!(scheme_of(&bcrypt, None), Ok(Scheme::ForeignBcrypt));
        for ours in [Scheme::Bcrypt, Scheme::BcryptHmacSha384, Scheme::ForeignBcrypt] {
            assert_eq!(scheme_of(&bcrypt, Some(ours)), Ok(ours));
            assert_eq!(scheme_of(SCRYPT, Some(ours)), Err(UnsupportedHash::UnknownFormat));
        }
        assert_eq!(scheme_of(&bcrypt, Some(Scheme::Argon2)), Err(UnsupportedHash::UnknownFormat));
        assert_eq!(
            scheme_of(&format!("$2b$31${}", ".".repeat(53)), Some(Scheme::Bcrypt)),
            Err(UnsupportedHash::TooCostly)
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_detection_panic(text in "(\\$2[abxy]\\$|\\$argon2id\\$|)[0-9a-f:$=,.mtpv]{0,120}") {
            if let Err(why) = detect(&text) {
                proptest::prop_assert!(matches!(why, UnsupportedHash::UnknownFormat | UnsupportedHash::TooCostly));
            }
        }
    }
}
