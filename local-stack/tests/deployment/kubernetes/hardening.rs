//! What pods may do: no more than the containers of docker-compose.yml.

use serde_json::{Value, json};

use super::{Pods, entries, find, list, manifests, mebibytes, pods, rejects, require};
use crate::deployment::services;

/// What docker-compose.yml says of the same container.
fn in_compose(pods: &Pods<'_>, key: &str) -> String {
    services()[pods.name][key].as_str().unwrap_or_else(|| panic!("{}: {key}", pods.name)).to_owned()
}

/// Users, capabilities, files and volumes.
pub(super) fn hardened(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for pods in pods(manifests) {
        let (name, spec) = (pods.name, pods.spec);
        require(&mut found, spec["automountServiceAccountToken"] == false, || format!("{name}: a token"));
        require(&mut found, spec["enableServiceLinks"] == false, || format!("{name}: service links"));
        for key in ["hostNetwork", "hostPID", "hostIPC", "serviceAccountName"] {
            require(&mut found, spec[key].is_null(), || format!("{name}: {key}"));
        }
        let user = in_compose(&pods, "user");
        let user: u32 = user.split_once(':').unwrap().0.parse().unwrap();
        let context = &spec["securityContext"];
        require(&mut found, context["runAsNonRoot"] == true, || format!("{name}: may be root"));
        require(&mut found, user != 0 && context["runAsUser"] == user, || format!("{name}: not user {user}"));
        require(&mut found, context["runAsGroup"] == user, || format!("{name}: not group {user}"));
        let seccomp = json!({"type": "RuntimeDefault"});
        require(&mut found, context["seccompProfile"] == seccomp, || format!("{name}: no seccomp profile"));
        for volume in list(&spec["volumes"]) {
            let bounded = volume["emptyDir"]["sizeLimit"].is_string();
            require(&mut found, bounded || volume["secret"].is_object(), || format!("{name}: {volume}"));
        }
        for container in pods.containers() {
            contained(&mut found, name, &container["securityContext"]);
        }
    }
    found
}

fn contained(found: &mut Vec<String>, name: &str, context: &Value) {
    require(found, context["allowPrivilegeEscalation"] == false, || format!("{name}: may gain privileges"));
    require(found, context["readOnlyRootFilesystem"] == true, || format!("{name}: may change its files"));
    for key in ["privileged", "runAsUser", "runAsNonRoot", "seccompProfile", "procMount"] {
        require(found, context[key].is_null(), || format!("{name}: {key} for a container"));
    }
    let capabilities = match name {
        "gateway" => json!({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        _ => json!({"drop": ["ALL"]}),
    };
    require(found, context["capabilities"] == capabilities, || format!("{name}: capabilities"));
}

/// Memory as in docker-compose.yml, reserved in full; CPUs reserved, and limited where their number counts.
pub(super) fn limited(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for pods in pods(manifests) {
        let name = pods.name;
        let wanted = in_compose(&pods, "mem_limit").replace('g', "Gi").replace('m', "Mi");
        for container in pods.containers() {
            let (requests, limits) = (&container["resources"]["requests"], &container["resources"]["limits"]);
            let memory = mebibytes(&limits["memory"]);
            require(&mut found, memory.is_some() && memory == mebibytes(&json!(wanted)), || {
                format!("{name}: a memory limit of {}, not {wanted}", limits["memory"])
            });
            require(&mut found, requests["memory"] == limits["memory"], || {
                format!("{name}: memory that is not reserved")
            });
            require(&mut found, requests["cpu"].is_string(), || format!("{name}: no CPU reserved"));
            // One worker, and a share of the connections, for each CPU.
            let counts_cpus = name.ends_with("-service");
            require(&mut found, limits["cpu"].is_string() == counts_cpus, || {
                format!("{name}: limit of CPUs")
            });
        }
    }
    found
}

/// Pod Security enforces the level `restricted`.
pub(super) fn enforced(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let labels =
        find(manifests, "Namespace", "latchkey").map_or(&Value::Null, |it| &it["metadata"]["labels"]);
    for mode in ["enforce", "audit", "warn"] {
        let level =
            entries(labels).find(|(label, _)| *label == &format!("pod-security.kubernetes.io/{mode}"));
        require(&mut found, level.is_some_and(|(_, level)| level == "restricted"), || {
            format!("{mode}: {level:?}")
        });
    }
    found
}

#[test]
fn every_pod_is_hardened() {
    rejects(
        hardened,
        &[
            ("Deployment/auth-service", "/spec/template/spec/automountServiceAccountToken", Value::Null),
            ("Deployment/auth-service", "/spec/template/spec/enableServiceLinks", json!(true)),
            ("Deployment/auth-service", "/spec/template/spec/hostNetwork", json!(true)),
            ("Deployment/auth-service", "/spec/template/spec/securityContext/runAsUser", json!(0)),
            ("Deployment/auth-service", "/spec/template/spec/securityContext/runAsUser", json!(10002)),
            ("Job/task-migrate", "/spec/template/spec/securityContext/runAsGroup", json!(0)),
            (
                "CronJob/audit-prune",
                "/spec/jobTemplate/spec/template/spec/securityContext/runAsUser",
                json!(10001),
            ),
            ("Job/databases", "/spec/template/spec/securityContext/runAsNonRoot", Value::Null),
            ("Deployment/gateway", "/spec/template/spec/securityContext/seccompProfile", Value::Null),
            ("Deployment/gateway", "/spec/template/spec/volumes/0/emptyDir/sizeLimit", Value::Null),
            (
                "Deployment/gateway",
                "/spec/template/spec/volumes/-",
                json!({"name": "x", "hostPath": {"path": "/"}}),
            ),
            (
                "Job/auth-migrate",
                "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation",
                json!(true),
            ),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
                Value::Null,
            ),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/securityContext/capabilities/add",
                json!(["NET_BIND_SERVICE"]),
            ),
            (
                "Deployment/gateway",
                "/spec/template/spec/containers/0/securityContext/privileged",
                json!(true),
            ),
            (
                "Deployment/gateway",
                "/spec/template/spec/initContainers",
                json!([{"name": "x", "image": "latchkey/gateway"}]),
            ),
        ],
    );
}

#[test]
fn every_container_has_the_limits_of_docker_compose() {
    rejects(
        limited,
        &[
            (
                "Deployment/auth-service",
                "/spec/template/spec/containers/0/resources/limits/memory",
                json!("2Gi"),
            ),
            ("Deployment/gateway", "/spec/template/spec/containers/0/resources/limits", Value::Null),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/resources/requests/memory",
                json!("64Mi"),
            ),
            ("Job/task-migrate", "/spec/template/spec/containers/0/resources/requests/cpu", Value::Null),
            ("Deployment/task-service", "/spec/template/spec/containers/0/resources/limits/cpu", Value::Null),
        ],
    );
}

#[test]
fn the_namespace_enforces_it() {
    let place = "/metadata/labels/pod-security.kubernetes.io~1enforce";
    rejects(
        enforced,
        &[("Namespace/latchkey", place, Value::Null), ("Namespace/latchkey", place, json!("baseline"))],
    );
    assert_eq!(super::of_kind(&manifests(), "Namespace").len(), 1);
}
