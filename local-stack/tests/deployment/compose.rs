//! docker-compose.yml: by the schema of the Compose Specification, and by what this stack promises.

use serde_json::{Value, json};

use super::{services, strings, text, yaml};

const SCHEMA: &str = include_str!("../compose-spec/compose-spec.json");

/// What runs once and ends.
const ONE_SHOTS: [&str; 4] = ["secrets", "databases", "auth-migrate", "task-migrate"];

fn follows_the_specification(file: &Value) -> Result<(), String> {
    let mut compiler = boon::Compiler::new();
    let mut schemas = boon::Schemas::new();
    let address = "https://compose-spec.test/compose_spec.json";
    compiler.add_resource(address, serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let schema = compiler.compile(address, &mut schemas).unwrap();
    schemas.validate(file, schema).map_err(|error| error.to_string())
}

#[test]
fn it_follows_the_compose_specification() {
    follows_the_specification(&yaml("docker-compose.yml")).unwrap();
}

#[test]
fn the_schema_refuses_a_misspelt_key_and_a_wrong_type() {
    let mut file = yaml("docker-compose.yml");
    file["services"]["gateway"]["cap_dorp"] = json!(["ALL"]);
    assert!(follows_the_specification(&file).unwrap_err().contains("cap_dorp"));

    let mut file = yaml("docker-compose.yml");
    file["services"]["postgres"]["depends_on"]["secrets"]["condition"] = json!("service_done");
    assert!(follows_the_specification(&file).unwrap_err().contains("condition"));
}

#[test]
fn every_container_is_read_only_and_can_gain_no_privilege() {
    for (name, service) in services() {
        // Compose copies the given secrets into the files of that one container.
        assert_eq!(service["read_only"], json!(name != "secrets"), "{name}");
        assert_eq!(service["cap_drop"], json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], json!(["no-new-privileges:true"]), "{name}");
        for key in ["privileged", "devices", "pid", "ipc", "userns_mode", "extra_hosts"] {
            assert_eq!(service[key], Value::Null, "{name}: {key}");
        }
        let allowed = match name.as_str() {
            "secrets" => json!(["CHOWN", "DAC_OVERRIDE"]),
            "gateway" => json!(["NET_BIND_SERVICE"]),
            _ => Value::Null,
        };
        assert_eq!(service["cap_add"], allowed, "{name}");
    }
}

/// In MB.
fn memory_limit(service: &Value) -> Option<u64> {
    let text = service["mem_limit"].as_str()?;
    let (number, factor) = match text.strip_suffix('g') {
        Some(number) => (number, 1024),
        None => (text.strip_suffix('m')?, 1),
    };
    Some(number.parse::<u64>().ok()? * factor)
}

#[test]
fn every_container_has_limits() {
    for (name, service) in services() {
        assert_eq!(service["logging"]["driver"], json!("local"), "{name}: a driver that rotates");
        assert!(service["logging"]["options"]["max-size"].is_string(), "{name}");
        assert!((64..=1024).contains(&service["pids_limit"].as_u64().unwrap()), "{name}");
        let limit = memory_limit(&service).unwrap_or_else(|| panic!("{name} has no memory limit"));
        // What MAX_CONNECTIONS connections hold at most, by docs/OPERATIONS.md.
        let least = if name == "auth-service" || name == "task-service" { 700 } else { 256 };
        assert!((least..=1024).contains(&limit), "{name}: {limit} MB");
    }
}

#[test]
fn only_the_one_shot_without_network_runs_as_root() {
    for (name, service) in services() {
        let user = service["user"].as_str().unwrap_or_else(|| panic!("{name} has no user"));
        let (uid, gid) = user.split_once(':').unwrap();
        let (uid, gid): (u32, u32) = (uid.parse().unwrap(), gid.parse().unwrap());
        if name == "secrets" {
            assert_eq!(service["network_mode"], json!("none"));
            assert_eq!(service["restart"], json!("no"));
        } else {
            assert!(uid != 0 && gid != 0, "{name} runs as {user}");
        }
    }
}

