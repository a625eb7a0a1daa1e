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

/// The examples of commands in a document or a section of one, as they are written. `console` examples are not among them:
/// they show what commands print, or a shell of another machine.
pub(crate) fn examples_in(text: &str) -> Vec<String> {
    let examples = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    examples.map(str::to_owned).collect()
}

/// The examples of commands in a document.
pub(crate) fn examples(document: &str) -> Vec<String> {
    examples_in(&read(document).unwrap())
}

/// Text of a file of the checkout, if it exists.
pub(crate) fn read(name: &str) -> Option<String> {
    std::fs::read_to_string(path(name)).ok()
}
