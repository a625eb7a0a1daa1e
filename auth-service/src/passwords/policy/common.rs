//! The most common passwords. `common-passwords.md` describes where the list is from.

/// One password a line: NFKC, in lower case, in the order of their bytes. It is part of the program (446 kB) and is
/// searched in place, so it takes no other memory.
const LIST: &str = include_str!("common-passwords.txt");

/// Whether a password in NFKC and lower case is a common one. Compares it with about 16 lines.
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

/// The line in the middle of whole lines, those before it and those after it; `None` if there are none.
fn middle(lines: &str) -> Option<(&str, &str, &str)> {
    // A line ends with a line feed, which is never part of another character in UTF-8.
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

    /// Every entry is found only if the service folds passwords as the list was folded, and if its order is that of `cmp`.
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
