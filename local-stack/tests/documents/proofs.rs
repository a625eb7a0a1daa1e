//! Names of tests and files in the documentation.

use super::{path, read};

/// Whether a function of that name is a test.
fn has_rust_test(source: &str, name: &str) -> bool {
    let heads = [format!("fn {name}("), format!("async fn {name}(")];
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let before = lines[..at].iter().rev();
        let mut attributes = before.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        heads.iter().any(|head| line.starts_with(head)) && attributes.any(|line| is_test_attribute(line))
    })
}

/// `#[test]`, or that of a runtime, with or without arguments.
fn is_test_attribute(line: &str) -> bool {
    let name = line.strip_prefix("#[").and_then(|rest| rest.split(['(', ']']).next());
    name.is_some_and(|name| name == "test" || name.ends_with("::test"))
}

/// What is wrong with a proof. `crate/file: name` is a function in `crate/tests/file.rs`, a place with `src/` is the file
/// itself, `web/e2e/file: title` a test of the browser; anything else is a file.
pub(super) fn proof_fault(proof: &str) -> Option<String> {
    let Some((place, name)) = proof.split_once(": ") else {
        return (!path(proof).is_file()).then(|| format!("no file {proof}"));
    };
    let is_browser = place.starts_with("web/e2e/");
    let file = match place.split_once('/') {
        _ if is_browser => format!("{place}.spec.ts"),
        Some((_, rest)) if rest.starts_with("src/") => format!("{place}.rs"),
        Some((package, rest)) => format!("{package}/tests/{rest}.rs"),
        None => return Some(format!("no package in {proof}")),
    };
    let Some(source) = read(&file) else { return Some(format!("no file {file}")) };
    let found = match is_browser {
        true => source.contains(&format!("test(\"{name}\"")),
        false => has_rust_test(&source, name),
    };
    (!found).then(|| format!("no test {name} in {file}"))
}
