//! Cursors: the start of the next page of a list, as opaque text.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::invalid::InvalidCursor;
use crate::tasks::model::TaskId;

/// The first byte. A different order of the list would need another version.
const VERSION: u8 = 1;

/// The last task of a page. The next page contains older tasks. A cursor stays valid when its task is deleted.
///
/// Its text is the base64url form (RFC 4648, section 5, without padding) of a version byte and the task's id. Clients must
/// treat it as opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(TaskId);

impl Cursor {
    /// Creates the cursor of a page that ends with this task.
    pub fn after(last: TaskId) -> Self {
        Self(last)
    }

    /// Returns the last task of the previous page.
    pub fn last(self) -> TaskId {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [VERSION; 17];
        let (_, id) = bytes.split_at_mut(1);
        id.copy_from_slice(self.0.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        match bytes.split_first() {
            Some((&VERSION, id)) => TaskId::from_slice(id).map(Self).ok_or(InvalidCursor),
            Some(_) | None => Err(InvalidCursor),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_survives_formatting_and_parsing(bytes: [u8; 16]) {
            let cursor = Cursor::after(TaskId::from_slice(&bytes).unwrap());
            prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            let _ = text.parse::<Cursor>();
        }

        #[test]
        fn one_cursor_has_one_text(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let text = URL_SAFE_NO_PAD.encode(&bytes);
            let parsed = text.parse::<Cursor>();
            prop_assert_eq!(parsed.is_ok(), bytes.len() == 17 && bytes[0] == VERSION);
            if let Ok(cursor) = parsed {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }

    #[test]
    fn an_invalid_cursor_is_rejected() {
        let good = Cursor::after(TaskId::from_slice(&[7; 16]).unwrap()).to_string();
        for text in [
            String::new(),
            "x".to_owned(),
            format!("{good}="),
            format!("{good}A"),
            format!(" {good}"),
            good.replacen('A', "C", 1),
            good[..good.len() - 1].to_owned(),
            URL_SAFE_NO_PAD.encode([1; 16]),
            URL_SAFE_NO_PAD.encode([2; 17]),
            "%00".to_owned(),
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text:?}");
        }
    }
}
