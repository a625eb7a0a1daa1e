//! Deployments with real services, each on its own port.

use std::path::{Path, PathBuf};
use std::time::Duration;

use local_stack::process::Environment;
use local_stack::service::Service;
use local_stack::testing::gateway::Gateway;
use local_stack::testing::{self, TestDatabase, free_port};
use local_stack::workspace::Binary;
use reqwest::{Certificate, Client};
use tokio::time::Instant;

use super::report::settings;

/// The gateway starts before it has issued its certificate.
const SOON: Duration = Duration::from_secs(20);

/// Settings as tests write them.
pub type Extra<'a> = &'a [(&'a str, &'a str)];

/// auth-service, at its own URL or behind a gateway, and the settings that the doctor gets.
pub struct Auth {
    pub service: Service,
    pub database: TestDatabase,
    /// The settings of the service.
    pub settings: Environment,
    /// The URL that browsers use.
    pub url: String,
}

impl Auth {
    /// A service that browsers reach directly. `extra` may set another BASE_URL.
    pub async fn direct(extra: Extra<'_>) -> Self {
        let port = free_port();
        Self::on(port, &format!("http://127.0.0.1:{port}"), extra).await
    }

    /// A service on this port that browsers reach at `url`.
    pub async fn on(port: u16, url: &str, extra: Extra<'_>) -> Self {
        let database = TestDatabase::auth().await;
        let bind = format!("127.0.0.1:{port}");
        let all = [&[("BIND", bind.as_str()), ("BASE_URL", url)], extra].concat();
        let service = testing::auth_service(&database, &all).await;
        let settings = settings(&database, &all);
        Self { service, database, settings, url: url.to_owned() }
    }
}

/// A gateway with both services behind it.
pub struct Deployment {
    pub auth: Auth,
    _gateway: Gateway,
    _tasks: Service,
    _tasks_database: TestDatabase,
}

impl Deployment {
    /// Starts everything; `None` where there is no Caddy. `extra` are settings of auth-service.
    pub async fn start(extra: Extra<'_>) -> Option<Self> {
        let [auth_port, tasks_port] = [free_port(), free_port()];
        let [auth, tasks] = [auth_port, tasks_port].map(|port| format!("127.0.0.1:{port}"));
        let gateway = Gateway::start(&auth, &tasks)?;
        let auth = Auth::on(auth_port, &gateway.url(), extra).await;
        let database = TestDatabase::tasks().await;
        let tasks = testing::task_service(&database, auth.service.url(), &[("BIND", &tasks)]).await;
        Some(Self { auth, _gateway: gateway, _tasks: tasks, _tasks_database: database })
    }
}

/// A gateway that serves `https://localhost` in front of auth-service, its URL and the file with its CA; `None` where there
/// is no Caddy.
pub fn https(auth_port: u16) -> Option<(Gateway, String, PathBuf)> {
    let port = auth_port.to_string();
    let gateway = Gateway::start_with(&[
        ("GATEWAY_ADDRESSES", "localhost"),
        ("GATEWAY_TLS", "tls internal"),
        ("AUTH_UPSTREAM_HOST", "127.0.0.1"),
        ("AUTH_UPSTREAM_PORT", &port),
        // There is no task-service, and a gateway that waits for one would be slow.
        ("TASKS_UPSTREAM_HOST", "127.0.0.1"),
        ("TASKS_UPSTREAM_PORT", &port),
    ])?;
    let url = format!("https://localhost:{}", gateway.ports().https);
    let authority = gateway.root_certificate();
    Some((gateway, url, authority))
}

/// Waits until a gateway has its certificate.
pub async fn wait_for_certificate(url: &str, authority: &Path) {
    let authority = Certificate::from_pem(&std::fs::read(authority).unwrap()).unwrap();
    let client = Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap();
    let deadline = Instant::now() + SOON;
    while let Err(error) = client.get(format!("{url}/healthz")).send().await {
        assert!(Instant::now() < deadline, "{url}: {error:?}");
        tokio::task::yield_now().await;
    }
}

/// task-service on its own database, trusting this auth-service. It need not become ready.
pub async fn tasks(auth: &Auth, extra: Extra<'_>) -> (TestDatabase, Service) {
    let database = TestDatabase::tasks().await;
    let mut env = testing::task_env(&database, auth.service.url());
    env.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let service = Service::spawn(Binary::TaskService, env).await.unwrap();
    (database, service)
}

/// Settings under which a process has a clock that is five minutes ahead; `None` without libfaketime.
pub fn five_minutes_ahead() -> Option<[(&'static str, String); 4]> {
    let directories = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let libraries =
        directories.iter().map(|directory| Path::new(directory).join("faketime/libfaketime.so.1"));
    let Some(library) = libraries.into_iter().find(|path| path.exists()) else {
        testing::report_skipped("libfaketime is not installed, so wrong clocks are not tested");
        return None;
    };
    let library = library.to_str().unwrap().to_owned();
    Some([
        ("LD_PRELOAD", library),
        ("FAKETIME", "+5m".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
    ])
}
