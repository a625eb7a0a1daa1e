//! The dashboard, the alert rules and their documentation are held to the metrics that both services serve.

mod alerts;
mod documented;
mod exposition;
mod promtool;
mod query;
mod served;

use serde_json::Value;

use crate::deployment::{text, yaml};

const RULES: &str = "deployment/monitoring/alerts.yml";
const RULE_TESTS: &str = "deployment/monitoring/alerts.test.yml";
const DASHBOARD: &str = "deployment/monitoring/dashboard.json";

/// All alerts.
fn alerts() -> Vec<Value> {
    let rules = yaml(RULES);
    let groups = rules["groups"].as_array().unwrap().iter();
    let alerts: Vec<Value> = groups.flat_map(|group| group["rules"].as_array().unwrap().clone()).collect();
    assert!(alerts.len() > 10, "{}", alerts.len());
    alerts
}

/// The string of a field.
fn string<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is no string in {value:#}"))
}

/// The queries of the dashboard, with their legends.
fn dashboard_queries() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&text(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries: Vec<(String, String)> = targets
        .map(|target| (string(target, "expr").to_owned(), string(target, "legendFormat").to_owned()))
        .collect();
    assert!(queries.len() > 20, "{}", queries.len());
    queries
}
