//! The modules of a crate, one for each file.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The path of a module below the crate's root; empty for `lib.rs` and `main.rs`.
pub type ModulePath = Vec<String>;

/// A file and the module that it is.
pub struct File {
    /// The path from the workspace, as failures name it.
    pub name: String,
    pub module: ModulePath,
    pub text: String,
}

/// The source of a crate.
pub struct Source {
    pub files: Vec<File>,
    modules: BTreeSet<ModulePath>,
}

impl Source {
    /// Reads all files below `src` of a crate of this workspace.
    pub fn read(name: &str) -> Self {
        let mut files = Vec::new();
        let directory = local_stack::workspace::root().unwrap().join(name).join("src");
        collect(&directory, "", &mut files);
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        Self::planted(name, &files)
    }

    /// A crate of these files, each with its path below `src`.
    pub fn planted(name: &str, files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File {
            name: format!("{name}/src/{path}"),
            module: module_of(path),
            text: (*text).to_owned(),
        });
        let files: Vec<_> = files.collect();
        let modules = files.iter().map(|file| file.module.clone()).collect();
        Self { files, modules }
    }

    /// Whether a file is this module.
    pub fn has(&self, module: &[String]) -> bool {
        self.modules.contains(module)
    }

    /// The module whose file defines what stands at this path.
    pub fn file_of<'a>(&self, path: &'a [String]) -> &'a [String] {
        let mut module = path;
        while let Some((_, parent)) = module.split_last() {
            if self.has(module) {
                break;
            }
            module = parent;
        }
        module
    }

    /// The room that a path leads to: its top-level module. `None` for what `lib.rs` or `main.rs` defines.
    pub fn room_of<'a>(&self, path: &'a [String]) -> Option<&'a str> {
        let first = path.get(..1)?;
        self.has(first).then(|| first[0].as_str())
    }

    /// All rooms.
    pub fn rooms(&self) -> BTreeSet<&str> {
        self.modules.iter().filter_map(|module| self.room_of(module)).collect()
    }
}

fn collect(directory: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else if name.ends_with(".rs") {
            files.push((name, fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

fn module_of(path: &str) -> ModulePath {
    let path = path.strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" || path == "main" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}
