//! A rollout, a drained node and an outage of the database lose nothing that could be kept.

use serde_json::{Value, json};

use super::{Pods, of_kind, pods, rejects, require};

/// How long in-flight requests may take after SHUTDOWN_DELAY (`service_kit::lifecycle`), in seconds.
const SHUTDOWN_TIMEOUT: u64 = 8;
/// How long mail that is being sent, and other tasks in the background, may take afterwards.
const BACKGROUND_TIMEOUT: u64 = 5;
/// How long the gateway waits for the response of a service (gateway/Caddyfile).
const RESPONSE_TIMEOUT: u64 = 40;
/// How long an address that is gone may be known: the cluster's DNS caches it for 5 s, a cache on the node for as long,
/// and the gateway looks again after one.
const ADDRESS_KNOWN: u64 = 11;

/// Two pods, on two nodes, of which one is always there.
pub(super) fn replicated(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for pods in pods(manifests).into_iter().filter(|pods| pods.kind == "Deployment") {
        let (name, spec) = (pods.name, &pods.owner["spec"]);
        require(&mut found, spec["replicas"].as_u64() >= Some(2), || format!("{name}: one pod"));
        let rollout = &spec["strategy"]["rollingUpdate"];
        require(&mut found, rollout["maxUnavailable"] == 0, || format!("{name}: a rollout takes pods away"));
        require(&mut found, rollout["maxSurge"].as_u64() >= Some(1), || format!("{name}: no rollout"));
        require(&mut found, pods.selected_by(&spec["selector"]), || format!("{name}: selector"));
        let budgets = of_kind(manifests, "PodDisruptionBudget");
        let budget = budgets.iter().find(|budget| pods.selected_by(&budget["spec"]["selector"]));
        let budget = budget.map_or(&Value::Null, |budget| &budget["spec"]);
        require(&mut found, budget["maxUnavailable"] == 1, || format!("{name}: no disruption budget"));
        let policy = &budget["unhealthyPodEvictionPolicy"];
        require(&mut found, policy == "AlwaysAllow", || format!("{name}: its broken pods block a drain"));
        let spread = pods.spec["topologySpreadConstraints"].as_array().map_or(&[][..], Vec::as_slice);
        for key in ["kubernetes.io/hostname", "topology.kubernetes.io/zone"] {
            let constraint = spread.iter().find(|constraint| constraint["topologyKey"] == key);
            let spreads = constraint.is_some_and(|constraint| pods.selected_by(&constraint["labelSelector"]));
            require(&mut found, spreads, || format!("{name}: not spread by {key}"));
        }
    }
    found
}

