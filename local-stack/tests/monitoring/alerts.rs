//! Each alert has what somebody needs who is woken up by it, and a test in which it fires alone.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{RULE_TESTS, alerts, string};
use crate::deployment::{text, yaml};

/// Where the paragraph of each alert is.
const RUNBOOKS: &str = "docs/MONITORING.md";
/// The query that finds every alert that fires at any time of a test.
const FIRED: &str = "count by (alertname) (count_over_time(ALERTS{alertstate=\"firing\"}[90m]))";

#[test]
fn each_alert_says_what_is_wrong_and_links_to_its_own_paragraph() {
    let document = text(RUNBOOKS);
    let mut headings = BTreeSet::new();
    for alert in alerts() {
        let (name, notes) = (string(&alert, "alert"), &alert["annotations"]);
        assert!(["critical", "warning"].contains(&string(&alert["labels"], "severity")), "{name}");
        for text in ["summary", "description"] {
            assert!(string(notes, text).len() > 15, "{name}: {text}");
        }
        let (file, anchor) = string(notes, "runbook_url").split_once('#').unwrap();
        assert!(file.starts_with("https://") && file.ends_with(RUNBOOKS), "{name}: {file}");
        assert_eq!(anchor, name.to_lowercase());
        let heading = format!("### {name}\n");
        let paragraph = document.split_once(&heading).map(|(_, after)| after.split("\n#").next().unwrap());
        let paragraph = paragraph.unwrap_or_else(|| panic!("{RUNBOOKS} has no paragraph {name}"));
        for part in ["**Meaning.**", "**Look at.**", "**Do.**"] {
            assert!(paragraph.contains(part), "{name}: {part}");
        }
        headings.insert(heading.trim().to_owned());
    }
    let written: BTreeSet<String> =
        document.lines().filter(|line| line.starts_with("### Latchkey")).map(str::to_owned).collect();
    assert_eq!(written, headings, "paragraphs without an alert");
}

#[test]
fn each_alert_fires_in_its_own_test_and_in_no_other() {
    let names: BTreeSet<String> = alerts().iter().map(|alert| string(alert, "alert").to_owned()).collect();
    let tests = yaml(RULE_TESTS);
    let tests = tests["tests"].as_array().unwrap();
    let (calm, others) = tests.split_first().unwrap();
    assert_eq!(fired(calm), Vec::<String>::new(), "the first test is the calm one");
    let tested: Vec<String> = others.iter().flat_map(fired).collect();
    assert_eq!(tested.len(), others.len(), "one alert in each test");
    assert_eq!(tested.iter().cloned().collect::<BTreeSet<_>>(), names);
    assert_eq!(tested.len(), names.len(), "an alert has two tests");
    for (test, name) in others.iter().zip(&tested) {
        assert_eq!(string(test, "name"), name);
        let times = test["alert_rule_test"].as_array().unwrap();
        assert!(times.iter().all(|time| string(time, "alertname") == name), "{name}");
        let fires: Vec<bool> = times.iter().map(|time| time["exp_alerts"].is_array()).collect();
        assert_eq!(fires, [false, true], "{name} fires after a time when it does not");
    }
}

/// The alerts that fire in a test: all of them are asked for, over its whole time.
fn fired(test: &Value) -> Vec<String> {
    let [query] = test["promql_expr_test"].as_array().unwrap().as_slice() else { panic!("{}", test["name"]) };
    assert_eq!((string(query, "expr"), string(query, "eval_time")), (FIRED, "90m"));
    let samples = query["exp_samples"].as_array().unwrap().iter();
    let name = |sample: &Value| {
        assert_eq!(sample["value"], 1);
        let labels = string(sample, "labels").strip_prefix("{alertname=\"")?.strip_suffix("\"}")?;
        Some(labels.to_owned())
    };
    samples.map(|sample| name(sample).unwrap()).collect()
}
