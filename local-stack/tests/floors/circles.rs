//! Circles among the files of a room.
//!
//! A directory is read as a crate is: each file or directory in it is a part, and `mod.rs` is one more. A circle is a
//! chain of imports from a part back to itself. For `mod.rs`:
//!
//! - `mod store;` and `pub use store::Row;` import nothing, so that `mod.rs` can present what is below it.
//! - Any other mention of a submodule is an import, e.g. `routes()` in `mod.rs` that names `handlers::list`.
//! - `super::Row` in a submodule leads to the file that defines `Row`: to `store.rs` if `mod.rs` only re-exports it, to
//!   `mod.rs` if it is defined there. So shared definitions may stand in a `mod.rs` that uses no submodule, or in a
//!   file of their own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::{Import, Imports};
use super::source::{ModulePath, Source};

struct Edge<'a> {
    from: &'a str,
    to: String,
    import: &'a Import,
}

/// The imports that are part of a circle.
pub fn violations(source: &Source, imports: &Imports) -> Vec<String> {
    let mut directories: BTreeMap<ModulePath, Vec<Edge>> = BTreeMap::new();
    for import in &imports.all {
        if let Some((directory, edge)) = edge(source, imports, import) {
            directories.entry(directory).or_default().push(edge);
        }
    }
    let mut violations = Vec::new();
    for (directory, edges) in &directories {
        for edge in edges {
            if let Some(back) = path(edges, &edge.to, edge.from) {
                let circle = [&[edge.from], back.as_slice()].concat().join(" -> ");
                let (place, written) = (&edge.import.place, &edge.import.written);
                violations.push(format!(
                    "{place}: {written}: closes a circle in {}: {circle}",
                    directory.join("::")
                ));
            }
        }
    }
    violations
}

/// The directory in which an import leads from one part to another. `None` for an import of another room.
fn edge<'a>(source: &Source, imports: &Imports, import: &'a Import) -> Option<(ModulePath, Edge<'a>)> {
    let room = source.room_of(&import.from)?;
    if source.room_of(&import.to) != Some(room) {
        return None;
    }
    let definition = imports.definition(source, &import.to);
    let (from, to) = (source.file_of(&import.from), source.file_of(&definition));
    if source.room_of(to) != Some(room) || from == to || import.re_export && to.starts_with(from) {
        return None;
    }
    let depth = from.iter().zip(to).take_while(|(from, to)| from == to).count();
    let part = |module: &'_ [String]| module.get(depth).cloned().unwrap_or_else(|| "mod.rs".to_owned());
    let edge = Edge {
        from: import.from.get(depth).filter(|_| from.len() > depth).map_or("mod.rs", String::as_str),
        to: part(to),
        import,
    };
    Some((from[..depth].to_vec(), edge))
}

/// The parts on a shortest chain of imports between two parts, both included.
fn path<'a>(edges: &'a [Edge], from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::from([from]);
    let mut chains = VecDeque::from([vec![from]]);
    while let Some(chain) = chains.pop_front() {
        let last = *chain.last()?;
        if last == to {
            return Some(chain);
        }
        for edge in edges.iter().filter(|edge| edge.from == last) {
            if seen.insert(&edge.to) {
                chains.push_back([chain.as_slice(), &[&edge.to]].concat());
            }
        }
    }
    None
}
