//! Text without visible characters.

use icu_properties::CodePointSetData;
use icu_properties::props::{DefaultIgnorableCodePoint, WhiteSpace};

/// Characters without visible marks that Unicode counts among the symbols: the Braille pattern without dots, and the musical
/// null notehead.
const BLANK_SYMBOLS: [char; 2] = ['\u{2800}', '\u{1d159}'];

/// Whether the text has no visible character: every character is white space or is not displayed, e.g. a zero-width space or
/// joiner, a byte order mark, a soft hyphen, a Hangul filler.
///
/// The same characters between others are not blank: joiners belong to emoji and to Persian.
pub(super) fn is_blank(text: &str) -> bool {
    let (space, ignorable) =
        (CodePointSetData::new::<WhiteSpace>(), CodePointSetData::new::<DefaultIgnorableCodePoint>());
    text.chars().all(|character| {
        space.contains(character) || ignorable.contains(character) || BLANK_SYMBOLS.contains(&character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_blank() {
        let white_space = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2003}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
        let ignorable = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{202e}\u{2060}\u{2064}\u{2069}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{e0020}\u{e01ef}";
        for character in white_space.chars().chain(ignorable.chars()).chain(BLANK_SYMBOLS) {
            assert!(is_blank(&character.to_string()), "{character:?}");
            assert!(is_blank(&format!(" {character}\u{200d}")), "{character:?}");
            assert!(!is_blank(&format!("{character}x")), "{character:?}");
        }
        assert!(is_blank(""));
    }

    #[test]
    fn what_shows_something_is_not() {
        for text in ["x", ".", "\u{2801}", "👩\u{200d}💻", "می\u{200c}خواهم", "한", "\u{301}", "❤\u{fe0f}"]
        {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
