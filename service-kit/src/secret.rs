//! Secrets from environment variables, or from files as container platforms mount them.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

/// Why a secret cannot be used. Names the variable, never the value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Neither the variable nor its `_FILE` form is set.
    #[error("{0} is not set (or {0}_FILE, the path of a file that holds it)")]
    Missing(&'static str),
    /// Both are set, so it is unclear which one applies.
    #[error("{0} and {0}_FILE are both set; keep one")]
    Ambiguous(&'static str),
    /// The file could not be read.
    #[error("{name}_FILE: cannot read {}: {source}", path.display())]
    File {
        /// The variable.
        name: &'static str,
        /// The file it points to.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The variable must not be set for this command.
    #[error("{0} is for `migrate` alone; remove it from the environment of `serve`")]
    Misplaced(&'static str),
    /// The value breaks a rule.
    #[error("{name}: {rule}")]
    Weak {
        /// The variable.
        name: &'static str,
        /// The rule it breaks.
        rule: String,
    },
}

/// Returns the secret `name`: the value of the variable, or the content of the file that `<name>_FILE` names, without white
/// space at its end. An empty value counts as not set, so that `NAME=` in a compose file is not a secret.
///
/// # Errors
/// If neither or both are set, or the file cannot be read.
pub fn resolve(
    name: &'static str,
    value: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<SecretString, SecretError> {
    let value = value.filter(|value| !value.expose_secret().is_empty());
    let file = file.filter(|file| !file.as_os_str().is_empty());
    match (value, file) {
        (Some(_), Some(_)) => Err(SecretError::Ambiguous(name)),
        (Some(value), None) => Ok(value.clone()),
        (None, Some(path)) => match std::fs::read_to_string(path) {
            Ok(text) if text.trim_end().is_empty() => Err(SecretError::Missing(name)),
            Ok(text) => Ok(text.trim_end().to_owned().into()),
            Err(source) => Err(SecretError::File { name, path: path.to_owned(), source }),
        },
        (None, None) => Err(SecretError::Missing(name)),
    }
}

/// Minimum number of different bytes in a secret. A random secret of 32 digits has fewer with a probability of one in ten
/// million.
const MIN_DIFFERENT_BYTES: usize = 6;
/// A secret that consists of this many repetitions of a text, or more, is guessable.
const MAX_REPETITIONS: usize = 3;

/// Returns whether `secret` is easy to guess although it is long: it has fewer than six different bytes, e.g. `aaaa...`, or
/// repeats a text three times or more, e.g. `change-me-change-me-change-me-`. Other weak secrets are not recognised.
pub fn is_guessable(secret: &[u8]) -> bool {
    let mut bytes = secret.to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    let repeats = |text: usize| secret.iter().zip(secret.iter().skip(text)).all(|(one, next)| one == next);
    bytes.len() < MIN_DIFFERENT_BYTES || (1..=secret.len() / MAX_REPETITIONS).any(repeats)
}

/// Checks that the secret `name` is not set: a service that strangers can reach must not have the password of the role that
/// owns its tables.
///
/// # Errors
/// If it is set, in either form.
pub fn ensure_unset(
    name: &'static str,
    value: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<(), SecretError> {
    match resolve(name, value, file) {
        Err(SecretError::Missing(_)) => Ok(()),
        Ok(_) | Err(_) => Err(SecretError::Misplaced(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_counts_as_not_set() {
        let error = resolve("AUTH_SECRETS", Some(&"".to_owned().into()), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "AUTH_SECRETS is not set (or AUTH_SECRETS_FILE, the path of a file that holds it)"
        );
    }

    #[test]
    fn a_repeated_text_is_guessable() {
        for weak in ["", "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabcabcabcabcabcab"] {
            assert!(is_guessable(weak.as_bytes()), "{weak}");
        }
        for weak in ["change-me-change-me-change-me-change", "01234567890123456789012345678901"] {
            assert!(is_guessable(weak.as_bytes()), "{weak}");
        }
        assert!(is_guessable(&[0; 32]) && is_guessable(&[255; 32]));
        for strong in ["another-secret-another-secret-another", "0b8f5c0e4d3a29171f6e2d4c8b7a9053"] {
            assert!(!is_guessable(strong.as_bytes()), "{strong}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = resolve("DATABASE_URL", None, Some(Path::new("/nowhere/url"))).unwrap_err();
        assert!(error.to_string().starts_with("DATABASE_URL_FILE: cannot read /nowhere/url"), "{error}");
    }

    #[test]
    fn two_sources_are_refused() {
        let error = resolve("X", Some(&"a".to_owned().into()), Some(Path::new("/b"))).unwrap_err();
        assert!(matches!(error, SecretError::Ambiguous("X")));
    }

    #[test]
    fn a_forbidden_secret_is_rejected_in_either_form() {
        assert!(ensure_unset("X", Some(&"".to_owned().into()), None).is_ok());
        assert!(ensure_unset("X", Some(&"a".to_owned().into()), None).is_err());
        assert!(ensure_unset("X", None, Some(Path::new("/nowhere"))).is_err());
    }
}
