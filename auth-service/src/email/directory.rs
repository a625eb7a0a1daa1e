//! Mail as files: one `.eml` each, for development.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use uuid::Uuid;

/// Only the owner reads them: their links work like passwords.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Creates the directory if it is missing.
pub(super) fn create(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path)
}

/// Writes the mail of the row `id` atomically. The names sort by time, and a mail that is sent again keeps its name.
pub(super) fn write(directory: &Path, id: Uuid, mail: &[u8]) -> io::Result<()> {
    create(directory)?;
    let begun = directory.join(format!(".{id}.part"));
    let mut file: File =
        OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&begun)?;
    file.write_all(mail)?;
    fs::rename(begun, directory.join(format!("{id}.eml")))
}
