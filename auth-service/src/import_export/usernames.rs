//! The usernames that are imported.

use super::reason::Note;
use crate::users::{MAX_DISPLAY_USERNAME, NewUsername, UsernameRules};

/// The username and its display form that are imported. A username that is not imported takes its display form with it.
pub fn usable(
    (username, display): (Option<String>, Option<String>),
    rules: Option<&UsernameRules>,
    notes: &mut Vec<Note>,
) -> NewUsername {
    let Some(rules) = rules else {
        if username.is_some() {
            notes.push(Note::UsernameNotEnabled);
        }
        return NewUsername::default();
    };
    let Ok(valid) = username.as_deref().map(|text| rules.check(text)).transpose() else {
        notes.push(Note::UsernameUnfit);
        return NewUsername::default();
    };
    let is_shown = |text: &String| !text.contains('\0') && text.chars().count() <= MAX_DISPLAY_USERNAME;
    if display.as_ref().is_some_and(|display| !is_shown(display)) {
        notes.push(Note::DisplayUsernameLeftOut);
    }
    NewUsername { username: valid, display: display.filter(is_shown) }
}
