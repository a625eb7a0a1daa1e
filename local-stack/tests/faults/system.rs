//! The system under test: two replicas of each service behind the gateway, on one PostgreSQL, and networks between them that
//! can be broken.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use local_stack::process::Environment;
use local_stack::testing::gateway::Gateway;
use local_stack::testing::{Database, Names, auth_env, build_binaries, free_port, task_env};
use local_stack::{Binary, Service};

use crate::people::Site;
use crate::proxy::Proxy;
use crate::scratch::Scratch;

/// The addresses of the replicas: all of 127.0.0.0/8 is this machine.
const REPLICAS: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];
/// Of both services. Together with the `ttl` of a status list it bounds how long the token of an ended session is accepted.
const STATUS_LIST_INTERVAL: &str = "500ms";
/// Shorter than a run, so that tokens expire in it.
const JWT_TTL: &str = "1m";
/// Of both services.
const CLOCK_SKEW: &str = "5s";

/// When signing keys change.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// How often replicas look for changes.
    refresh_interval: &'static str,
    /// How long a key signs. It has to be published for as long before.
    interval: &'static str,
    /// By when all replicas have noticed a change: thirty looks.
    pub handover: Duration,
}

impl Rotation {
    /// Several in two minutes. Verifiers may be cut off for 26 s until they would miss a key.
    pub const SEVERAL: Self =
        Self { refresh_interval: "500ms", interval: "26s", handover: Duration::from_secs(15) };
    /// One within ten seconds.
    pub const SOON: Self =
        Self { refresh_interval: "100ms", interval: "10s", handover: Duration::from_secs(3) };
    /// None: with a clock that is wrong by an hour, an interval of seconds makes no sense.
    pub const NONE: Self =
        Self { refresh_interval: "500ms", interval: "720h", handover: Duration::from_secs(15) };

    /// The settings of auth-service. The JWKS may be kept for a second, and its verifiers look every second.
    fn settings(&self) -> [(&'static str, &'static str); 6] {
        [
            ("KEY_REFRESH_INTERVAL", self.refresh_interval),
            ("KEY_ROTATION_INTERVAL", self.interval),
            ("JWKS_MAX_AGE", "1s"),
            ("JWKS_STALE_WHILE_REVALIDATE", "0s"),
            ("JWKS_STALE_IF_ERROR", "0s"),
            ("JWKS_VERIFIER_CACHE", "1s"),
        ]
    }
}

/// A replica of a service, which can be killed and started again at its address.
pub struct Replica {
    binary: Binary,
    environment: Environment,
    service: Option<Service>,
}

impl Replica {
    async fn start(binary: Binary, mut environment: Environment, address: SocketAddr) -> Self {
        environment.insert("BIND".to_owned(), address.to_string());
        let mut replica = Self { binary, environment, service: None };
        replica.restart_with(&[]).await;
        replica
    }

    /// Starts it, again or for the first time, with these settings besides its own, and waits until it listens.
    pub async fn restart_with(&mut self, settings: &[(&str, &str)]) {
        self.kill().await;
        let mut environment = self.environment.clone();
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.service = Some(Service::spawn(self.binary, &environment).await.unwrap());
    }

    /// Waits until it is ready.
    pub async fn wait_ready(&mut self) {
        self.service.as_mut().unwrap().wait_ready().await.unwrap();
    }

    /// Kills it with SIGKILL, if it runs.
    pub async fn kill(&mut self) {
        if let Some(mut service) = self.service.take() {
            service.kill().await.unwrap();
        }
    }

    /// The process.
    pub fn id(&self) -> Option<u32> {
        self.service.as_ref().and_then(Service::id)
    }
}

/// All of it but PostgreSQL, which differs from fault to fault.
pub struct System {
    pub auth: Vec<Replica>,
    pub tasks: Vec<Replica>,
    /// Between auth-service and its database.
    pub auth_database: Proxy,
    /// Between task-service and its database.
    pub tasks_database: Proxy,
    /// Between task-service and the keys and status lists of auth-service.
    pub issuer: Proxy,
    /// Between the gateway and each replica, if these networks can break. Otherwise the gateway reaches the replicas
    /// directly: a proxy accepts a connection before it notices that nobody listens behind it.
    replicas: Vec<Proxy>,
    /// Where people are.
    pub site: Site,
    gateway: Gateway,
    _names: Names,
    _mail: Scratch,
}

