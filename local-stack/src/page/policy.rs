//! The page's Content-Security-Policy.

use std::path::Path;

use serde::Deserialize;

use super::config::ServiceUrls;
use super::site::HASHES;
use crate::error::{Error, IoContext, Result};

/// The sources that the build requires in addition to `'self'`.
#[derive(Debug, Deserialize)]
struct Sources {
    script: Vec<String>,
    style: Vec<String>,
}

/// Returns the Content-Security-Policy of the page's current build. A new build has new hashes.
///
/// # Errors
/// If the file with the hashes is missing or invalid.
pub(super) fn read(directory: &Path, services: &ServiceUrls) -> Result<String> {
    let path = directory.join(HASHES);
    let text = std::fs::read_to_string(&path).context("read", &path)?;
    let sources: Sources = serde_json::from_str(&text)
        .map_err(|error| Error::Refused(format!("{}: {error}", path.display())))?;
    let script = list(&sources.script, is_hash)?;
    let style = list(&sources.style, |source| is_hash(source) || source == "'unsafe-inline'")?;
    let connect: String = [&services.auth, &services.tasks]
        .into_iter()
        .filter(|origin| !origin.is_empty())
        .map(|origin| format!(" {origin}"))
        .collect();
    Ok(format!(
        "default-src 'none'; script-src 'self'{script}; style-src 'self'{style}; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'{connect}; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'; manifest-src 'self'"
    ))
}

/// Joins the sources, each preceded by a space, if all of them are allowed.
fn list(sources: &[String], allowed: impl Fn(&str) -> bool) -> Result<String> {
    match sources.iter().find(|source| !allowed(source)) {
        Some(source) => Err(Error::Refused(format!("{HASHES} contains {source}, which is not allowed"))),
        None => Ok(sources.iter().map(|source| format!(" {source}")).collect()),
    }
}

/// `'sha256-…'` as in CSP level 3.
fn is_hash(source: &str) -> bool {
    let hash = source.strip_prefix("'sha256-").and_then(|rest| rest.strip_suffix('\''));
    hash.is_some_and(|hash| {
        !hash.is_empty()
            && hash.chars().all(|letter| letter.is_ascii_alphanumeric() || "+/=".contains(letter))
    })
}
