//! Maps request paths to files.

use std::path::{Path, PathBuf};

use super::site::HASHES;

/// Characters allowed in paths besides letters and digits. The gateway applies the same rule.
const SIGNS: &str = "_-.!$()~";

/// Returns the file for a request path: the file itself or the page with that name, e.g. `signin.html` for `/signin`.
pub(super) fn find(directory: &Path, path: &str) -> Option<PathBuf> {
    let name = if path == "/" { "index.html" } else { path.strip_prefix('/')? };
    if name == HASHES || !name.split('/').all(is_plain) {
        return None;
    }
    let candidates = [directory.join(name), directory.join(format!("{name}.html"))];
    candidates.into_iter().find(|file| is_regular_file(file))
}

/// Returns the compressed copy of a file, if the build created one.
pub(super) fn compressed(file: &Path, ending: &str) -> Option<PathBuf> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    let compressed = PathBuf::from(name);
    is_regular_file(&compressed).then_some(compressed)
}

/// Whether a path segment is neither hidden nor `..`, and needs no decoding.
fn is_plain(segment: &str) -> bool {
    let known = |letter: char| letter.is_ascii_alphanumeric() || SIGNS.contains(letter);
    !segment.is_empty() && !segment.starts_with('.') && segment.chars().all(known)
}

/// Whether this is a file with no symbolic link in its path. A link could expose any file on this machine.
fn is_regular_file(file: &Path) -> bool {
    std::fs::canonicalize(file).is_ok_and(|real| real == file) && file.is_file()
}
