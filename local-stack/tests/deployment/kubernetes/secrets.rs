//! Each secret is where it is read, and nowhere else; and the script that creates them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::schema::follows_the_types;
use super::{DIRECTORY, Pods, documents, entries, list, of_kind, pods, rejects, require};
use crate::deployment::text;
use crate::scratch::Scratch;

/// What a Secret holds.
pub(super) type Secrets = BTreeMap<String, BTreeMap<String, String>>;

/// 0440: the user of the pod reads it by its group.
const MODE: u64 = 0o440;

/// Secrets are mounted as files, for the one workload that has their name.
pub(super) fn kept_apart(manifests: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    require(&mut found, of_kind(manifests, "Secret").is_empty(), || {
        "a Secret among the manifests".to_owned()
    });
    for pods in pods(manifests) {
        let name = pods.name;
        for volume in list(&pods.spec["volumes"]).filter(|it| !it["secret"].is_null()) {
            let wanted = json!({"secretName": name, "defaultMode": MODE});
            require(&mut found, volume["secret"] == wanted, || format!("{name}: {volume}"));
            let context = &pods.spec["securityContext"];
            require(&mut found, context["fsGroup"] == context["runAsUser"], || {
                format!("{name} cannot read it")
            });
        }
        for container in pods.containers() {
            for source in list(&container["envFrom"]) {
                // psql takes what it needs from the environment.
                let allowed = name == "databases" && source["secretRef"]["name"] == "databases";
                require(&mut found, source["secretRef"].is_null() || allowed, || format!("{name}: {source}"));
            }
            let mounts = list(&container["volumeMounts"]);
            for mount in mounts.filter(|mount| mount["name"] == "secrets") {
                let wanted = json!({"name": "secrets", "mountPath": directory(name), "readOnly": true});
                require(&mut found, *mount == wanted, || format!("{name}: {mount}"));
            }
        }
        variables(&pods, &mut found);
    }
    for settings in of_kind(manifests, "ConfigMap") {
        for (variable, value) in entries(&settings["data"]) {
            require(&mut found, !is_secret(variable) && !holds_url(value), || {
                format!("{variable} in a ConfigMap")
            });
        }
    }
    found
}

fn directory(name: &str) -> String {
    format!("/run/secrets/{name}")
}

/// The owner's URL is for Jobs, the service's for Deployments, and all by files.
fn variables(pods: &Pods<'_>, found: &mut Vec<String>) {
    let name = pods.name;
    let mut files = BTreeSet::new();
    for variable in pods.variables() {
        let key = variable["name"].as_str().unwrap();
        require(found, variable["valueFrom"]["secretKeyRef"].is_null(), || format!("{name}: {key} by value"));
        require(found, !is_secret(key) && !holds_url(&variable["value"]), || format!("{name}: {key}"));
        if key.ends_with("_FILE") {
            let inside = format!("{}/", directory(name));
            let own = variable["value"].as_str().is_some_and(|path| path.starts_with(&inside));
            require(found, own, || format!("{name}: {variable}"));
            files.insert(key);
        }
    }
    let wanted: &[&str] = match name {
        "auth-migrate" | "task-migrate" => &["MIGRATION_DATABASE_URL_FILE"],
        "auth-service" => &[
            "AUTH_SECRETS_FILE",
            "DATABASE_URL_FILE",
            "KEY_ENCRYPTION_KEYS_FILE",
            "MAIL_URL_FILE",
            "SOCIAL_PROVIDERS_FILE",
            "WEBHOOK_SECRET_FILE",
        ],
        "task-service" => &["DATABASE_URL_FILE", "WEBHOOK_SECRET_FILE"],
        _ => &[],
    };
    require(found, files.iter().eq(wanted), || format!("{name} reads {files:?}"));
}

fn is_secret(variable: &str) -> bool {
    [
        "PASSWORD",
        "AUTH_SECRETS",
        "KEY_ENCRYPTION_KEYS",
        "DATABASE_URL",
        "MAIL_URL",
        "SOCIAL_PROVIDERS",
        "WEBHOOK_SECRET",
    ]
    .iter()
    .any(|word| variable.contains(word))
        && !variable.ends_with("_FILE")
}

fn holds_url(value: &Value) -> bool {
    value.as_str().is_some_and(|value| value.contains("postgres://") || value.contains("smtp"))
}

/// Runs the script that creates the Secrets.
pub(super) fn secrets(given: &[(&str, &str)]) -> Output {
    let script = local_stack::workspace::root().unwrap().join(DIRECTORY).join("secrets.sh");
    let mut command = Command::new("sh");
    command.arg(script).env_clear().envs(given.iter().copied());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.output().unwrap()
}

