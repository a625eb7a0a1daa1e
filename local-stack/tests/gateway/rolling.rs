//! Rolling restarts and upgrades of both services behind the gateway, under load: no request fails.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use local_stack::process::Environment;
use local_stack::testing::{
    Names, TestDatabase, auth_env, build_binaries, free_port, report_skipped, task_env,
};
use local_stack::{Binary, Service};

use super::load::{Counts, Requests, client};
use super::process::{Gateway, program};

const NODES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];
const CLIENTS: usize = 6;
/// How long a replica that is told to stop goes on. The gateway looks names up every second.
const DELAY: &str = "2s";

/// How replicas are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As an orchestrator does: the name goes, the replica is told to stop and goes on for a while, and its name comes back
    /// when it is ready.
    Announced,
    /// As `docker restart` does: the name stays, and the replica stops at once.
    Unannounced,
}
/// By when it has ended: the delay, and the time that requests have to finish.
const BOUND: Duration = Duration::from_secs(10);
/// How long the load goes on before, between and after the changes.
const BETWEEN: Duration = Duration::from_secs(1);
/// The directory of a release's programs. `./dev upgrade` builds them.
const RELEASED: &str = "LATCHKEY_RELEASED_BINARIES";

/// Both services on one address.
struct Node {
    address: Ipv4Addr,
    services: Vec<(Binary, Service)>,
}

/// What all nodes have in common.
struct Cluster {
    environments: BTreeMap<&'static str, Environment>,
    names: Names,
    way: Way,
}

impl Cluster {
    /// Starts both services on a node, from this directory or else those of this build.
    async fn start(&self, address: Ipv4Addr, directory: Option<&PathBuf>) -> Node {
        let mut services = Vec::new();
        for binary in [Binary::AuthService, Binary::TaskService] {
            let mut environment = self.environments[binary.name()].clone();
            let port = environment.remove("PORT").unwrap();
            environment.insert("BIND".to_owned(), format!("{address}:{port}"));
            let path = directory.map_or_else(|| binary.path().unwrap(), |there| there.join(binary.name()));
            let mut service = Service::spawn_under(("env", &[]), (binary, &path), environment).await.unwrap();
            if self.way == Way::Announced {
                service.wait_ready().await.unwrap();
            }
            services.push((binary, service));
        }
        Node { address, services }
    }

    /// Ends a node and starts it again.
    async fn replace(&self, node: &mut Node, directory: Option<&PathBuf>) {
        let others: Vec<Ipv4Addr> = NODES.into_iter().filter(|address| *address != node.address).collect();
        if self.way == Way::Announced {
            self.names.set(&others);
        }
        for (binary, service) in &mut node.services {
            let told = Instant::now();
            let status = service.terminate().await.unwrap();
            assert!(status.success(), "{} ended with {status}", binary.name());
            assert!(told.elapsed() < BOUND, "{} took {:?}", binary.name(), told.elapsed());
        }
        *node = self.start(node.address, directory).await;
        self.names.set(&NODES);
        tokio::time::sleep(BETWEEN).await;
    }
}

fn with(environment: Environment, settings: &[(&str, &str)]) -> Environment {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    environment.into_iter().chain(settings).collect()
}

/// Migrates both databases with the programs of this directory, or else those of this build.
async fn migrate(databases: [(Binary, &TestDatabase); 2], directory: Option<&PathBuf>) {
    for (binary, database) in databases {
        let path = directory.map_or_else(|| binary.path().unwrap(), |there| there.join(binary.name()));
        let mut command = tokio::process::Command::new(path);
        command.arg("migrate").env_clear().env("MIGRATION_DATABASE_URL", database.owner_url());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

/// Replaces every replica under load, those of `from` by those of this build, and returns what clients saw.
async fn roll(from: Option<&PathBuf>, way: Way) -> Counts {
    let (auth, tasks) = (TestDatabase::empty_auth().await, TestDatabase::empty_tasks().await);
    let databases = [(Binary::AuthService, &auth), (Binary::TaskService, &tasks)];
    migrate(databases, from).await;
    let (auth_port, tasks_port) = (free_port().to_string(), free_port().to_string());
    let names = Names::start(&NODES);
    let gateway = Gateway::start_with(&[
        ("AUTH_UPSTREAM_HOST", "auth.test"),
        ("AUTH_UPSTREAM_PORT", &auth_port),
        ("TASKS_UPSTREAM_HOST", "tasks.test"),
        ("TASKS_UPSTREAM_PORT", &tasks_port),
        ("GATEWAY_RESOLVERS", &names.resolvers()),
    ]);
    let gateway = gateway.unwrap();
    let (delay, requests) = match way {
        Way::Announced => (DELAY, Requests::All),
        Way::Unannounced => ("0s", Requests::Reads),
    };
    let environments = BTreeMap::from([
        (
            Binary::AuthService.name(),
            with(auth_env(&auth), &[("PORT", &auth_port), ("SHUTDOWN_DELAY", delay)]),
        ),
        (
            Binary::TaskService.name(),
            with(task_env(&tasks, &gateway.url()), &[("PORT", &tasks_port), ("SHUTDOWN_DELAY", delay)]),
        ),
    ]);
    let cluster = Cluster { environments, names, way };
    let mut nodes = Vec::new();
    for address in NODES {
        nodes.push(cluster.start(address, from).await);
    }
    let (done, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Counts::default())));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            tokio::spawn(client(number, (gateway.url(), requests), Arc::clone(&done), Arc::clone(&counts)))
        })
        .collect();
    tokio::time::sleep(BETWEEN).await;
    // The replicas of the release go on with the new schema.
    migrate(databases, None).await;
    tokio::time::sleep(BETWEEN).await;
    for node in &mut nodes {
        cluster.replace(node, None).await;
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    std::mem::take(&mut counts.lock().unwrap())
}

#[tokio::test]
async fn a_rolling_restart_of_both_services_under_load_fails_no_request() {
    if program().is_none() {
        return;
    }
    build_binaries().await.unwrap();
    roll(None, Way::Announced).await.assert_all_succeeded();
}

#[tokio::test]
async fn an_upgrade_from_the_last_release_under_load_fails_no_request() {
    let Some(released) = std::env::var_os(RELEASED).map(PathBuf::from) else {
        return report_skipped(&format!("the upgrade from a release: {RELEASED} is not set (./dev upgrade)"));
    };
    if program().is_none() {
        return;
    }
    build_binaries().await.unwrap();
    roll(Some(&released), Way::Announced).await.assert_all_succeeded();
}

#[tokio::test]
async fn a_restart_that_is_not_announced_fails_no_request_that_can_be_repeated() {
    if program().is_none() {
        return;
    }
    build_binaries().await.unwrap();
    roll(None, Way::Unannounced).await.assert_all_succeeded();
}