/// Probes ask what they are for, at ports that exist.
pub(super) fn probed(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for pods in pods(manifests).into_iter().filter(|pods| pods.kind == "Deployment") {
        let name = pods.name;
        let readiness = if name == "gateway" { "/healthz" } else { "/readyz" };
        for container in pods.containers() {
            let paths =
                [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", readiness)];
            for (probe, path) in paths {
                let get = &container[probe]["httpGet"];
                require(&mut found, get["path"] == path, || format!("{name}: {probe} of {get}"));
                require(&mut found, get["port"] == container["ports"][0]["name"], || {
                    format!("{name}: {probe}")
                });
            }
            let allowed = |probe: &str| {
                let (period, failures) =
                    (&container[probe]["periodSeconds"], &container[probe]["failureThreshold"]);
                period.as_u64().unwrap_or(10) * failures.as_u64().unwrap_or(3)
            };
            // A service waits half a minute for its database, and a busy one may not answer for a while.
            require(&mut found, allowed("startupProbe") >= 30, || format!("{name}: no time to start"));
            require(&mut found, allowed("livenessProbe") >= 60, || format!("{name}: killed when it is busy"));
            require(&mut found, allowed("readinessProbe") <= 15, || {
                format!("{name}: not ready, and still used")
            });
        }
    }
    found
}

/// A pod that is told to stop serves until nobody sends it requests, and then finishes those that it has.
pub(super) fn drained(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for pods in pods(manifests).into_iter().filter(|pods| pods.kind == "Deployment") {
        let (name, grace) = (pods.name, pods.spec["terminationGracePeriodSeconds"].as_u64().unwrap_or(30));
        let pause = if name == "gateway" { pause(&pods) } else { delay(&pods) };
        let rest = if name == "gateway" { RESPONSE_TIMEOUT } else { SHUTDOWN_TIMEOUT + BACKGROUND_TIMEOUT };
        require(&mut found, pause >= Some(ADDRESS_KNOWN), || format!("{name} stops while it is known"));
        require(&mut found, pause.unwrap_or(0) + rest <= grace, || format!("{name}: killed after {grace} s"));
    }
    found
}

/// SHUTDOWN_DELAY of a service.
fn delay(pods: &Pods<'_>) -> Option<u64> {
    let mut variables = pods.variables();
    let delay = variables.find(|variable| variable["name"] == "SHUTDOWN_DELAY")?["value"].as_str()?;
    delay.strip_suffix('s')?.parse().ok()
}

/// How long the gateway sleeps before it is told to stop.
fn pause(pods: &Pods<'_>) -> Option<u64> {
    let command = pods.containers().next()?["lifecycle"]["preStop"]["exec"]["command"].as_array()?;
    let [sleep, seconds] = command.as_slice() else { return None };
    (sleep == "sleep").then(|| seconds.as_str()?.parse().ok())?
}

#[test]
fn a_rollout_and_a_drained_node_leave_a_pod_of_each() {
    rejects(
        replicated,
        &[
            ("Deployment/gateway", "/spec/replicas", json!(1)),
            ("Deployment/gateway", "/spec/strategy/rollingUpdate/maxUnavailable", json!(1)),
            ("Deployment/gateway", "/spec/strategy", Value::Null),
            ("Deployment/auth-service", "/spec/selector/matchLabels/x", json!("y")),
            ("PodDisruptionBudget/auth-service", "/spec/selector/matchLabels/x", json!("y")),
            ("PodDisruptionBudget/auth-service", "/spec/maxUnavailable", json!(0)),
            ("PodDisruptionBudget/task-service", "/spec/unhealthyPodEvictionPolicy", Value::Null),
            ("Deployment/task-service", "/spec/template/spec/topologySpreadConstraints/1", Value::Null),
            (
                "Deployment/task-service",
                "/spec/template/spec/topologySpreadConstraints/0/labelSelector/matchLabels/x",
                json!("y"),
            ),
        ],
    );
}

#[test]
fn every_probe_asks_what_it_is_for() {
    rejects(
        probed,
        &[
            (
                "Deployment/auth-service",
                "/spec/template/spec/containers/0/livenessProbe/httpGet/path",
                json!("/readyz"),
            ),
            (
                "Deployment/auth-service",
                "/spec/template/spec/containers/0/readinessProbe/httpGet/path",
                json!("/healthz"),
            ),
            ("Deployment/gateway", "/spec/template/spec/containers/0/startupProbe", Value::Null),
            (
                "Deployment/gateway",
                "/spec/template/spec/containers/0/livenessProbe/httpGet/port",
                json!("web"),
            ),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/startupProbe/failureThreshold",
                json!(3),
            ),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/livenessProbe/failureThreshold",
                Value::Null,
            ),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/readinessProbe/periodSeconds",
                json!(60),
            ),
        ],
    );
}

#[test]
fn a_pod_that_stops_finishes_its_requests() {
    rejects(
        drained,
        &[
            ("Deployment/auth-service", "/spec/template/spec/terminationGracePeriodSeconds", json!(15)),
            ("Deployment/auth-service", "/spec/template/spec/containers/0/env/8/value", json!("2s")),
            ("Deployment/task-service", "/spec/template/spec/containers/0/env/5", Value::Null),
            ("Deployment/gateway", "/spec/template/spec/terminationGracePeriodSeconds", Value::Null),
            ("Deployment/gateway", "/spec/template/spec/containers/0/lifecycle", Value::Null),
        ],
    );
}
