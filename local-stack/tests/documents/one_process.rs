//! The tests that do not run against two replicas exist, and each has a reason.

use super::proofs::proof_fault;
use super::{path, read};

const LIST: &str = "local-stack/tests/one-process.txt";

/// What is wrong with a line: `service module::test reason`, or `service module:: reason`.
fn fault(line: &str) -> Option<String> {
    let mut words = line.splitn(3, ' ');
    let (Some(service), Some(test), Some(_)) = (words.next(), words.next(), words.next()) else {
        return Some(format!("no reason: {line}"));
    };
    if let Some(module) = test.strip_suffix("::") {
        let place = format!("{service}/tests/{}", module.replace("::", "/"));
        let exists =
            [format!("{place}.rs"), format!("{place}/mod.rs")].iter().any(|file| path(file).is_file());
        return (!exists).then(|| format!("no module {test} in {service}"));
    }
    let (module, name) = test.rsplit_once("::").unwrap_or_default();
    let mut file = module.replace("::", "/");
    if path(&format!("{service}/tests/{file}/mod.rs")).is_file() {
        file.push_str("/mod");
    }
    proof_fault(&format!("{service}/{file}: {name}"))
}

#[test]
fn every_test_that_needs_one_process_exists_and_has_a_reason() {
    let list = read(LIST).unwrap();
    let lines: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.len() > 10, "{lines:?}");
    let faults: Vec<String> = lines.iter().filter_map(|line| fault(line)).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_test_that_is_gone_and_one_without_a_reason_are_faults() {
    assert_eq!(fault("task-service document:: a reason"), None);
    for planted in [
        "task-service document::",
        "task-service nowhere:: a reason",
        "task-service document::nothing a reason",
    ] {
        assert!(fault(planted).is_some(), "{planted}");
    }
}
