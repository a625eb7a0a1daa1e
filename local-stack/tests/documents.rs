//! The documentation is held to what it says: links lead somewhere, every row of the security table names its proof, and
//! a reader of the README finds what a newcomer looks for.

mod asvs;
mod links;
mod newcomer;
mod one_process;
mod promises;
mod proofs;

use std::path::PathBuf;

pub(crate) use newcomer::section;

/// Path of a file of the checkout.
fn path(name: &str) -> PathBuf {
    local_stack::workspace::root().unwrap().join(name)
}

/// Text of a file of the checkout, if it exists.
pub(crate) fn read(name: &str) -> Option<String> {
    std::fs::read_to_string(path(name)).ok()
}
