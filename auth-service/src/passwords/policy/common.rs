//! The most common passwords. `common-passwords.md` describes the source of the list.

/// One password per line, in NFKC and lower case, sorted by bytes. The list is part of the binary (446 kB) and
/// searched in place, so it takes no other memory.
const LIST: &str = include_str!("common-passwords.txt");

/// Whether a password in NFKC and lower case is common. Compares it with about 16 lines.
pub(super) fn contains(password: &str) -> bool {
    let mut rest = LIST;
    while let Some((before, line, after)) = middle(rest) {
        rest = match password.cmp(line) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => before,
            std::cmp::Ordering::Greater => after,
        };
    }
    false
}

/// Returns the line in the middle, the lines before it and the lines after it; `None` if there are no lines.
fn middle(lines: &str) -> Option<(&str, &str, &str)> {
    // Lines end with a line feed, which is never part of another character in UTF-8.
    let line_feeds = |text: &[u8]| text.iter().rposition(|byte| *byte == b'\n');
    let half = lines.as_bytes().get(..lines.len() / 2)?;
    let (before, from) = lines.split_at_checked(line_feeds(half).map_or(0, |at| at + 1))?;
    let (line, after) = from.split_once('\n')?;
    Some((before, line, after))
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    /// Fails if the service folds passwords differently from the list, or if the list is not in the order of `cmp`.
    #[test]
    fn every_line_of_the_list_is_found() {
        for line in LIST.lines() {
            assert!(contains(&fold(line)), "{line}");
        }
        assert!(LIST.ends_with('\n') && LIST.lines().is_sorted());
    }

    #[test]
    fn the_list_has_the_10_000_most_common_of_valid_length_and_more() {
        let long_enough = LIST.lines().filter(|line| line.encode_utf16().count() >= 8).count();
        assert!(long_enough >= 20_000, "{long_enough}");
        for password in ["password", "12345678", "qwertyuiop", "password1234", "p@ssw0rd", "iloveyou2"] {
            assert!(contains(password), "{password}");
        }
    }

    #[test]
    fn other_passwords_are_not_found() {
        for password in
            ["", "\n", "password\n", "\npassword", "correct horse battery", "\u{10ffff}", "passwor d"]
        {
            assert!(!contains(password), "{password:?}");
        }
    }
}
