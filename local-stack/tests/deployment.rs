//! The compose stack, checked as far as that goes without a container engine: its files by their rules, its scripts and
//! both services by running them with the environment that docker-compose.yml gives them.

mod compose;
mod images;
mod kubernetes;
mod page;
mod release;
mod secrets;
pub(crate) mod stack;
mod systemd;
mod workflow;

use serde_json::Value;

/// The text of a file of the checkout.
pub(crate) fn text(path: &str) -> String {
    let path = local_stack::workspace::root().unwrap().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A YAML file of the checkout, its anchors and merge keys resolved.
pub(crate) fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The services of docker-compose.yml by name.
pub(crate) fn services() -> serde_json::Map<String, Value> {
    yaml("docker-compose.yml")["services"].as_object().unwrap().clone()
}

/// The strings of a list.
pub(crate) fn strings(list: &Value) -> Vec<&str> {
    list.as_array().map(|list| list.iter().map(|item| item.as_str().unwrap()).collect()).unwrap_or_default()
}
