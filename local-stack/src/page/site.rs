//! The files of a built page.

use std::path::{Path, PathBuf};

use super::config::PageConfig;

/// The file with the hashes of all inline scripts and styles, which the page's build writes last.
pub(super) const HASHES: &str = "csp.json";

/// The files of a built page and its configuration.
#[derive(Debug, Clone)]
pub struct Page {
    pub(super) directory: PathBuf,
    pub(super) config: PageConfig,
}

impl Page {
    /// Opens the page in this directory. Returns `None` if it contains no complete build.
    #[must_use]
    pub fn open(directory: &Path, config: PageConfig) -> Option<Self> {
        // Resolves symbolic links, so that the paths of files can be compared with their canonical paths.
        let directory = std::fs::canonicalize(directory).ok()?;
        let complete = ["index.html", HASHES].iter().all(|name| directory.join(name).is_file());
        complete.then_some(Self { directory, config })
    }
}
