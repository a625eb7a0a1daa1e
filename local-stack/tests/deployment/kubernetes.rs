//! The Kubernetes manifests: by Kubernetes' own types, by rules of this stack, and by running the services with the
//! environment that the manifests give them. No cluster is involved. Each rule is a function that lists what it finds
//! wrong, so that the tests can plant faults and require that it finds them.

mod availability;
mod hardening;
mod images;
mod kustomize;
mod network;
mod schema;
mod secrets;
mod settings;
mod stack;
mod wiring;

use serde_json::{Value, json};

use super::{text, yaml};

const DIRECTORY: &str = "deployment/kubernetes";
/// The label that tells pods apart.
const NAME: &str = "app.kubernetes.io/name";

/// Lists what is wrong with these manifests.
type Rule = fn(&[Value]) -> Vec<String>;

/// The resources of a kustomization, as they are in its files.
fn resources(kustomization: &str) -> Vec<Value> {
    let directory = format!("{DIRECTORY}/{kustomization}");
    let listed = yaml(&format!("{directory}/kustomization.yaml"))["resources"].clone();
    let files = super::strings(&listed).into_iter().filter(|path| path.ends_with(".yaml"));
    files.flat_map(|file| documents(&text(&format!("{directory}/{file}")))).collect()
}

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}

/// What a namespace of this stack holds, before kustomize changes it; without the components for metrics and traces.
fn manifests() -> Vec<Value> {
    let directories = ["base", "databases", "audit-retention", "example"];
    let mut manifests: Vec<Value> = directories.into_iter().flat_map(resources).collect();
    manifests.extend(generated_settings());
    assert!(manifests.len() > 20);
    manifests
}

/// The ConfigMaps that the base generates, without the hash in their names.
fn generated_settings() -> Vec<Value> {
    let generators = yaml(&format!("{DIRECTORY}/base/kustomization.yaml"))["configMapGenerator"].clone();
    let of_generator = |generator: &Value| {
        let literals = super::strings(&generator["literals"]).into_iter();
        let data: serde_json::Map<_, _> = literals
            .map(|literal| literal.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data})
    };
    generators.as_array().unwrap().iter().map(of_generator).collect()
}

fn of_kind<'a>(manifests: &'a [Value], kind: &str) -> Vec<&'a Value> {
    manifests.iter().filter(|manifest| manifest["kind"] == kind).collect()
}

/// Of this kind and name. Jobs go by their label, since their name has the version in it.
fn find<'a>(manifests: &'a [Value], kind: &str, name: &str) -> Option<&'a Value> {
    of_kind(manifests, kind).into_iter().find(|manifest| is_named(manifest, name))
}

fn is_named(manifest: &Value, name: &str) -> bool {
    let metadata = &manifest["metadata"];
    metadata["name"] == name || (manifest["kind"] == "Job" && metadata["labels"][NAME] == name)
}

/// The pods that a Deployment, Job or CronJob creates.
struct Pods<'a> {
    kind: &'a str,
    name: &'a str,
    labels: &'a Value,
    owner: &'a Value,
    spec: &'a Value,
}

impl<'a> Pods<'a> {
    fn containers(&self) -> impl Iterator<Item = &'a Value> {
        ["initContainers", "containers"].into_iter().flat_map(|kind| list(&self.spec[kind]))
    }

    /// The entries of `env`.
    fn variables(&self) -> impl Iterator<Item = &'a Value> {
        self.containers().flat_map(|container| list(&container["env"]))
    }

    /// Whether a label selector selects them.
    fn selected_by(&self, selector: &Value) -> bool {
        let matching = entries(&selector["matchLabels"]).all(|(label, value)| self.labels[label] == *value);
        matching
            && list(&selector["matchExpressions"]).all(|expression| {
                assert_eq!(expression["operator"], "In", "the only operator in use");
                let label = &self.labels[expression["key"].as_str().unwrap()];
                expression["values"].as_array().unwrap().contains(label)
            })
    }
}

fn pods(manifests: &[Value]) -> Vec<Pods<'_>> {
    let found: Vec<_> = manifests
        .iter()
        .map(|owner| (owner, pod_template(owner)))
        .filter(|(_, template)| !template.is_null())
        .map(|(owner, template)| {
            let labels = &template["metadata"]["labels"];
            let (kind, name) = (owner["kind"].as_str().unwrap(), labels[NAME].as_str().unwrap());
            Pods { kind, name, labels, owner, spec: &template["spec"] }
        })
        .collect();
    assert_eq!(found.len(), pod_kinds(manifests), "a kind with pods that is unknown here");
    found
}

/// The template of the pods that it creates, or null.
fn pod_template(owner: &Value) -> &Value {
    match owner["kind"].as_str() {
        Some("CronJob") => &owner["spec"]["jobTemplate"]["spec"]["template"],
        _ => &owner["spec"]["template"],
    }
}

fn pod_kinds(manifests: &[Value]) -> usize {
    let kinds = ["Deployment", "Job", "Pod", "CronJob", "StatefulSet", "DaemonSet"];
    manifests.iter().filter(|manifest| kinds.iter().any(|kind| manifest["kind"] == *kind)).count()
}

/// The items of a list, which may be absent.
fn list(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

/// `1Gi` or `512Mi`, in Mi.
fn mebibytes(quantity: &Value) -> Option<u64> {
    let text = quantity.as_str()?;
    match text.strip_suffix("Gi") {
        Some(number) => Some(number.parse::<u64>().ok()? * 1024),
        None => text.strip_suffix("Mi")?.parse().ok(),
    }
}

/// Adds a complaint unless it holds.
fn require(found: &mut Vec<String>, holds: bool, complaint: impl FnOnce() -> String) {
    if !holds {
        found.push(complaint());
    }
}

fn assert_clean(rule: Rule, manifests: &[Value]) {
    let found = rule(manifests);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A fault: the manifest (`Kind/name`), where in it (a JSON pointer), and the new value there; null removes the field.
type Fault = (&'static str, &'static str, Value);

/// Requires that the rule has nothing against the manifests, and something against each of the faults.
fn rejects(rule: Rule, faults: &[Fault]) {
    let manifests = manifests();
    assert_clean(rule, &manifests);
    for (manifest, place, value) in faults {
        let mut faulty = manifests.clone();
        plant(&mut faulty, manifest, place, value.clone());
        assert_ne!(faulty, manifests, "{manifest}{place}: no change");
        assert!(!rule(&faulty).is_empty(), "not found: {manifest}{place} = {value}");
    }
}

fn plant(manifests: &mut [Value], manifest: &str, place: &str, value: Value) {
    let (kind, name) = manifest.split_once('/').unwrap();
    let found = manifests.iter_mut().find(|found| found["kind"] == kind && is_named(found, name));
    let found = found.unwrap_or_else(|| panic!("no {manifest}"));
    let (parent, key) = place.rsplit_once('/').unwrap();
    let parent = found.pointer_mut(parent).unwrap_or_else(|| panic!("{manifest} has no {place}"));
    let key = key.replace("~1", "/");
    match parent {
        Value::Object(object) if value.is_null() => drop(object.remove(&key)),
        Value::Object(object) => drop(object.insert(key, value)),
        Value::Array(list) if value.is_null() => drop(list.remove(key.parse().unwrap())),
        Value::Array(list) if key == "-" => list.push(value),
        Value::Array(list) => *list.get_mut(key.parse::<usize>().unwrap()).unwrap() = value,
        other => panic!("{other} is neither an object nor a list"),
    }
}
