//! bcrypt without its two traps: input after the 72nd byte counts, and a NUL byte does not end it.

use std::time::{Duration, Instant};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{constant_time, hmac, rand};
use base64::engine::general_purpose::{NO_PAD, STANDARD};
use base64::engine::{Engine, GeneralPurpose};
use bcrypt::{BcryptError, HashParts};
use eksblowfish::{Hash, Input};

use super::model::{Cost, Password, Scheme, StoredHash};

/// bcrypt silently ignores input after this many bytes.
const BCRYPT_MAX_BYTES: usize = 72;
/// The alphabet of bcrypt's text form.
const BASE_64: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::BCRYPT, NO_PAD);
/// Separates this use of HMAC from any other. It is part of the scheme, so it never changes, and it is not a secret.
const PREHASH_KEY: &[u8] = b"latchkey bcrypt-hmac-sha384 v1";

/// The characters of a hash before its last part, the result: version, cost and salt.
const PREFIX_LENGTH: usize = 29;

/// What the hash of a new password is computed from: a new salt.
pub(super) fn new_input(password: &Password, cost: Cost) -> Result<Input, Unspecified> {
    let mut salt = [0; 16];
    rand::fill(&mut salt)?;
    Ok(Input { cost: cost.get(), salt, password: bytes(password, scheme_for(password)) })
}

/// The hash of `password` in text form.
pub(super) fn stored(password: &Password, cost: Cost, salt: &[u8; 16], hash: &[u8; 23]) -> StoredHash {
    let (salt, hash) = (BASE_64.encode(salt), BASE_64.encode(hash));
    StoredHash { hash: format!("$2b${:02}${salt}{hash}", cost.get()), scheme: scheme_for(password) }
}

/// What a hash is computed from that is compared with `stored`. Takes one hash at the stored cost for any password.
pub(super) fn input(password: &Password, stored: &StoredHash) -> Result<Input, BcryptError> {
    let parts: HashParts = stored.hash.parse()?;
    // The other system hashed what was typed.
    let password = if stored.scheme == Scheme::ForeignBcrypt {
        password.as_typed().to_vec()
    } else {
        bytes(password, scheme_for(password))
    };
    Ok(Input { cost: parts.get_cost(), salt: parts.get_salt_raw(), password })
}

/// Whether `stored` is the hash of `password`, whose hash by [`input`] is `hash`.
pub(super) fn is_match(password: &Password, stored: &StoredHash, hash: &[u8; 23]) -> bool {
    let hash = BASE_64.encode(hash);
    let expected = stored.hash.as_bytes().get(PREFIX_LENGTH..).unwrap_or_default();
    let is_same = constant_time::verify_slices_are_equal(hash.as_bytes(), expected).is_ok();
    // The form of a password determines which scheme of ours it has. A hash of the other belongs to another password.
    is_same && (stored.scheme == Scheme::ForeignBcrypt || stored.scheme == scheme_for(password))
}

/// A hash that no password has, so that an unknown email takes the same work as a wrong password (FR-010). Creating it
/// takes no work.
pub(super) fn nobody(cost: Cost) -> StoredHash {
    // 22 characters of salt and 31 of hash, all zero bits in bcrypt's alphabet.
    let hash = format!("$2b${:02}${}", cost.get(), ".".repeat(53));
    StoredHash { hash, scheme: Scheme::Bcrypt }
}

/// The cost of a hash. `None` if it is not a bcrypt hash.
pub(super) fn cost_of(stored: &StoredHash) -> Option<u32> {
    stored.hash.split('$').nth(2)?.parse().ok()
}

/// The time that a hash of `cost` takes on this machine, extrapolated from one of the least cost: a millisecond.
pub(super) fn expected_time(cost: Cost) -> Duration {
    let began = Instant::now();
    let mut hash = Hash::new(&Input { cost: Cost::MIN.get(), salt: [0; 16], password: Vec::new() });
    hash.advance(1 << Cost::MIN.get());
    std::hint::black_box(hash.finished());
    began.elapsed().saturating_mul(1 << (cost.get() - Cost::MIN.get()))
}

/// Whether a hash should be replaced: it has another cost, or a version other than `$2b$`.
pub(super) fn is_outdated(stored: &StoredHash, cost: Cost) -> bool {
    !stored.hash.starts_with(&format!("$2b${:02}$", cost.get()))
}

/// The scheme of a new hash of `password`.
pub(super) fn scheme_for(password: &Password) -> Scheme {
    let bytes = password.bytes();
    if bytes.len() <= BCRYPT_MAX_BYTES && !bytes.contains(&0) {
        Scheme::Bcrypt
    } else {
        Scheme::BcryptHmacSha384
    }
}