#[test]
fn only_the_gateway_is_reachable_and_by_default_from_this_machine_alone() {
    for (name, service) in services() {
        match name.as_str() {
            "gateway" => assert_eq!(service["ports"], json!(["${GATEWAY_PUBLISH:-127.0.0.1:8080}:8080"])),
            _ => assert_eq!(service["ports"], Value::Null, "{name}"),
        }
        assert_eq!(service["expose"], Value::Null, "{name}");
    }
    let file = yaml("docker-compose.yml");
    for (network, is_internal) in [("database", true), ("services", true), ("mail", false), ("public", false)]
    {
        assert_eq!(file["networks"][network]["internal"] == json!(true), is_internal, "{network}");
    }
    let networks = |name: &str| strings(&file["services"][name]["networks"]);
    assert_eq!(networks("postgres"), ["database"]);
    assert_eq!(networks("auth-service"), ["database", "services", "mail"]);
    assert_eq!(networks("task-service"), ["database", "services"], "it has no way out");
    assert_eq!(networks("gateway"), ["public", "services"], "it has no way to PostgreSQL");
}

#[test]
fn no_container_needs_a_file_of_the_checkout() {
    for (name, service) in services() {
        for volume in strings(&service["volumes"]) {
            assert!(volume.starts_with("secrets:") || volume.starts_with("postgres:"), "{name}: {volume}");
        }
        let ours = service["image"]
            .as_str()
            .unwrap_or_else(|| panic!("{name} has no image"))
            .strip_prefix("latchkey/");
        // What a release replaces, line by line.
        let built = ["secrets", "auth-service", "task-service", "gateway"].contains(&name.as_str());
        let target = ours.map(|image| json!({"context": ".", "target": image.strip_suffix(":dev").unwrap()}));
        assert_eq!(service["build"], target.filter(|_| built).unwrap_or_default(), "{name}");
        assert_eq!(service["pull_policy"], if built { json!("build") } else { Value::Null }, "{name}");
    }
}

