//! The names of schemas. Two types with the same name would be one schema, and either type could be the one that is described.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use local_stack::workspace;

/// The names of the types of a file that have a schema.
fn names(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut has_schema = false;
    for line in source.lines().map(str::trim) {
        has_schema |= line.starts_with("#[derive(") && line.contains("ToSchema");
        let mut words = line.split_whitespace().skip_while(|word| !["struct", "enum"].contains(word));
        if has_schema && !line.starts_with(['#', '/']) && words.next().is_some() {
            let name = words.next().unwrap_or_default();
            names.push(name.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default());
            has_schema = false;
        }
    }
    names
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn no_two_schemas_of_a_service_have_the_same_name() {
    for (service, at_least) in [("auth-service", 40), ("task-service", 5)] {
        let mut found: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for file in files(&workspace::root().unwrap().join(service).join("src")) {
            let source = std::fs::read_to_string(&file).unwrap();
            for name in names(&source) {
                found.entry(name.to_owned()).or_default().push(file.clone());
            }
        }
        assert!(found.len() >= at_least, "{service}: {found:?}");
        found.retain(|_, files| files.len() > 1);
        assert!(found.is_empty(), "{service}: {found:?}");
    }
}
