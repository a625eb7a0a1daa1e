//! The search for secrets in the logs of services under test finds them.

use std::path::Path;
use std::process::{Command, Output};

use local_stack::workspace;

use crate::scratch::Scratch;

const SECRET: &str = "0123456789abcdef";

fn search(directory: &Path) -> (bool, String) {
    let script = workspace::root().unwrap().join("tests/search-logs");
    let Output { status, stdout, stderr } = Command::new(script).arg(directory).output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[test]
fn a_secret_in_a_log_is_found_with_file_and_line() {
    let scratch = Scratch::new();
    let path = |name: &str| scratch.path().join(name);
    assert!(!search(scratch.path()).0, "nothing was recorded");
    std::fs::write(path("1.secrets"), format!("another secret\n{SECRET}\n")).unwrap();
    std::fs::write(path("a.log"), "listening\nstopping\n").unwrap();
    let (is_clean, output) = search(scratch.path());
    assert!(is_clean, "{output}");
    std::fs::write(path("b.log"), format!("listening\ntoken={SECRET}!\n")).unwrap();
    let (is_clean, output) = search(scratch.path());
    assert!(!is_clean && output.contains(&format!("b.log:2:token={SECRET}!")), "{output}");
}
