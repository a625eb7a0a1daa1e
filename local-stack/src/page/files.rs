//! Which file a path means.

use std::path::{Path, PathBuf};

use super::HASHES;

/// What a name in the export may hold besides letters and digits. The gateway has the same rule for its paths.
const SIGNS: &str = "_-.!$()~";

/// The file that is meant by the path of a request: itself, or the page of that name (`/signin` is `signin.html`).
pub(super) fn find(directory: &Path, path: &str) -> Option<PathBuf> {
    let name = if path == "/" { "index.html" } else { path.strip_prefix('/')? };
    if name == HASHES || !name.split('/').all(is_plain) {
        return None;
    }
    let candidates = [directory.join(name), directory.join(format!("{name}.html"))];
    candidates.into_iter().find(|file| is_there_itself(file))
}

/// What the build compressed of this file, if it did.
pub(super) fn compressed(file: &Path, ending: &str) -> Option<PathBuf> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    let compressed = PathBuf::from(name);
    is_there_itself(&compressed).then_some(compressed)
}

/// Neither hidden nor a way up, and nothing that would have to be decoded first.
fn is_plain(segment: &str) -> bool {
    let known = |letter: char| letter.is_ascii_alphanumeric() || SIGNS.contains(letter);
    !segment.is_empty() && !segment.starts_with('.') && segment.chars().all(known)
}

/// A file, with no symbolic link on the way to it: a link could lead to anything on this machine.
fn is_there_itself(file: &Path) -> bool {
    std::fs::canonicalize(file).is_ok_and(|real| real == file) && file.is_file()
}
