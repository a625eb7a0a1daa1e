//! Images by version, and Jobs by the version in their name.

use serde_json::{Value, json};

use super::{of_kind, pods, rejects, require};
use crate::deployment::text;

/// Images of this project that pods run.
const IMAGES: [&str; 4] = ["auth-service", "task-service", "gateway", "deployment"];

fn version() -> String {
    let manifest = text("Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = ")).unwrap();
    line.trim_matches('"').to_owned()
}

/// Each image is one of this project, of this version.
pub(super) fn pinned(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for pods in pods(manifests) {
        for container in pods.containers() {
            let image = container["image"].as_str().unwrap_or_default();
            let is_ours =
                IMAGES.iter().any(|name| image.ends_with(&format!("latchkey/{name}:{}", version())));
            require(&mut found, is_ours, || format!("{}: image {image}", pods.name));
        }
    }
    found
}

/// Each Job has the version in its name: a Job cannot be changed.
pub(super) fn versioned(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let suffix = format!("-{}", version().replace('.', "-"));
    let jobs = of_kind(manifests, "Job");
    require(&mut found, jobs.len() >= 2, || "no Jobs".to_owned());
    for job in jobs {
        let name = job["metadata"]["name"].as_str().unwrap_or_default();
        require(&mut found, name.ends_with(&suffix), || format!("{name} does not end in {suffix}"));
        let (spec, pod) = (&job["spec"], &job["spec"]["template"]["spec"]);
        require(&mut found, spec["ttlSecondsAfterFinished"].is_u64(), || format!("{name} stays for ever"));
        require(&mut found, spec["backoffLimit"].is_u64(), || format!("{name}: no backoffLimit"));
        require(&mut found, pod["restartPolicy"] == "Never", || format!("{name}: its logs are lost"));
    }
    found
}

#[test]
fn every_image_is_pinned_to_this_version() {
    let image = "/spec/template/spec/containers/0/image";
    rejects(
        pinned,
        &[
            ("Deployment/auth-service", image, json!("latchkey/auth-service")),
            ("Deployment/auth-service", image, json!("latchkey/auth-service:latest")),
            ("Deployment/gateway", image, json!("caddy:2.11.4-alpine")),
            ("Job/databases", image, json!("latchkey/deployment:0.0.9")),
        ],
    );
}

#[test]
fn each_release_has_jobs_of_its_own() {
    rejects(
        versioned,
        &[
            ("Job/auth-migrate", "/metadata/name", json!("auth-migrate")),
            ("Job/task-migrate", "/spec/ttlSecondsAfterFinished", Value::Null),
            ("Job/task-migrate", "/spec/template/spec/restartPolicy", json!("OnFailure")),
        ],
    );
}
