//! The documents promise nothing that no test proves.

use super::proofs::proof_fault;
use super::read;

/// The documents with promises, and how many each has at the least.
const PAGES: [(&str, usize); 3] = [("README.md", 6), ("docs/RELIABILITY.md", 15), ("docs/SECURITY.md", 10)];
const HEADING: &str = "## What is promised";

/// The items of the list of promises, each in one line.
fn promises(page: &str) -> Vec<String> {
    let section = page.split(HEADING).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let items = section.split("\n- ").skip(1).map(|item| item.split("\n\n").next().unwrap_or_default());
    items.map(|item| item.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// What is wrong with a promise. Its tests are at its end, in brackets.
fn faults(promise: &str) -> Vec<String> {
    let tests = promise.rsplit_once(" [test: ").and_then(|(_, tests)| tests.strip_suffix(']'));
    let proofs: Vec<&str> = tests.unwrap_or_default().split('`').skip(1).step_by(2).collect();
    let unproven = proofs.is_empty().then(|| "no test".to_owned());
    let missing = proofs.iter().filter_map(|proof| proof_fault(proof));
    missing.chain(unproven).map(|fault| format!("{promise}: {fault}")).collect()
}

#[test]
fn every_promise_names_tests_that_exist() {
    for (page, least) in PAGES {
        let promises = promises(&read(page).unwrap());
        assert!(promises.len() >= least, "{page}: {promises:#?}");
        let faults: Vec<String> = promises.iter().flat_map(|promise| faults(promise)).collect();
        assert!(faults.is_empty(), "{page}: {faults:#?}");
    }
}

#[test]
fn a_promise_without_a_test_and_a_test_that_does_not_exist_are_faults() {
    let page = "## What is promised\n\n- A\n  b. [test: `local-stack/documents/promises: nothing`]\n- C.\n\n## Next\n\n- D.";
    let promises = promises(page);
    assert_eq!(promises, ["A b. [test: `local-stack/documents/promises: nothing`]", "C."]);
    let own = "A. [test: `local-stack/documents/promises: every_promise_names_tests_that_exist`]";
    assert_eq!(faults(own), [""; 0]);
    assert!(promises.iter().all(|promise| faults(promise).len() == 1));
}
