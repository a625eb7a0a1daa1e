//! The table of metrics in docs/OPERATIONS.md.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::text;

/// The documented metrics with their labels.
pub(super) fn metrics() -> BTreeMap<String, BTreeSet<String>> {
    let document = text("docs/OPERATIONS.md");
    let section = document.split_once("## What to watch\n").unwrap().1.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split_once(" |").map(|(cell, _)| format!("`{cell}")));
    let names =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    names.map(|name| split(&name)).collect()
}

/// Reads `name{label,label}`.
fn split(name: &str) -> (String, BTreeSet<String>) {
    match name.split_once('{') {
        Some((name, labels)) => {
            let labels = labels.strip_suffix('}').unwrap().split(',');
            (name.to_owned(), labels.map(str::to_owned).collect())
        }
        None => (name.to_owned(), BTreeSet::new()),
    }
}