/// The variables that may have a default: none of them is a secret.
const WITH_DEFAULT: [(&str, &str); 18] = [
    ("PUBLIC_URL", "http://localhost:8080"),
    ("GATEWAY_PUBLISH", "127.0.0.1:8080"),
    ("TRUSTED_PROXIES", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"),
    ("NOTIFICATION_MAILS", "new-device,password-changed,email-changed,sign-in-methods"),
    ("OTEL_TRACES_SAMPLER_ARG", "1"),
    ("RATE_LIMIT_ENABLED", "true"),
    ("SIGN_UP_ENABLED", "true"),
    ("AUTO_SIGN_IN", "true"),
    ("REQUIRE_EMAIL_VERIFICATION", "false"),
    ("CHANGE_EMAIL_ENABLED", "false"),
    ("DELETE_USER_ENABLED", "true"),
    ("USERNAME_ENABLED", "false"),
    ("MAGIC_LINK_ENABLED", "false"),
    ("EMAIL_OTP_ENABLED", "false"),
    ("TWO_FACTOR_REQUIRED_FOR", "nobody"),
    ("TASK_QUOTA", "100000"),
    ("REQUESTS_PER_MINUTE", "1200"),
    ("LIST_TIMEOUT", "3s"),
];

#[test]
fn there_is_no_default_secret() {
    let file = text("docker-compose.yml");
    for (_, rest) in file.match_indices("${").map(|(at, _)| file.split_at(at + 2)) {
        let (variable, _) = rest.split_once('}').unwrap();
        let (name, default) = variable.split_once(":-").unwrap_or((variable, "?"));
        let known = WITH_DEFAULT.iter().find(|(allowed, _)| *allowed == name);
        assert_eq!(default, known.map_or("", |(_, default)| *default), "default of {name}");
    }
    for (name, service) in services() {
        for (variable, value) in service["environment"].as_object().cloned().unwrap_or_default() {
            let value = value.as_str().unwrap();
            assert!(!value.contains("postgres://"), "{name}: {variable} holds a database URL");
            let secret = ["PASSWORD", "SECRETS", "KEYS", "DATABASE_URL", "MAIL_URL", "PROVIDERS"]
                .iter()
                .any(|word| variable.contains(word));
            let only_given = value == format!("${{{variable}:-}}");
            let place = variable.ends_with("_FILE") || variable == "SECRETS_DIRECTORY";
            assert!(!secret || only_given || place, "{name}: {variable}={value}");
            assert!(!place || value.starts_with("/run/secrets"), "{name}: {variable}={value}");
            // `docker inspect` shows the environment of a container.
            assert!(!only_given || !secret, "{name}: {variable}");
        }
    }
}

#[test]
fn each_service_reads_the_secrets_of_its_own_directory() {
    for (name, service) in services() {
        for (variable, value) in service["environment"].as_object().cloned().unwrap_or_default() {
            if variable.ends_with("_FILE") {
                assert!(
                    value.as_str().unwrap().starts_with(&format!("/run/secrets/{name}/")),
                    "{name}: {value}"
                );
            }
        }
        let mounted = strings(&service["volumes"]).into_iter().find(|volume| volume.starts_with("secrets:"));
        match name.as_str() {
            // The latter keeps a new password of the superuser in the directory of its own user.
            "secrets" | "databases" => assert_eq!(mounted, Some("secrets:/run/secrets")),
            "gateway" => assert_eq!(mounted, None),
            _ => assert_eq!(mounted, Some("secrets:/run/secrets:ro"), "{name}"),
        }
    }
}

#[test]
fn owner_roles_migrate_and_service_roles_serve() {
    let services = services();
    for service in ["auth", "task"] {
        let migrate = &services[&format!("{service}-migrate")];
        let serve = &services[&format!("{service}-service")];
        assert_eq!(migrate["command"], json!(["migrate", "--allow-newer-schema"]));
        assert_eq!(serve["command"], Value::Null, "the image's own: serve");
        assert!(migrate["environment"]["MIGRATION_DATABASE_URL_FILE"].is_string());
        assert_eq!(migrate["environment"]["DATABASE_URL_FILE"], Value::Null);
        assert!(serve["environment"]["DATABASE_URL_FILE"].is_string());
        assert_eq!(serve["environment"]["MIGRATION_DATABASE_URL_FILE"], Value::Null);
        assert_eq!(migrate["image"], serve["image"], "the same image");
        assert_ne!(migrate["user"], serve["user"], "else the service could read the owner's password");
    }
}

/// Everything that must have come before `name`, directly or by another.
fn comes_before(services: &serde_json::Map<String, Value>, name: &str, found: &mut Vec<(String, String)>) {
    for (dependency, how) in services[name]["depends_on"].as_object().cloned().unwrap_or_default() {
        let step = (dependency.clone(), how["condition"].as_str().unwrap().to_owned());
        if !found.contains(&step) {
            found.push(step);
            comes_before(services, &dependency, found);
        }
    }
}

#[test]
fn everything_starts_in_order() {
    let services = services();
    let done = "service_completed_successfully";
    let expected = [
        ("postgres", "secrets", done),
        ("databases", "postgres", "service_healthy"),
        ("databases", "secrets", done),
        ("auth-migrate", "databases", done),
        ("task-migrate", "databases", done),
        ("auth-service", "auth-migrate", done),
        ("task-service", "task-migrate", done),
        ("gateway", "auth-service", "service_healthy"),
        ("gateway", "task-service", "service_healthy"),
    ];
    for (name, dependency, condition) in expected {
        let mut before = Vec::new();
        comes_before(&services, name, &mut before);
        assert!(
            before.contains(&(dependency.into(), condition.into())),
            "{name} after {dependency}: {before:?}"
        );
        assert!(before.iter().all(|(before, _)| before != name), "{name} waits for itself");
    }
}

#[test]
fn what_runs_once_is_awaited_and_what_runs_on_is_watched() {
    let services = services();
    for (name, service) in &services {
        let awaited = services
            .values()
            .any(|other| other["depends_on"][name]["condition"] == json!("service_completed_successfully"));
        if ONE_SHOTS.contains(&name.as_str()) {
            assert_eq!(service["restart"], json!("no"), "{name}");
            // `docker compose up --wait` takes the end of any other container for a failure.
            assert!(awaited, "nothing waits for {name} to complete");
        } else {
            assert_eq!(service["restart"], json!("unless-stopped"), "{name}");
            assert_eq!(
                strings(&service["healthcheck"]["test"]).first(),
                Some(&"CMD"),
                "{name} without a shell"
            );
        }
    }
}
