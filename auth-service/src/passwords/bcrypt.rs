//! bcrypt without its two traps: input after the 72nd byte counts, and a NUL byte does not end it.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::Version;

use super::model::{Cost, Password, Scheme, StoredHash};

/// bcrypt silently ignores input after this many bytes.
const BCRYPT_MAX_BYTES: usize = 72;
/// Separates this use of HMAC from any other. It is part of the scheme, so it never changes, and it is not a secret.
const PREHASH_KEY: &[u8] = b"latchkey bcrypt-hmac-sha384 v1";

/// Hashes a password with a new salt.
pub(super) fn hash(password: &Password, cost: Cost) -> Result<StoredHash, bcrypt::BcryptError> {
    let scheme = scheme_for(password);
    let parts = bcrypt::hash_with_result(input(password, scheme), cost.get())?;
    Ok(StoredHash { hash: parts.format_for_version(Version::TwoB), scheme })
}

/// Whether `stored` is the hash of `password`. Takes one hash at the stored cost in either case.
pub(super) fn verify(password: &Password, stored: &StoredHash) -> Result<bool, bcrypt::BcryptError> {
    let same_input = bcrypt::verify(input(password, scheme_for(password)), &stored.hash)?;
    // The form of a password determines its scheme. A hash of the other scheme belongs to another password.
    Ok(same_input && scheme_for(password) == stored.scheme)
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

/// Whether a hash should be replaced: it has another cost, or a version other than `$2b$`.
pub(super) fn is_outdated(stored: &StoredHash, cost: Cost) -> bool {
    !stored.hash.starts_with(&format!("$2b${:02}$", cost.get()))
}

fn scheme_for(password: &Password) -> Scheme {
    let bytes = password.bytes();
    if bytes.len() <= BCRYPT_MAX_BYTES && !bytes.contains(&0) {
        Scheme::Bcrypt
    } else {
        Scheme::BcryptHmacSha384
    }
}

fn input(password: &Password, scheme: Scheme) -> Vec<u8> {
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

    #[test]
    fn fr_004_what_is_stored_is_plain_2b_bcrypt() {
        let stored = hash(&password("correct horse"), cost()).unwrap();
        assert!(stored.hash.starts_with("$2b$04$"), "{}", stored.hash);
        assert_eq!(stored.scheme, Scheme::Bcrypt);
        assert!(bcrypt::verify("correct horse", &stored.hash).unwrap(), "other systems can verify it");
        assert!(verify(&password("correct horse"), &stored).unwrap());
        assert!(!verify(&password("wrong horse"), &stored).unwrap());
    }

    #[test]
    fn no_password_is_cut_at_72_bytes() {
        for length in [71, 72, 73, 100, 128] {
            let whole = "p".repeat(length);
            let stored = hash(&password(&whole), cost()).unwrap();
            assert!(verify(&password(&whole), &stored).unwrap(), "{length}");
            assert!(!verify(&password(&"p".repeat(length - 1)), &stored).unwrap(), "{length}");
            let other_end = format!("{}q", "p".repeat(length - 1));
            assert!(!verify(&password(&other_end), &stored).unwrap(), "{length}");
        }
    }

    #[test]
    fn a_nul_does_not_end_a_password() {
        let stored = hash(&password("passw0rd\0tail"), cost()).unwrap();
        assert!(verify(&password("passw0rd\0tail"), &stored).unwrap());
        assert!(!verify(&password("passw0rd"), &stored).unwrap());
        assert!(!verify(&password("passw0rd\0liat"), &stored).unwrap());
    }

    #[test]
    fn the_prehash_of_a_long_password_is_not_its_password() {
        let long = "x".repeat(100);
        let stored = hash(&password(&long), cost()).unwrap();
        let prehash = String::from_utf8(input(&password(&long), Scheme::BcryptHmacSha384)).unwrap();
        assert!(!verify(&password(&prehash), &stored).unwrap());
    }

    #[test]
    fn nobody_has_the_dummy_hash_and_it_costs_the_same() {
        let dummy = nobody("12".parse().unwrap());
        assert!(dummy.hash.starts_with("$2b$12$") && dummy.hash.len() == 60);
        assert!(!verify(&password(""), &nobody(cost())).unwrap());
        assert!(!verify(&password("password123"), &nobody(cost())).unwrap());
    }

    #[test]
    fn another_cost_or_version_is_outdated() {
        assert_eq!(cost_of(&nobody("12".parse().unwrap())), Some(12));
        assert_eq!(cost_of(&StoredHash { hash: "changed".to_owned(), scheme: Scheme::Bcrypt }), None);
        let stored = hash(&password("correct horse"), cost()).unwrap();
        assert!(!is_outdated(&stored, cost()));
        assert!(is_outdated(&stored, "5".parse().unwrap()));
    }
}
