//! Every variable that the manifests set is a setting of the program that reads it.

use std::collections::BTreeSet;

use local_stack::testing::build_binaries;
use local_stack::{Binary, run_to_end};
use serde_json::{Value, json};

use super::{Pods, entries, find, list, manifests, plant, pods};
use crate::deployment::text;

/// The variables in `--help`: `[env: NAME]` or `[env: NAME=value]`.
async fn known(binary: Binary, arguments: &[&str]) -> BTreeSet<String> {
    let help = run_to_end(binary, arguments, [("", ""); 0]).await.unwrap();
    assert!(help.status.success(), "{help:?}");
    let names = help.stdout.iter().filter_map(|line| line.split_once("[env: "));
    let names = names.map(|(_, rest)| rest.split([']', '=']).next().unwrap().to_owned());
    let names: BTreeSet<_> = names.collect();
    assert!(names.contains("LOG_FORMAT"), "{names:?}");
    names
}

/// The variables that the Caddyfile reads: `{$NAME}` or `{$NAME:default}`.
fn of_the_gateway() -> BTreeSet<String> {
    let caddyfile = text("gateway/Caddyfile");
    let names = caddyfile.split("{$").skip(1).map(|rest| rest.split([':', '}']).next().unwrap().to_owned());
    names.collect()
}

/// The program of these pods, and the arguments that show its settings.
fn help_of(pods: &Pods<'_>) -> Option<(Binary, &'static [&'static str])> {
    match pods.name {
        "auth-service" => Some((Binary::AuthService, &["serve", "--help"])),
        "auth-migrate" => Some((Binary::AuthService, &["migrate", "--help"])),
        "task-service" | "task-migrate" => Some((Binary::TaskService, &["--help"])),
        _ => None,
    }
}

/// Variables that no program knows.
pub(super) async fn unknown(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for pods in pods(manifests) {
        let mut set: Vec<String> = Vec::new();
        for container in pods.containers() {
            let variables = list(&container["env"]);
            for variable in variables {
                set.push(variable["name"].as_str().unwrap().to_owned());
                let Some(name) = variable["valueFrom"]["configMapKeyRef"]["name"].as_str() else { continue };
                let settings =
                    find(manifests, "ConfigMap", name).map_or(&Value::Null, |found| &found["data"]);
                let key = variable["valueFrom"]["configMapKeyRef"]["key"].as_str().unwrap();
                if settings[key].is_null() {
                    found.push(format!("{}: no {key} in {name}", pods.name));
                }
            }
            for source in list(&container["envFrom"]) {
                let Some(name) = source["configMapRef"]["name"].as_str() else { continue };
                match find(manifests, "ConfigMap", name) {
                    Some(settings) => set.extend(entries(&settings["data"]).map(|(name, _)| name.clone())),
                    None => found.push(format!("{}: no ConfigMap {name}", pods.name)),
                }
            }
        }
        let known = match help_of(&pods) {
            Some((binary, arguments)) => known(binary, arguments).await,
            None if pods.name == "gateway" => of_the_gateway(),
            None => BTreeSet::new(),
        };
        let unknown = set.into_iter().filter(|name| !known.contains(name));
        found.extend(unknown.map(|name| format!("{}: {name}", pods.name)));
    }
    found
}

#[tokio::test]
async fn every_variable_is_a_setting_of_its_program() {
    build_binaries().await.unwrap();
    let manifests = manifests();
    assert_eq!(unknown(&manifests).await, Vec::<String>::new());
    let faults = [
        ("Deployment/auth-service", "/spec/template/spec/containers/0/env/0/name", json!("PUBLIC_URL")),
        ("Job/auth-migrate", "/spec/template/spec/containers/0/env/0/name", json!("DATABASE_URL_FILE")),
        ("ConfigMap/task-service", "/data/TASK_QOUTA", json!("5")),
        ("ConfigMap/task-service", "/metadata/name", json!("tasks")),
        (
            "Deployment/gateway",
            "/spec/template/spec/containers/0/env",
            json!([{"name": "GATEWAY_ADRESSES", "value": "http://"}]),
        ),
        (
            "Deployment/task-service",
            "/spec/template/spec/containers/0/env/0/valueFrom/configMapKeyRef/key",
            json!("BASE_URL"),
        ),
    ];
    for (manifest, place, value) in faults {
        let mut faulty = manifests.clone();
        plant(&mut faulty, manifest, place, value);
        assert_eq!(unknown(&faulty).await.len(), 1, "{manifest}{place}");
    }
}

#[test]
fn both_services_have_the_public_url() {
    let manifests = manifests();
    let expected = json!({"configMapKeyRef": {"name": "public-url", "key": "PUBLIC_URL"}});
    for (name, variable) in [("auth-service", "BASE_URL"), ("task-service", "AUTH_ISSUER")] {
        let deployment = find(&manifests, "Deployment", name).unwrap();
        let variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
        let found = variables.iter().find(|found| found["name"] == variable).unwrap();
        assert_eq!(found["valueFrom"], expected, "{name}");
    }
    let settings = find(&manifests, "ConfigMap", "public-url").unwrap();
    assert_eq!(settings["data"]["PUBLIC_URL"], "http://localhost:8080");
}
