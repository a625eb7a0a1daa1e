//! Selectors match, and what is named exists.

use serde_json::{Value, json};

use super::network::port_of;
use super::{Pods, find, list, of_kind, pods, rejects, require};

/// Selectors match pods, and ports and Services that are named exist.
pub(super) fn connected(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let all = pods(manifests);
    for service in of_kind(manifests, "Service") {
        check_service(service, &all, &mut found);
    }
    for policy in of_kind(manifests, "NetworkPolicy") {
        check_policy(policy, &all, &mut found);
    }
    for ingress in of_kind(manifests, "Ingress") {
        let paths = list(&ingress["spec"]["rules"]).flat_map(|rule| list(&rule["http"]["paths"]));
        for backend in paths.map(|path| &path["backend"]["service"]) {
            let service = find(manifests, "Service", backend["name"].as_str().unwrap());
            let mut ports = service.into_iter().flat_map(|service| list(&service["spec"]["ports"]));
            let exists = ports.any(|port| port["name"] == backend["port"]["name"]);
            require(&mut found, exists, || format!("Ingress: no Service for {backend}"));
        }
    }
    check_urls(manifests, &mut found);
    found
}

fn check_service(service: &Value, all: &[Pods<'_>], found: &mut Vec<String>) {
    let (name, spec) = (&service["metadata"]["name"], &service["spec"]);
    let selector = json!({"matchLabels": spec["selector"]});
    let selected: Vec<_> = all.iter().filter(|pods| pods.selected_by(&selector)).collect();
    require(found, selected.len() == 1, || format!("Service {name}: {} workloads", selected.len()));
    for port in list(&spec["ports"]) {
        let target = selected.iter().find_map(|pods| port_of(pods, &port["targetPort"]));
        require(found, target.is_some(), || format!("Service {name}: port {}", port["targetPort"]));
        // A headless Service translates no ports.
        let same = spec["clusterIP"] != "None" || target == port["port"].as_u64();
        require(found, same, || format!("Service {name} is headless: port {}", port["port"]));
    }
}

fn check_policy(policy: &Value, all: &[Pods<'_>], found: &mut Vec<String>) {
    let (name, spec) = (&policy["metadata"]["name"], &policy["spec"]);
    let rules = ["ingress", "egress"].into_iter().flat_map(|direction| list(&spec[direction]));
    let peers = rules.flat_map(|rule| [&rule["from"], &rule["to"]]).flat_map(list);
    let local = peers.filter(|peer| peer["namespaceSelector"].is_null() && peer["ipBlock"].is_null());
    for selector in local.map(|peer| &peer["podSelector"]).chain([&spec["podSelector"]]) {
        let matches = all.iter().any(|pods| pods.selected_by(selector));
        require(found, matches, || format!("NetworkPolicy {name}: nothing matches {selector}"));
    }
    for port in list(&spec["ingress"]).flat_map(|rule| list(&rule["ports"])) {
        let mut selected = all.iter().filter(|pods| pods.selected_by(&spec["podSelector"]));
        let exists = selected.all(|pods| port_of(pods, &port["port"]).is_some());
        require(found, exists, || format!("NetworkPolicy {name}: port {}", port["port"]));
    }
}

/// URLs of the cluster in the environment lead to a Service.
fn check_urls(manifests: &[Value], found: &mut Vec<String>) {
    let mut count = 0;
    for pods in pods(manifests) {
        for url in pods.variables().filter_map(|variable| variable["value"].as_str()?.strip_prefix("http://"))
        {
            count += 1;
            let (host, port) = url.split('/').next().unwrap().split_once(':').unwrap();
            let service = find(manifests, "Service", host);
            let right =
                service.is_some_and(|found| found["spec"]["ports"][0]["port"].as_u64() == port.parse().ok());
            require(found, right, || format!("{}: no Service at {host}:{port}", pods.name));
        }
    }
    require(found, count == 3, || {
        format!("{count} URLs, not those of the keys, the status lists and the webhooks")
    });
}

#[test]
fn every_selector_matches_and_every_port_exists() {
    let wrong = json!({"app.kubernetes.io/name": "auth"});
    rejects(
        connected,
        &[
            ("Service/auth-service", "/spec/selector", wrong.clone()),
            ("Service/auth-service", "/spec/ports/0/port", json!(80)),
            ("Service/gateway", "/spec/ports/0/targetPort", json!("https")),
            ("NetworkPolicy/mail", "/spec/podSelector/matchLabels", wrong.clone()),
            ("NetworkPolicy/gateway", "/spec/egress/0/to/0/podSelector/matchLabels", wrong),
            ("NetworkPolicy/gateway", "/spec/ingress/0/ports/0/port", json!("https")),
            (
                "Deployment/task-service",
                "/spec/template/metadata/labels/app.kubernetes.io~1name",
                json!("tasks"),
            ),
            ("Ingress/gateway", "/spec/rules/0/http/paths/0/backend/service/port", json!({"name": "https"})),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/env/1/value",
                json!("http://auth-service:8080/.well-known/jwks.json"),
            ),
        ],
    );
}