fn bytes(password: &Password, scheme: Scheme) -> Vec<u8> {
    match scheme {
        Scheme::Bcrypt | Scheme::BetterAuthScrypt | Scheme::ForeignBcrypt | Scheme::Argon2 => {
            password.bytes().to_vec()
        }
        Scheme::BcryptHmacSha384 => {
            let key = hmac::Key::new(hmac::HMAC_SHA384, PREHASH_KEY);
            // 48 bytes are 64 characters: below bcrypt's limit, and free of NUL.
            STANDARD.encode(hmac::sign(&key, password.bytes())).into_bytes()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::for_test(text)
    }

    fn cost() -> Cost {
        "4".parse().unwrap()
    }

    fn compute(input: &Input) -> [u8; 23] {
        let mut hash = Hash::new(input);
        hash.advance(u64::MAX);
        hash.finished().unwrap()
    }

    fn hash(password: &Password, cost: Cost) -> StoredHash {
        let input = new_input(password, cost).unwrap();
        stored(password, cost, &input.salt, &compute(&input))
    }

    fn verify(password: &Password, stored: &StoredHash) -> bool {
        is_match(password, stored, &compute(&input(password, stored).unwrap()))
    }

    #[test]
    fn fr_004_what_is_stored_is_plain_2b_bcrypt() {
        let stored = hash(&password("correct horse"), cost());
        assert!(stored.hash.starts_with("$2b$04$"), "{}", stored.hash);
        assert_eq!(stored.scheme, Scheme::Bcrypt);
        assert!(::bcrypt::verify("correct horse", &stored.hash).unwrap(), "other systems can verify it");
        assert!(verify(&password("correct horse"), &stored));
        assert!(!verify(&password("wrong horse"), &stored));
    }

    #[test]
    fn hashes_of_other_systems_are_verified() {
        for (version, text) in [("2a", "correct horse"), ("2b", ""), ("2y", "pa\u{308}ssword")] {
            let made = ::bcrypt::hash(text, 4).unwrap().replacen("2b", version, 1);
            let stored = StoredHash { hash: made, scheme: Scheme::ForeignBcrypt };
            assert!(verify(&password(text), &stored), "{version}");
            assert!(!verify(&password("p\u{e4}ssword"), &stored), "{version}: as typed");
        }
        let long =
            StoredHash { hash: ::bcrypt::hash("x".repeat(100), 4).unwrap(), scheme: Scheme::ForeignBcrypt };
        assert!(verify(&password(&"x".repeat(99)), &long), "the other system ignored the end");
        for hash in ["changed", "", "$2b$04$", "$argon2id$v=19"] {
            let changed = StoredHash { hash: hash.to_owned(), scheme: Scheme::Bcrypt };
            assert!(input(&password("any"), &changed).is_err(), "{hash}");
        }
    }

    #[test]
    fn no_password_is_cut_at_72_bytes() {
        for length in [71, 72, 73, 100, 128] {
            let whole = "p".repeat(length);
            let stored = hash(&password(&whole), cost());
            assert!(verify(&password(&whole), &stored), "{length}");
            assert!(!verify(&password(&"p".repeat(length - 1)), &stored), "{length}");
            let other_end = format!("{}q", "p".repeat(length - 1));
            assert!(!verify(&password(&other_end), &stored), "{length}");
        }
    }

    #[test]
    fn a_nul_does_not_end_a_password() {
        let stored = hash(&password("passw0rd\0tail"), cost());
        assert!(verify(&password("passw0rd\0tail"), &stored));
        assert!(!verify(&password("passw0rd"), &stored));
        assert!(!verify(&password("passw0rd\0liat"), &stored));
    }

    #[test]
    fn the_prehash_of_a_long_password_is_not_its_password() {
        let long = "x".repeat(100);
        let stored = hash(&password(&long), cost());
        let prehash = String::from_utf8(bytes(&password(&long), Scheme::BcryptHmacSha384)).unwrap();
        assert!(!verify(&password(&prehash), &stored));
    }

    #[test]
    fn nobody_has_the_dummy_hash_and_it_costs_the_same() {
        let dummy = nobody("12".parse().unwrap());
        assert!(dummy.hash.starts_with("$2b$12$") && dummy.hash.len() == 60);
        assert!(!verify(&password(""), &nobody(cost())));
        assert!(!verify(&password("password123"), &nobody(cost())));
    }

    #[test]
    fn another_cost_or_version_is_outdated() {
        assert_eq!(cost_of(&nobody("12".parse().unwrap())), Some(12));
        assert_eq!(cost_of(&StoredHash { hash: "changed".to_owned(), scheme: Scheme::Bcrypt }), None);
        let stored = hash(&password("correct horse"), cost());
        assert!(!is_outdated(&stored, cost()));
        assert!(is_outdated(&stored, "5".parse().unwrap()));
    }
}