impl System {
    /// Starts the services on these databases, behind networks that can be broken or, with several servers, directly. `None`
    /// where there is no Caddy to run.
    pub async fn start(
        auth_database: &Database,
        tasks_database: &Database,
        rotation: Rotation,
        replicas_behind_proxies: bool,
    ) -> Option<Self> {
        build_binaries().await.unwrap();
        let mail = Scratch::new();
        let directory = mail.path().join("mail");
        let (auth_port, tasks_port) = (free_port(), free_port());
        let names = Names::start(&REPLICAS);
        let gateway = Gateway::start_with(&[
            ("AUTH_UPSTREAM_HOST", "auth.test"),
            ("AUTH_UPSTREAM_PORT", &auth_port.to_string()),
            ("TASKS_UPSTREAM_HOST", "tasks.test"),
            ("TASKS_UPSTREAM_PORT", &tasks_port.to_string()),
            ("GATEWAY_RESOLVERS", &names.resolvers()),
        ])?;
        let (auth_proxy, auth_url) = proxied(auth_database).await;
        let (tasks_proxy, tasks_url) = proxied(tasks_database).await;
        let issuer = Proxy::to((Ipv4Addr::LOCALHOST, gateway.ports().http).into()).await.unwrap();
        let mail_url = format!("file://{}", directory.display());
        let mut auth_environment = auth_env(auth_database);
        extend(
            &mut auth_environment,
            &[
                ("DATABASE_URL", &auth_url),
                ("MAIL_URL", &mail_url),
                ("MAIL_POLL_INTERVAL", "100ms"),
                ("STATUS_LIST_INTERVAL", STATUS_LIST_INTERVAL),
                ("JWT_TTL", JWT_TTL),
                ("CLOCK_SKEW", CLOCK_SKEW),
            ],
        );
        extend(&mut auth_environment, &rotation.settings());
        let mut tasks_environment = task_env(tasks_database, &format!("http://{}", issuer.address()));
        extend(
            &mut tasks_environment,
            &[
                ("DATABASE_URL", &tasks_url),
                ("JWKS_REFRESH_INTERVAL", "1s"),
                ("JWKS_COOLDOWN", "500ms"),
                ("STATUS_LIST_INTERVAL", STATUS_LIST_INTERVAL),
                ("CLOCK_SKEW", CLOCK_SKEW),
            ],
        );
        let (mut auth, mut tasks, mut replicas) = (Vec::new(), Vec::new(), Vec::new());
        for address in REPLICAS {
            let [mut auth_socket, mut tasks_socket] =
                [auth_port, tasks_port].map(|port| SocketAddr::from((address, port)));
            if replicas_behind_proxies {
                for socket in [&mut auth_socket, &mut tasks_socket] {
                    let behind = SocketAddr::from((address, free_port()));
                    replicas.push(Proxy::at(*socket, behind).await.unwrap());
                    *socket = behind;
                }
            }
            auth.push(Replica::start(Binary::AuthService, auth_environment.clone(), auth_socket).await);
            tasks.push(Replica::start(Binary::TaskService, tasks_environment.clone(), tasks_socket).await);
        }
        let site = Site { url: gateway.url(), mail: directory };
        let mut system = Self {
            auth,
            tasks,
            auth_database: auth_proxy,
            tasks_database: tasks_proxy,
            issuer,
            replicas,
            site,
            gateway,
            _names: names,
            _mail: mail,
        };
        system.wait_ready().await;
        Some(system)
    }

    /// Ends whatever leads task-service to somebody else than auth-service.
    pub fn lead_to_issuer(&self) {
        self.issuer.lead_to((Ipv4Addr::LOCALHOST, self.gateway.ports().http).into());
    }

    /// The networks.
    pub fn networks(&self) -> Vec<&Proxy> {
        let mut networks = vec![&self.auth_database, &self.tasks_database, &self.issuer];
        networks.extend(&self.replicas);
        networks
    }

    /// Whether every replica is ready.
    pub async fn wait_ready(&mut self) {
        for replica in self.auth.iter_mut().chain(&mut self.tasks) {
            replica.wait_ready().await;
        }
    }
}

fn extend(environment: &mut Environment, settings: &[(&str, &str)]) {
    environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
}

/// A proxy to the first server of a database, and the URL that leads through it. With several servers it leads to each of
/// them directly: after a failover the second one is the primary.
async fn proxied(database: &Database) -> (Proxy, String) {
    let url = database.service_url();
    let (_, place) = url.split_once('@').unwrap();
    let (servers, _) = place.split_once('/').unwrap();
    let first: SocketAddr = servers.split(',').next().unwrap().parse().unwrap();
    let proxy = Proxy::to(first).await.unwrap();
    let through =
        if servers.contains(',') { url } else { url.replace(servers, &proxy.address().to_string()) };
    (proxy, through)
}
