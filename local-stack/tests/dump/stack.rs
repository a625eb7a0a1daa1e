//! The whole product on a PostgreSQL that logs every statement, with services at every level of logging.

use std::time::Duration;

use local_stack::Service;
use local_stack::databases::connect;
use local_stack::testing::{self, IdentityProvider, PrivateCluster};

use super::mailbox::Mailbox;

/// What PostgreSQL logs of the statements that it runs. Settings of a database can be reset without a restart.
const STATEMENT_LOGS: [&str; 2] = ["log_statement = 'all'", "log_parameter_max_length_on_error = -1"];

/// Signs webhooks to task-service.
pub const WEBHOOK_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// The databases whose statements are logged: those of the services, and the one that an operator connects to.
const LOGGED: [&str; 3] = ["auth", "tasks", "postgres"];

/// Replicas of both services on one pair of databases.
pub struct Stack {
    pub cluster: PrivateCluster,
    pub mailbox: Mailbox,
    pub provider: IdentityProvider,
    /// Logs at `trace`, without limits.
    pub auth: Service,
    /// Logs at `debug`, with limits.
    pub limited: Service,
    /// Logs at `info`, with `REQUIRE_EMAIL_VERIFICATION`.
    pub verifying: Service,
    /// Logs at `trace`.
    pub tasks: Service,
    /// Logs at `info`.
    pub quiet_tasks: Service,
}

impl Stack {
    pub async fn start() -> Self {
        let cluster = testing::private_cluster().await;
        keep_statements(&cluster).await;
        let mailbox = Mailbox::new();
        let provider = IdentityProvider::start().await;
        let providers = provider.setting();
        let auth = [("RUST_LOG", "trace"), ("SOCIAL_PROVIDERS", &providers)];
        let auth = auth_service(&cluster, &mailbox, &auth).await;
        let limited = [("RUST_LOG", "debug"), ("RATE_LIMIT_ENABLED", "true")];
        let limited = auth_service(&cluster, &mailbox, &limited).await;
        let verifying = [("REQUIRE_EMAIL_VERIFICATION", "true"), ("AUTO_SIGN_IN_AFTER_VERIFICATION", "true")];
        let verifying = auth_service(&cluster, &mailbox, &verifying).await;
        let webhooks = ("WEBHOOK_SECRET", WEBHOOK_SECRET);
        let trace = [("RUST_LOG", "trace"), ("METRICS_BIND", "127.0.0.1:0"), webhooks];
        let tasks = testing::task_service(cluster.tasks(), auth.url(), &trace).await;
        let quiet_tasks = testing::task_service(cluster.tasks(), auth.url(), &trace[1..]).await;
        Self { cluster, mailbox, provider, auth, limited, verifying, tasks, quiet_tasks }
    }

    /// Every process, with the name that reports call it by.
    pub fn services(&mut self) -> [(&'static str, &mut Service); 5] {
        [
            ("auth-service at trace", &mut self.auth),
            ("auth-service at debug", &mut self.limited),
            ("auth-service at info", &mut self.verifying),
            ("task-service at trace", &mut self.tasks),
            ("task-service at info", &mut self.quiet_tasks),
        ]
    }

    /// Stops the services, and PostgreSQL's log of statements.
    pub async fn stop(&mut self) {
        for (name, service) in self.services() {
            assert!(service.terminate().await.unwrap().success(), "{name}");
        }
        let client = connect(&self.cluster.auth().superuser_url()).await.unwrap();
        for name in LOGGED {
            client.batch_execute(&format!("ALTER DATABASE {name} RESET ALL")).await.unwrap();
        }
    }
}

/// Has PostgreSQL log every statement with its parameters, and keep statistics of them if its contributed modules are
/// installed.
async fn keep_statements(cluster: &PrivateCluster) {
    let [(_, auth), _] = urls(cluster);
    let there = "SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'";
    let has_statistics = !connect(&auth).await.unwrap().query(there, &[]).await.unwrap().is_empty();
    if has_statistics {
        cluster.restart_with(&[("shared_preload_libraries", "pg_stat_statements")]).await;
    } else {
        testing::report_skipped("pg_stat_statements is not installed, so no dump has its texts.");
    }
    for (_, url) in urls(cluster) {
        let client = connect(&url).await.unwrap();
        if has_statistics {
            client.batch_execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
        }
    }
    let client = connect(&auth).await.unwrap();
    for (database, setting) in LOGGED.iter().flat_map(|name| STATEMENT_LOGS.map(|setting| (name, setting))) {
        client.batch_execute(&format!("ALTER DATABASE {database} SET {setting}")).await.unwrap();
    }
}

/// The name of each database, and its URL for the superuser.
pub fn urls(cluster: &PrivateCluster) -> [(&'static str, String); 2] {
    [("auth", cluster.auth().superuser_url()), ("tasks", cluster.tasks().superuser_url())]
}

/// auth-service with every feature that has a setting.
pub async fn auth_service(cluster: &PrivateCluster, mailbox: &Mailbox, extra: &[(&str, &str)]) -> Service {
    let mail = mailbox.url();
    let settings = [
        ("MAIL_URL", mail.as_str()),
        ("MAIL_FROM", "Latchkey <accounts@example.com>"),
        ("CHANGE_EMAIL_ENABLED", "true"),
        ("CHANGE_EMAIL_CONFIRMATION", "true"),
        ("DELETE_USER_ENABLED", "true"),
        ("DELETE_USER_VERIFICATION", "true"),
        ("USERNAME_ENABLED", "true"),
        ("MAGIC_LINK_ENABLED", "true"),
        ("MAGIC_LINK_TTL", "1h"),
        ("EMAIL_OTP_ENABLED", "true"),
        // Long enough not to be found by chance.
        ("EMAIL_OTP_LENGTH", "10"),
        ("METRICS_BIND", "127.0.0.1:0"),
        // The full form takes longer than access tokens live by default.
        ("JWT_TTL", "1h"),
    ];
    testing::auth_service(cluster.auth(), &[&settings, extra].concat()).await
}

/// The metrics of a service, as Prometheus reads them.
pub async fn metrics(service: &mut Service) -> String {
    let announced = |line: &str| line.contains("\"message\":\"metrics\"");
    let line = service.wait_for_line(announced, Duration::from_secs(10)).await.unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let url = format!("http://{}/metrics", line["fields"]["addr"].as_str().unwrap());
    crate::scratch::client().get(url).send().await.unwrap().text().await.unwrap()
}
