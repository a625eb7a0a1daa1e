//! The rules as Prometheus reads them, and their tests as it runs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{RULE_TESTS, RULES};
use crate::deployment::text;
use crate::scratch::Scratch;

/// Where `promtool` is. Without one, CI fails and a developer's run says what it leaves out.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|place| place.join("promtool")).find(|path| path.is_file());
    if found.is_none() {
        let required =
            ["CI", "LATCHKEY_REQUIRE_PROMTOOL"].iter().any(|name| std::env::var_os(name).is_some());
        assert!(!required, "promtool is not on PATH, and CI or LATCHKEY_REQUIRE_PROMTOOL asks for it");
        local_stack::testing::report_skipped(
            "promtool is not on PATH, so the alert rules are not tested. LATCHKEY_REQUIRE_PROMTOOL=1 fails instead",
        );
    }
    found
}

/// Whether promtool is content, and what it printed.
fn run(program: &Path, arguments: &[&str], file: &Path) -> (bool, String) {
    let output = Command::new(program).args(arguments).arg(file).output().unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), printed)
}

#[test]
fn promtool_accepts_the_rules_and_their_tests_pass() {
    let Some(program) = program() else { return };
    let root = local_stack::workspace::root().unwrap();
    for (arguments, file) in [(["check", "rules"], RULES), (["test", "rules"], RULE_TESTS)] {
        let (passed, printed) = run(&program, &arguments, &root.join(file));
        assert!(passed && printed.contains("SUCCESS"), "{arguments:?}: {printed}");
    }
}

/// Changes of a rule, by its alert.
const CHANGES: [(&str, &str, &str); 20] = [
    ("LatchkeyServiceDown", "for: 2m", "for: 5m"),
    ("LatchkeyServiceNotScraped", "task-service", "tasks"),
    ("LatchkeyErrorRate", "> 0.02", "> 0.009"),
    ("LatchkeyErrorRate", "> 0.02", "> 0.2"),
    ("LatchkeyErrorRate", "code=~\"5..\", route!=\"/readyz\"", "code=~\"5..\""),
    ("LatchkeyInternalErrors", "> 0", "> 9"),
    ("LatchkeySlowRequests", "> 2", "> 5"),
    ("LatchkeyVersionsDiffer", "for: 1h", "for: 30m"),
    ("LatchkeyPoolExhausted", "> 0", "> 9"),
    ("LatchkeyDatabaseUnreachable", "for: 2m", "for: 0m"),
    ("LatchkeyHashQueueRefusing", "lane=\"known\"", "lane=\"strangers\""),
    ("LatchkeySignInsRefused", "> 3 * sum", "> 2 * sum"),
    ("LatchkeyAccountsLocked", "> 50", "> 40"),
    ("LatchkeyMailStuck", "> 900", "> 600"),
    ("LatchkeyKeyRotationOverdue", "> 3600", "> 1800"),
    ("LatchkeyNoSigningKey", "for: 2m", "for: 10m"),
    ("LatchkeyKeySetOld", "> 900", "> 800"),
    ("LatchkeyStatusListOld", "> 60", "> 50"),
    ("LatchkeyTokensUnverifiable", "keys_too_old", "keys_old"),
    ("LatchkeyForgedTokens", "> 10", "> 8"),
];

#[test]
fn the_tests_of_the_rules_notice_a_changed_rule() {
    let Some(program) = program() else { return };
    let scratch = Scratch::new();
    let tests = scratch.path().join("alerts.test.yml");
    for (alert, from, to) in CHANGES {
        let changed = part(RULES, "      - alert: ", alert).replace(from, to);
        let rules = text(RULES).replace(&part(RULES, "      - alert: ", alert), &changed);
        assert_ne!(rules, text(RULES), "{alert}: {from}");
        std::fs::write(scratch.path().join("alerts.yml"), rules).unwrap();
        let (head, calm) = (part(RULE_TESTS, "", "#"), part(RULE_TESTS, "  - name: ", "Calm"));
        let own = part(RULE_TESTS, "  - name: ", alert);
        std::fs::write(&tests, head + &calm + &own).unwrap();
        let (passed, printed) = run(&program, &["test", "rules"], &tests);
        assert!(!passed && printed.contains("FAILED"), "{alert}: {from} -> {to}: {printed}");
    }
}

/// The entry of a list that begins with `start` and `name`. Without `start` what stands before the list.
fn part(file: &str, start: &str, name: &str) -> String {
    let text = text(file);
    let begin = format!("{start}{name}");
    let from = if start.is_empty() { 0 } else { text.find(&format!("{begin}\n")).unwrap() };
    let rest = &text[from + begin.len()..];
    let end = ["\n      - alert: ", "\n  - name: "].iter().filter_map(|next| rest.find(next)).min();
    let end = end.map_or(text.len(), |end| from + begin.len() + end + 1);
    text[from..end].to_owned()
}
