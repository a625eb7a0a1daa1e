//! The form in which passwords and words are compared.

use unicode_normalization::UnicodeNormalization;

/// Converts to NFKC and lower case.
pub fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}