/// What it wrote.
pub(super) fn written(output: &Output) -> Secrets {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let documents = documents(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(follows_the_types(&documents), Vec::<String>::new());
    let of_secret = |secret: &Value| {
        let values = entries(&secret["stringData"]);
        let values = values.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect();
        (secret["metadata"]["name"].as_str().unwrap().to_owned(), values)
    };
    documents.iter().map(of_secret).collect()
}

const GIVEN: [(&str, &str); 2] =
    [("DATABASE_HOST", "db.example.com"), ("DATABASE_ADMIN_PASSWORD", "o'clock: \"#\" $HOME \\")];

#[test]
fn each_secret_is_read_by_one_workload() {
    let place = "/spec/template/spec/volumes/0/secret";
    rejects(
        kept_apart,
        &[
            (
                "Deployment/task-service",
                "/spec/template/spec/volumes/0/secret/secretName",
                json!("auth-service"),
            ),
            ("Deployment/auth-service", place, json!({"secretName": "auth-migrate", "defaultMode": 288})),
            ("Deployment/auth-service", place, json!({"secretName": "auth-service"})),
            ("Job/auth-migrate", "/spec/template/spec/securityContext/fsGroup", Value::Null),
            (
                "Deployment/auth-service",
                "/spec/template/spec/containers/0/envFrom/-",
                json!({"secretRef": {"name": "databases"}}),
            ),
            (
                "Deployment/auth-service",
                "/spec/template/spec/containers/0/env/-",
                json!({"name": "MIGRATION_DATABASE_URL_FILE", "value": "/run/secrets/auth-service/owner"}),
            ),
            (
                "Deployment/auth-service",
                "/spec/template/spec/containers/0/env/-",
                json!({"name": "AUTH_SECRETS", "value": "of the example, which somebody would keep"}),
            ),
            (
                "Deployment/task-service",
                "/spec/template/spec/containers/0/env/3/value",
                json!("/run/secrets/auth-service/database_url"),
            ),
            ("ConfigMap/auth-service", "/data/MAIL_URL", json!("smtps://user:password@mail.example.com")),
            ("ConfigMap/task-service", "/kind", json!("Secret")),
        ],
    );
}

#[test]
fn the_script_writes_each_secret_that_a_pod_reads() {
    let secrets = written(&secrets(&GIVEN));
    let mut read = BTreeMap::new();
    for pods in pods(&super::manifests()) {
        for variable in pods.variables() {
            let path = variable["value"].as_str().and_then(|path| path.strip_prefix("/run/secrets/"));
            if let Some((secret, key)) = path.and_then(|path| path.split_once('/')) {
                read.entry(secret.to_owned()).or_insert_with(BTreeSet::new).insert(key.to_owned());
            }
        }
    }
    let keys = |values: &BTreeMap<String, String>| values.keys().cloned().collect::<BTreeSet<_>>();
    let mut made: BTreeMap<_, _> =
        secrets.iter().map(|(name, values)| (name.clone(), keys(values))).collect();
    let admin = made.remove("databases").unwrap();
    assert_eq!(made, read);
    let sql = text("migrations/databases.sql");
    for name in admin.iter().filter(|name| !name.starts_with("PG")) {
        assert!(sql.contains(&format!("\\getenv {} {name}\n", name.to_lowercase())), "{name}");
    }
    assert_eq!(secrets["databases"]["PGPASSWORD"], GIVEN[1].1, "quoted as it is");
    assert!(secrets["task-service"]["database_url"].ends_with("@db.example.com:5432/tasks?sslmode=require"));
}

#[test]
fn certificates_of_the_database_go_where_the_url_says() {
    let scratch = Scratch::new();
    let file = scratch.path().join("ca.pem");
    let certificates = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    std::fs::write(&file, certificates).unwrap();
    let given = [GIVEN[0], GIVEN[1], ("DATABASE_CA_FILE", file.to_str().unwrap())];
    for (name, values) in written(&secrets(&given)).iter().filter(|(name, _)| *name != "databases") {
        assert_eq!(values["database_ca"], certificates, "{name}");
        let parameters = format!("?sslmode=require&sslrootcert=/run/secrets/{name}/database_ca");
        assert!(values["database_url"].ends_with(&parameters), "{name}");
    }
}

#[test]
fn every_secret_is_random() {
    let (one, other) = (written(&secrets(&GIVEN)), written(&secrets(&GIVEN)));
    let random = [
        "auth-service/auth_secrets",
        "auth-service/key_encryption_keys",
        "auth-service/webhook_secret",
        "databases/AUTH_OWNER_PASSWORD",
    ];
    for place in random {
        let (name, key) = place.split_once('/').unwrap();
        assert!(one[name][key].len() >= 44, "{place}");
        assert_ne!(one[name][key], other[name][key], "{place}");
    }
    assert_eq!(one["auth-service"]["webhook_secret"], one["task-service"]["webhook_secret"]);
    let passwords = ["AUTH_OWNER", "AUTH_SERVICE", "TASKS_OWNER", "TASKS_SERVICE"];
    let passwords = passwords.map(|role| &one["databases"][&format!("{role}_PASSWORD")]);
    assert_eq!(passwords.iter().collect::<BTreeSet<_>>().len(), 4);
}

#[test]
fn a_missing_or_invalid_value_is_named_and_nothing_is_written() {
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[GIVEN[0], GIVEN[1], ("DATABASE_CA_FILE", "/dev/null")], "DATABASE_CA_FILE"),
        (&[], "DATABASE_HOST"),
        (&[("DATABASE_HOST", "db.example.com")], "DATABASE_ADMIN_PASSWORD"),
        (&[("DATABASE_HOST", "db/auth?x"), ("DATABASE_ADMIN_PASSWORD", "x")], "DATABASE_HOST"),
        (&[GIVEN[0], GIVEN[1], ("DATABASE_PORT", "5432/x")], "DATABASE_PORT"),
    ];
    for (given, named) in cases {
        let output = secrets(given);
        assert!(!output.status.success() && output.stdout.is_empty(), "{given:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(named), "{given:?}: {output:?}");
    }
}
