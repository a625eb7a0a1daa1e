//! The workflow of the hosted CI. It runs there and not here; what can be known of it here is checked.

use serde_json::{Value, json};

use super::yaml;

fn workflow() -> Value {
    yaml(".github/workflows/ci.yml")
}

fn steps() -> Vec<Value> {
    let workflow = workflow();
    let jobs = workflow["jobs"].as_object().unwrap();
    jobs.values().flat_map(|job| job["steps"].as_array().unwrap().clone()).collect()
}

#[test]
fn actions_are_pinned_by_a_full_version() {
    let used: Vec<String> =
        steps().iter().filter_map(|step| step["uses"].as_str().map(str::to_owned)).collect();
    assert!(!used.is_empty());
    for action in used {
        let (_, version) = action.split_once("@v").unwrap_or_else(|| panic!("{action} has no version"));
        assert_eq!(version.split('.').count(), 3, "{action}");
        assert!(version.split('.').all(|part| part.parse::<u32>().is_ok()), "{action}");
    }
}

#[test]
fn jobs_may_read_the_code_and_nothing_else_and_end() {
    let workflow = workflow();
    assert_eq!(workflow["permissions"], json!({"contents": "read"}));
    for (name, job) in workflow["jobs"].as_object().unwrap() {
        assert_eq!(job["permissions"], Value::Null, "{name}");
        assert!(job["timeout-minutes"].is_u64(), "{name}");
        assert_ne!(job["runs-on"], json!("ubuntu-latest"), "{name}");
    }
    for step in
        steps().iter().filter(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("checkout")))
    {
        assert_eq!(step["with"]["persist-credentials"], json!(false));
    }
}

#[test]
fn the_compose_job_builds_starts_and_walks() {
    let workflow = workflow();
    let steps = workflow["jobs"]["compose"]["steps"].as_array().unwrap();
    let scripts: Vec<_> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    for wanted in ["docker compose build", "docker compose up --detach --wait", "deployment/walk.sh"] {
        assert!(scripts.iter().any(|script| script.contains(wanted)), "{wanted}");
    }
}
