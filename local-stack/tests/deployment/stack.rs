//! The compose stack without containers: its scripts and both services as real processes, each with the environment
//! that docker-compose.yml gives it, on a PostgreSQL of the test's own. Only addresses and paths differ.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use local_stack::programs::Programs;
use local_stack::testing::build_binaries;
use local_stack::{Binary, Cluster, Service, run_to_end};

use super::services;
use crate::scratch::{DISPOSABLE, Scratch};

type Environment = BTreeMap<String, String>;

/// The environment of a service of docker-compose.yml, with `given` as what the person who starts it has set.
pub(crate) fn environment(service: &str, given: &[(&str, &str)]) -> Environment {
    let values = services()[service]["environment"].as_object().unwrap().clone();
    let values = values.into_iter().map(|(name, value)| (name, interpolate(value.as_str().unwrap(), given)));
    values.collect()
}

/// `${NAME:-default}`, the one form that the file uses; anything else with a `$` is an error.
fn interpolate(value: &str, given: &[(&str, &str)]) -> String {
    let Some(rest) = value.strip_prefix("${") else {
        assert!(!value.contains('$'), "{value}");
        return value.to_owned();
    };
    let (name, default) = rest.strip_suffix('}').unwrap().split_once(":-").unwrap();
    let found = given.iter().find(|(known, value)| *known == name && !value.is_empty());
    found.map_or(default, |(_, value)| *value).to_owned()
}

/// The script that a one-shot service runs, in this checkout.
pub(crate) fn script(service: &str) -> Command {
    let services = services();
    let entrypoint = super::strings(&services[service]["entrypoint"]);
    let [shell, path] = entrypoint.as_slice() else { panic!("{entrypoint:?}") };
    let path = path.strip_prefix("/deployment/").unwrap();
    let mut command = Command::new(shell);
    command.arg(local_stack::workspace::root().unwrap().join("deployment").join(path)).env_clear();
    command
}

/// A directory with a `chown` that writes down what it was asked and does nothing: only root may give files away.
pub(crate) fn pretended_chown(scratch: &Scratch) -> (PathBuf, PathBuf) {
    let (programs, asked) = (scratch.path().join("programs"), scratch.path().join("chown-asked"));
    std::fs::create_dir_all(&programs).unwrap();
    let chown = programs.join("chown");
    std::fs::write(&chown, format!("#!/bin/sh\necho \"$@\" >>'{}'\n", asked.display())).unwrap();
    std::fs::set_permissions(&chown, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    (programs, asked)
}

/// Runs `secrets` as docker-compose.yml does, with the volume in this scratch directory.
pub(crate) fn make_secrets(scratch: &Scratch, address: &str, given: &[(&str, &str)]) -> Output {
    let volume = scratch.path().join("secrets");
    std::fs::create_dir_all(&volume).unwrap();
    let (programs, _) = pretended_chown(scratch);
    let mut command = script("secrets");
    command.envs(environment("secrets", &[])).env("SECRETS_DIRECTORY", volume);
    let file = scratch.path().join("given");
    std::fs::write(&file, given_file(given)).unwrap();
    command.env("GIVEN_PATH", file);
    command.env("DATABASE_ADDRESS", address).env("PATH", path_with(&[programs]));
    command.output().unwrap()
}

/// The file with given values that docker-compose.yml puts into the container `secrets`.
fn given_file(given: &[(&str, &str)]) -> String {
    let content =
        super::yaml("docker-compose.yml")["configs"]["given"]["content"].as_str().unwrap().to_owned();
    let lines = content.lines().map(|line| line.split_once('=').unwrap());
    lines.map(|(name, value)| format!("{name}={}\n", interpolate(value, given))).collect()
}

pub(crate) fn path_with(first: &[PathBuf]) -> std::ffi::OsString {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(first.iter().cloned().chain(std::env::split_paths(&inherited))).unwrap()
}

/// The services of the stack, ready, as long as this lives.
pub(crate) struct ComposeStack {
    pub(crate) auth: Service,
    pub(crate) tasks: Service,
    _server: Server,
}

/// PostgreSQL and what the one-shot services made there.
pub(crate) struct Server {
    scratch: Scratch,
    cluster: Cluster,
    address: String,
}

impl Server {
    /// A server with nothing of ours in it, as at the first start.
    pub(crate) async fn start() -> Self {
        let scratch = Scratch::new();
        let cluster = Cluster::open(&scratch.path().join("postgres"), DISPOSABLE).await.unwrap();
        let port = cluster.start(&cluster.lock().await.unwrap()).await.unwrap();
        Self { scratch, cluster, address: format!("127.0.0.1:{port}") }
    }

    /// Runs `secrets` and `databases`.
    pub(crate) async fn prepare(&self, given: &[(&str, &str)]) {
        let mut all = vec![("POSTGRES_PASSWORD", self.cluster.secrets().superuser_password())];
        all.extend(given);
        succeeded(&make_secrets(&self.scratch, &self.address, &all));
        let psql = Programs::find().await.unwrap().path("psql");
        let mut command = script("databases");
        command.envs(environment("databases", &[]));
        command.env("SECRETS_DIRECTORY", self.scratch.path().join("secrets"));
        command
            .env("DATABASES_SQL", local_stack::workspace::root().unwrap().join("migrations/databases.sql"));
        let (host, port) = self.address.split_once(':').unwrap();
        command.env("PGHOST", host).env("PGPORT", port);
        command.env("PATH", path_with(&psql.parent().map(PathBuf::from).into_iter().collect::<Vec<_>>()));
        succeeded(&command.output().unwrap());
    }

    /// A service's environment with the volume's path as it is here.
    pub(crate) fn environment(&self, service: &str, given: &[(&str, &str)]) -> Environment {
        let volume = self.scratch.path().join("secrets");
        let mut environment = environment(service, given);
        for value in environment.values_mut() {
            *value = value.replace("/run/secrets", volume.to_str().unwrap());
        }
        environment.insert("LOG_FORMAT".to_owned(), "json".to_owned());
        environment
    }

    /// The URL that a service was given.
    pub(crate) fn url_of(&self, reader: &str) -> String {
        let path = self.scratch.path().join("secrets").join(reader).join("database_url");
        std::fs::read_to_string(path).unwrap().trim_end().to_owned()
    }
}

impl ComposeStack {
    /// Does what `docker compose up` does, in its order.
    pub(crate) async fn start() -> Self {
        build_binaries().await.unwrap();
        let server = Server::start().await;
        server.prepare(&[]).await;
        for (binary, service) in
            [(Binary::AuthService, "auth-migrate"), (Binary::TaskService, "task-migrate")]
        {
            let migrated = run_to_end(binary, &["migrate"], server.environment(service, &[])).await.unwrap();
            assert!(migrated.status.success(), "{service}: {migrated:?}");
        }
        let mut environment = server.environment("auth-service", &[]);
        // Here the gateway is on loopback, and its clients are too: at other addresses than this.
        let proxies = environment.insert("TRUSTED_PROXIES".to_owned(), "127.0.0.1".to_owned());
        assert!(proxies.is_some_and(|ranges| ranges.contains("172.16.0.0/12")), "the gateway is believed");
        let mut auth = Service::spawn(Binary::AuthService, environment).await.unwrap();
        auth.wait_ready().await.unwrap();
        let mut environment = server.environment("task-service", &[]);
        for value in environment.values_mut() {
            *value = value.replace("http://auth-service:8081", auth.url());
        }
        let mut tasks = Service::spawn(Binary::TaskService, environment).await.unwrap();
        tasks.wait_ready().await.unwrap();
        Self { auth, tasks, _server: server }
    }
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
