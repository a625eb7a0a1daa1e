//! What kustomize makes of the files, where kubectl is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use local_stack::testing::{build_binaries, report_skipped};
use serde_json::Value;

use super::{DIRECTORY, Rule, assert_clean, documents, find, of_kind};
use super::{availability, hardening, images, schema, secrets, settings, wiring};
use crate::scratch::Scratch;

const RULES: [Rule; 9] = [
    schema::follows_the_types,
    hardening::hardened,
    hardening::limited,
    images::pinned,
    secrets::kept_apart,
    wiring::connected,
    availability::replicated,
    availability::probed,
    availability::drained,
];

/// kubectl, or a line in the report that it is missing.
fn kubectl() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|place| place.join("kubectl")).find(|path| path.is_file());
    if found.is_none() {
        report_skipped(
            "kubectl is not on PATH, so what kustomize makes of deployment/kubernetes is not tested.",
        );
    }
    found
}

fn kustomize(kubectl: &Path, directory: &Path) -> Output {
    Command::new(kubectl).arg("kustomize").arg(directory).output().unwrap()
}

fn rendered(kubectl: &Path, kustomization: &str) -> Vec<Value> {
    let directory = local_stack::workspace::root().unwrap().join(DIRECTORY).join(kustomization);
    let output = kustomize(kubectl, &directory);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    documents(std::str::from_utf8(&output.stdout).unwrap())
}

#[tokio::test]
async fn what_kustomize_makes_keeps_every_rule() {
    let Some(kubectl) = kubectl() else { return };
    build_binaries().await.unwrap();
    for (stack, databases) in [("base", "databases"), ("example", "example/databases")] {
        let mut manifests = rendered(&kubectl, stack);
        assert_clean(images::versioned, &manifests);
        assert_clean(hardening::enforced, &manifests);
        manifests.extend(rendered(&kubectl, databases));
        for rule in RULES {
            assert_clean(rule, &manifests);
        }
        assert_eq!(settings::unknown(&manifests).await, Vec::<String>::new());
        for manifest in manifests.iter().filter(|manifest| manifest["kind"] != "Namespace") {
            assert_eq!(manifest["metadata"]["namespace"], "latchkey", "{}", manifest["metadata"]["name"]);
        }
    }
}

#[test]
fn the_example_changes_what_it_says() {
    let Some(kubectl) = kubectl() else { return };
    let manifests = rendered(&kubectl, "example");
    let settings = of_kind(&manifests, "ConfigMap");
    let public = settings.iter().find_map(|settings| settings["data"]["PUBLIC_URL"].as_str());
    assert_eq!(public, Some("https://latchkey.example.com"));
    for name in ["auth-service", "task-service"] {
        let deployment = find(&manifests, "Deployment", name).unwrap();
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        let variables = container["env"].as_array().unwrap();
        let metrics = variables.iter().find(|variable| variable["name"] == "METRICS_BIND");
        assert_eq!(metrics.unwrap()["value"], "0.0.0.0:9100");
        assert!(container["image"].as_str().unwrap().starts_with("registry.example.com/latchkey/"));
    }
    for (policy, place) in
        [("postgresql", "/spec/egress/0/to/0/ipBlock"), ("gateway", "/spec/ingress/0/from")]
    {
        assert!(find(&manifests, "NetworkPolicy", policy).unwrap().pointer(place).is_some(), "{policy}");
    }
}

#[test]
fn a_misspelt_field_of_a_kustomization_is_an_error() {
    let Some(kubectl) = kubectl() else { return };
    let scratch = Scratch::new();
    let manifests = local_stack::workspace::root().unwrap().join(DIRECTORY);
    for file in std::fs::read_dir(manifests.join("databases")).unwrap() {
        let file = file.unwrap();
        let text =
            std::fs::read_to_string(file.path()).unwrap().replace("namespace: latchkey", "namespase: x");
        std::fs::write(scratch.path().join(file.file_name()), text).unwrap();
    }
    let output = kustomize(&kubectl, scratch.path());
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("namespase"), "{output:?}");
}
