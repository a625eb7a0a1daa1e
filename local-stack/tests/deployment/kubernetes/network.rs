//! Network policies: together they allow the connections that are needed, and reject all others.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Pods, find, list, of_kind, pods, rejects, require};

/// Where a connection may go: to pods of this stack, or anywhere.
type Edge = (String, String, u64);

const ANYWHERE: &str = "anywhere";
const DNS: u64 = 53;
const POSTGRESQL: u64 = 5432;

fn expected() -> BTreeSet<Edge> {
    let inside = [
        ("gateway", "auth-service", 8081),
        ("gateway", "task-service", 8082),
        ("task-service", "auth-service", 8081),
        ("auth-service", "task-service", 8082),
        (ANYWHERE, "gateway", 8080),
        ("auth-service", ANYWHERE, 465),
        ("auth-service", ANYWHERE, 587),
    ];
    let to_postgresql = ["auth-service", "task-service", "auth-migrate", "task-migrate", "databases"]
        .map(|name| (name, ANYWHERE, POSTGRESQL));
    inside.into_iter().chain(to_postgresql).map(|(from, to, port)| (from.into(), to.into(), port)).collect()
}

/// The container port of this name or number.
pub(super) fn port_of(pods: &Pods<'_>, port: &Value) -> Option<u64> {
    let ports = pods.containers().flat_map(|container| list(&container["ports"]));
    let mut ports = ports.filter(|found| found["name"] == *port || found["containerPort"] == *port);
    ports.next().and_then(|found| found["containerPort"].as_u64())
}

/// The policies that apply to these pods in one direction.
fn policies<'a>(manifests: &'a [Value], pods: &Pods<'_>, direction: &str) -> Vec<&'a Value> {
    let applies = |policy: &&Value| {
        let types = policy["spec"]["policyTypes"].as_array().unwrap();
        types.contains(&json!(direction)) && pods.selected_by(&policy["spec"]["podSelector"])
    };
    of_kind(manifests, "NetworkPolicy").into_iter().filter(applies).collect()
}

/// Whether a peer (`from` or `to` of a rule) means these pods.
fn means(peer: &Value, pods: &Pods<'_>) -> bool {
    peer["namespaceSelector"].is_null()
        && !peer["podSelector"].is_null()
        && pods.selected_by(&peer["podSelector"])
}

/// Ports that `pods` may be reached at by `from`, or by anybody if that is `None`.
fn entered(manifests: &[Value], pods: &Pods<'_>, from: Option<&Pods<'_>>) -> BTreeSet<u64> {
    let rules = policies(manifests, pods, "Ingress");
    let rules = rules.iter().flat_map(|policy| list(&policy["spec"]["ingress"]));
    let matching = rules.filter(|rule| match (rule["from"].as_array(), from) {
        (None, _) => true,
        (Some(peers), Some(from)) => peers.iter().any(|peer| means(peer, from)),
        (Some(_), None) => false,
    });
    let ports = matching.flat_map(|rule| rule["ports"].as_array().unwrap());
    ports.filter_map(|port| port_of(pods, &port["port"])).collect()
}

/// Ports that `pods` may connect to at `to`, or anywhere if that is `None`.
fn left(manifests: &[Value], pods: &Pods<'_>, to: Option<&Pods<'_>>) -> BTreeSet<u64> {
    let rules = policies(manifests, pods, "Egress");
    let rules = rules.iter().flat_map(|policy| list(&policy["spec"]["egress"]));
    let matching = rules.filter(|rule| match (rule["to"].as_array(), to) {
        (None, _) => true,
        (Some(peers), Some(to)) => peers.iter().any(|peer| means(peer, to)),
        (Some(_), None) => false,
    });
    let ports = matching.flat_map(|rule| rule["ports"].as_array().unwrap());
    ports.map(|port| port["port"].as_u64().unwrap()).collect()
}

/// The connections that one direction of the policies allows: a connection needs both.
fn allowed(manifests: &[Value], direction: &str) -> BTreeSet<Edge> {
    let all = pods(manifests);
    let mut edges = BTreeSet::new();
    for (from, to) in all.iter().flat_map(|from| all.iter().map(move |to| (from, to))) {
        let (outside, inside) = match direction {
            "Ingress" => (entered(manifests, to, None), entered(manifests, to, Some(from))),
            _ => (left(manifests, from, None), left(manifests, from, Some(to))),
        };
        let (from, to) = (from.name.to_owned(), to.name.to_owned());
        for port in &outside {
            edges.insert(match direction {
                "Ingress" => (ANYWHERE.into(), to.clone(), *port),
                _ => (from.clone(), ANYWHERE.into(), *port),
            });
        }
        edges.extend(inside.difference(&outside).map(|port| (from.clone(), to.clone(), *port)));
    }
    edges
}

/// The policies allow the connections of this stack, and no others.
fn minimal(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for (direction, foreign) in [("Ingress", 1), ("Egress", 0)] {
        let allowed = allowed(manifests, direction);
        // What goes out of the namespace is not said by Ingress, and what comes in is not said by Egress.
        let concerns = |(from, to, _): &Edge| [from, to][foreign] != ANYWHERE;
        let expected: BTreeSet<_> = expected().into_iter().filter(concerns).collect();
        found.extend(allowed.difference(&expected).map(|edge| format!("{direction} allows {edge:?}")));
        found.extend(expected.difference(&allowed).map(|edge| format!("{direction} forbids {edge:?}")));
    }
    let deny = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
    let default = find(manifests, "NetworkPolicy", "default-deny").map(|policy| &policy["spec"]);
    require(&mut found, default == Some(&deny), || "no policy that denies by default".to_owned());
    for pods in pods(manifests) {
        let rules = policies(manifests, &pods, "Egress");
        let mut rules = rules.iter().flat_map(|policy| list(&policy["spec"]["egress"]));
        let resolves = rules.any(|rule| !rule["to"].is_null() && rule["ports"][0]["port"] == DNS);
        require(&mut found, resolves, || format!("{}: no DNS", pods.name));
    }
    found
}

#[test]
fn the_policies_allow_what_is_needed_and_nothing_else() {
    let from = "/spec/ingress/0/from";
    rejects(
        minimal,
        &[
            ("NetworkPolicy/auth-service", from, json!([{"podSelector": {}}])),
            ("NetworkPolicy/auth-service", from, Value::Null),
            ("NetworkPolicy/auth-service", "/spec/ingress/0/from/1", Value::Null),
            ("NetworkPolicy/task-service", "/spec/egress/0/to", Value::Null),
            ("NetworkPolicy/gateway", "/spec/egress/1", Value::Null),
            ("NetworkPolicy/gateway", "/spec/egress/-", json!({"ports": [{"port": 5432}]})),
            ("NetworkPolicy/mail", "/spec/podSelector", json!({})),
            ("NetworkPolicy/postgresql", "/spec/podSelector/matchExpressions/0/values/3", Value::Null),
            ("NetworkPolicy/default-deny", "/spec/policyTypes/1", Value::Null),
            ("NetworkPolicy/default-deny", "/spec/ingress", json!([{"ports": [{"port": "http"}]}])),
            (
                "NetworkPolicy/dns",
                "/spec/podSelector",
                json!({"matchLabels": {"app.kubernetes.io/name": "gateway"}}),
            ),
        ],
    );
}
