//! By Kubernetes' own types: what a type does not take over from a manifest is misspelt, or of the wrong type.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, Service};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{DIRECTORY, Rule, rejects, resources};
use crate::deployment::text;

/// Reads a manifest as `T` and writes it again, which has to give the same.
fn round_trip<T: Serialize + DeserializeOwned>(manifest: &Value) -> Result<(), String> {
    let read: T = serde_json::from_value(manifest.clone()).map_err(|error| error.to_string())?;
    let written = serde_json::to_value(read).map_err(|error| error.to_string())?;
    match difference(manifest, &written, "") {
        None => Ok(()),
        Some(place) => Err(format!("{place} is unknown or required")),
    }
}

/// The first place where the two differ.
fn difference(left: &Value, right: &Value, place: &str) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = left.keys().chain(right.keys().filter(|key| !left.contains_key(*key)));
            let missing = Value::Null;
            keys.map(|key| (key, left.get(key).unwrap_or(&missing), right.get(key).unwrap_or(&missing)))
                .find_map(|(key, left, right)| difference(left, right, &format!("{place}/{key}")))
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => (0..)
            .zip(left.iter().zip(right))
            .find_map(|(index, (left, right))| difference(left, right, &format!("{place}/{index}"))),
        _ => (left != right).then(|| place.to_owned()),
    }
}

/// The fields of each manifest are those of its kind.
pub(super) fn follows_the_types(manifests: &[Value]) -> Vec<String> {
    let check = |manifest: &Value| {
        let (version, kind) = (manifest["apiVersion"].as_str(), manifest["kind"].as_str());
        let outcome = match (version.unwrap_or_default(), kind.unwrap_or_default()) {
            ("apps/v1", "Deployment") => round_trip::<Deployment>(manifest),
            ("batch/v1", "CronJob") => round_trip::<CronJob>(manifest),
            ("batch/v1", "Job") => round_trip::<Job>(manifest),
            ("networking.k8s.io/v1", "Ingress") => round_trip::<Ingress>(manifest),
            ("networking.k8s.io/v1", "NetworkPolicy") => round_trip::<NetworkPolicy>(manifest),
            ("policy/v1", "PodDisruptionBudget") => round_trip::<PodDisruptionBudget>(manifest),
            ("v1", "ConfigMap") => round_trip::<ConfigMap>(manifest),
            ("v1", "Namespace") => round_trip::<Namespace>(manifest),
            ("v1", "Secret") => round_trip::<Secret>(manifest),
            ("v1", "Service") => round_trip::<Service>(manifest),
            (version, kind) => Err(format!("no kind {kind} in {version}")),
        };
        outcome.err().map(|error| format!("{} {}: {error}", manifest["kind"], manifest["metadata"]["name"]))
    };
    manifests.iter().filter_map(check).collect()
}

#[test]
fn every_manifest_follows_kubernetes_own_types() {
    let rule: Rule = follows_the_types;
    rejects(
        rule,
        &[
            ("Deployment/auth-service", "/spec/template/spec/automountServiceAccountTokens", json!(false)),
            (
                "Deployment/gateway",
                "/spec/template/spec/containers/0/securityContext/readonlyRootFilesystem",
                json!(true),
            ),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/livenessProbe/httpGet/uri",
                json!("/"),
            ),
            ("Deployment/task-service", "/spec/replicas", json!("2")),
            ("Deployment/task-service", "/spec/selector", Value::Null),
            ("Job/auth-migrate", "/spec/ttlSecondAfterFinished", json!(60)),
            ("CronJob/audit-prune", "/spec/concurrencyPolicies", json!("Forbid")),
            ("NetworkPolicy/default-deny", "/spec/policyType", json!([])),
            ("NetworkPolicy/mail", "/spec/egress/0/ports/0/port", json!([465])),
            ("PodDisruptionBudget/gateway", "/spec/maxUnavaliable", json!(1)),
            ("Service/gateway", "/spec/ports/0/target", json!("http")),
            ("Ingress/gateway", "/spec/rules/0/http/paths/0/backend/serviceName", json!("gateway")),
            ("Namespace/latchkey", "/apiVersion", json!("v2")),
            ("Service/gateway", "/kind", json!("Servise")),
        ],
    );
    for component in ["metrics", "traces", "identity-providers"] {
        assert_eq!(rule(&resources(component)), Vec::<String>::new());
    }
}

#[test]
fn every_file_is_listed_in_its_kustomization() {
    let root = local_stack::workspace::root().unwrap().join(DIRECTORY);
    for kustomization in
        ["base", "databases", "metrics", "traces", "identity-providers", "audit-retention", "example"]
    {
        let listed = text(&format!("{DIRECTORY}/{kustomization}/kustomization.yaml"));
        for file in std::fs::read_dir(root.join(kustomization)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let is_listed = listed.contains(&format!("- {name}\n"));
            assert!(is_listed || !name.ends_with(".yaml") || name == "kustomization.yaml", "{name}");
        }
    }
}
