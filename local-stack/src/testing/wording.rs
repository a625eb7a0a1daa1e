//! Rules for the texts in an OpenAPI document.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Maximum length of a summary in characters: on one line beside a long path in the viewer.
const SUMMARY_LENGTH: usize = 60;

/// Returns violations of the rules, one line each: every operation needs a short summary and a described tag, and
/// every parameter, response, field and security scheme needs a description.
#[must_use]
pub fn wording_faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let tags: BTreeSet<&str> = elements(document, "tags")
        .filter(|tag| is_text(&tag["description"]))
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    for (path, item) in members(document, "paths") {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let place = format!("{method} {path}");
            if let Some(fault) = summary_fault(&operation["summary"]) {
                faults.push(format!("{place}: {fault}"));
            }
            let used: Vec<&str> = elements(operation, "tags").filter_map(Value::as_str).collect();
            if used.is_empty() || used.iter().any(|tag| !tags.contains(tag)) {
                faults.push(format!("{place}: no tag with a description"));
            }
            faults.extend(described(&place, elements(operation, "parameters"), "name"));
            for (status, response) in members(operation, "responses") {
                faults.extend(undescribed(&format!("{place} {status}"), response));
            }
        }
    }
    for (name, schema) in members(&document["components"], "schemas") {
        faults.extend(undescribed(name, schema));
        for (field, property) in members(schema, "properties") {
            faults.extend(undescribed(&format!("{name}.{field}"), property));
        }
    }
    for (name, scheme) in members(&document["components"], "securitySchemes") {
        faults.extend(undescribed(name, scheme));
    }
    faults
}

/// Returns the rule that a summary violates: it must be a short title that starts with a verb.
fn summary_fault(summary: &Value) -> Option<&'static str> {
    let summary = summary.as_str().unwrap_or_default();
    let first = summary.split(' ').next().unwrap_or_default();
    let no_verbs = ["The", "A", "An", "What", "Which", "Who", "Whether", "How", "For", "It"];
    if summary.is_empty() {
        Some("no summary")
    } else if summary.chars().count() >= SUMMARY_LENGTH || summary.contains('\n') {
        Some("the summary is too long")
    } else if summary.ends_with('.') {
        Some("the summary ends with a full stop")
    } else if !first.starts_with(char::is_uppercase) || first.ends_with('s') || no_verbs.contains(&first) {
        Some("the summary does not start with a verb in the imperative")
    } else {
        None
    }
}

fn described<'a>(
    place: &str,
    values: impl Iterator<Item = &'a Value>,
    name: &str,
) -> impl Iterator<Item = String> {
    values.filter_map(move |value| {
        undescribed(&format!("{place} {}", value[name].as_str().unwrap_or_default()), value)
    })
}

/// Returns a violation if a description is missing. A nullable field is described next to its other type.
fn undescribed(place: &str, value: &Value) -> Option<String> {
    let described =
        is_text(&value["description"]) || elements(value, "oneOf").any(|one| is_text(&one["description"]));
    (!described).then(|| format!("{place}: no description"))
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn elements<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn members<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value[name].as_object().into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_rule_finds_what_breaks_it() {
        let operation = |summary: &str| json!({"summary": summary, "tags": ["tasks"], "responses": {"200": {"description": "A task"}}});
        let document = |operation: Value| json!({"tags": [{"name": "tasks", "description": "Tasks"}], "paths": {"/tasks": {"get": operation}}});
        assert_eq!(wording_faults(&document(operation("Get a task"))), Vec::<String>::new());
        for summary in ["", "Get a task.", "Gets a task", "get a task", "The task", &"Get ".repeat(20)] {
            assert_eq!(wording_faults(&document(operation(summary))).len(), 1, "{summary}");
        }
        let broken = [
            ("tags", json!(["others"])),
            ("tags", json!([])),
            ("parameters", json!([{"name": "user_id"}])),
            ("responses", json!({"200": {"description": " "}})),
        ];
        for (member, value) in broken {
            let mut operation = operation("Get a task");
            operation[member] = value;
            assert_eq!(wording_faults(&document(operation.clone())).len(), 1, "{operation}");
        }
        let components = json!({"components": {
            "schemas": {"Task": {"properties": {"id": {}}}},
            "securitySchemes": {"bearer": {}},
        }});
        assert_eq!(wording_faults(&components).len(), 3);
    }
}
