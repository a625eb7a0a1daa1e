//! The manifests without a cluster: the databases' Job, the migrations and both services as real processes, each with
//! the environment and the secrets that its pod has, on a PostgreSQL of the test's own. Only addresses and paths differ.

use std::collections::BTreeMap;
use std::process::Command;

use local_stack::programs::Programs;
use local_stack::testing::build_binaries;
use local_stack::{Binary, Cluster, Service, run_to_end};
use serde_json::{Value, json};

use super::secrets::{Secrets, secrets, written};
use super::{entries, find, list, manifests};
use crate::scratch::{DISPOSABLE, Scratch, client};

type Environment = BTreeMap<String, String>;

/// The Secrets, also as the files that pods have of them.
struct Cell {
    scratch: Scratch,
    manifests: Vec<Value>,
    secrets: Secrets,
    _cluster: Cluster,
}

impl Cell {
    async fn start() -> Self {
        let scratch = Scratch::new();
        let cluster = Cluster::open(&scratch.path().join("postgres"), DISPOSABLE).await.unwrap();
        let port = cluster.start(&cluster.lock().await.unwrap()).await.unwrap().to_string();
        let secrets = written(&secrets(&[
            ("DATABASE_HOST", "127.0.0.1"),
            ("DATABASE_PORT", &port),
            ("DATABASE_PARAMETERS", "sslmode=disable"),
            ("DATABASE_ADMIN_PASSWORD", cluster.secrets().superuser_password()),
            ("DATABASE_ADMIN_SSLMODE", "disable"),
        ]));
        for (secret, values) in &secrets {
            let directory = scratch.path().join("secrets").join(secret);
            std::fs::create_dir_all(&directory).unwrap();
            for (key, value) in values {
                std::fs::write(directory.join(key), value).unwrap();
            }
        }
        Self { scratch, manifests: manifests(), secrets, _cluster: cluster }
    }

    fn container(&self, kind: &str, name: &str) -> &Value {
        &find(&self.manifests, kind, name).unwrap()["spec"]["template"]["spec"]["containers"][0]
    }

    /// What the container has in its environment.
    fn environment(&self, kind: &str, name: &str) -> Environment {
        let container = self.container(kind, name);
        let mut environment = Environment::new();
        for source in list(&container["envFrom"]) {
            match source["secretRef"]["name"].as_str() {
                Some(secret) => environment.extend(self.secrets[secret].clone()),
                None => environment.extend(self.settings(&source["configMapRef"]["name"])),
            }
        }
        for variable in list(&container["env"]) {
            let reference = &variable["valueFrom"]["configMapKeyRef"];
            let value = match variable["value"].as_str() {
                Some(value) => value.to_owned(),
                None => self.settings(&reference["name"])[reference["key"].as_str().unwrap()].clone(),
            };
            let place = self.scratch.path().join("secrets");
            let value = value.replace("/run/secrets", place.to_str().unwrap());
            environment.insert(variable["name"].as_str().unwrap().to_owned(), value);
        }
        environment
    }

    fn settings(&self, name: &Value) -> Environment {
        let settings = find(&self.manifests, "ConfigMap", name.as_str().unwrap()).unwrap();
        let values = entries(&settings["data"]);
        values.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    }

    /// Runs the Job that creates the databases.
    async fn create_databases(&self) {
        let container = self.container("Job", "databases");
        assert_eq!(container["command"], json!(["psql"]));
        let file = local_stack::workspace::root().unwrap().join("migrations/databases.sql");
        let arguments = container["args"].as_array().unwrap().iter();
        let arguments = arguments
            .map(|it| it.as_str().unwrap().replace("/deployment/databases.sql", file.to_str().unwrap()));
        let psql = Programs::find().await.unwrap().path("psql");
        let mut command = Command::new(psql);
        command.args(arguments).env_clear().envs(self.environment("Job", "databases"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs the Job that migrates.
    async fn migrate(&self, binary: Binary, job: &str) {
        let arguments = crate::deployment::strings(&self.container("Job", job)["args"]);
        let migrated = run_to_end(binary, &arguments, self.environment("Job", job)).await.unwrap();
        assert!(migrated.status.success(), "{job}: {migrated:?}");
    }

    async fn serve(&self, binary: Binary, auth: Option<&str>) -> Service {
        let mut environment = self.environment("Deployment", binary.name());
        for value in environment.values_mut() {
            *value = value.replace("http://auth-service:8081", auth.unwrap_or("none"));
        }
        // The test does not stop them gently.
        assert_eq!(environment.remove("SHUTDOWN_DELAY").as_deref(), Some("12s"));
        let mut service = Service::spawn(binary, environment).await.unwrap();
        service.wait_ready().await.unwrap();
        service
    }
}

#[tokio::test]
async fn the_stack_starts_with_the_secrets_and_environments_of_the_manifests() {
    build_binaries().await.unwrap();
    let cell = Cell::start().await;
    cell.create_databases().await;
    // A pod that comes before the migration exits, and says what it waits for: the kubelet starts it again.
    let environment = cell.environment("Deployment", "auth-service");
    let early = run_to_end(Binary::AuthService, &["serve"], environment).await.unwrap();
    assert!(!early.status.success(), "{early:?}");
    assert!(early.stderr.join("\n").contains("auth-service migrate"), "{early:?}");

    cell.migrate(Binary::AuthService, "auth-migrate").await;
    cell.migrate(Binary::TaskService, "task-migrate").await;
    let auth = cell.serve(Binary::AuthService, None).await;
    let tasks = cell.serve(Binary::TaskService, Some(auth.url())).await;
    let account = json!({"name": "Alice", "email": "alice@example.com", "password": "correct horse battery"});
    let url = format!("{}/api/auth/sign-up/email", auth.url());
    let answer = client().post(url).json(&account).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let token = answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
    let listed =
        client().get(format!("{}/api/me/tasks", tasks.url())).bearer_auth(token).send().await.unwrap();
    assert_eq!(listed.status(), 200, "{:?}", tasks.output());
}
