//! The form in which words are compared.

use unicode_normalization::UnicodeNormalization;

/// The form in which passwords and words are compared: NFKC in lower case.
pub fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}
