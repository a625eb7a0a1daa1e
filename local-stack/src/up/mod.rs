//! The stack that `./dev up` runs.

mod console;
mod directory_lock;
mod mail;
mod ports;
mod settings;
mod summary;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::signal::unix::{self, SignalKind};

use self::console::print_line;
use self::directory_lock::DirectoryLock;
use self::mail::Mailbox;
pub use self::settings::Settings;
use self::settings::{DatabaseUrls, withhold};
use crate::cluster::{Cluster, ClusterOptions};
use crate::command::run;
use crate::databases;
use crate::error::{IoContext, Result};
use crate::page::Page;
use crate::process::Process;
use crate::secrets::Secrets;
use crate::service::wait_ready;
use crate::workspace::{Binary, state_directory};

/// A developer's data survives a crash.
const OPTIONS: ClusterOptions = ClusterOptions { durable: true, max_connections: 100, disposable: false };

/// Maximum time for a service to become ready, including the creation of its first signing key.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum time for the services to stop before they are killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// Starts the stack, prints its URLs, and runs until Ctrl-C, SIGTERM, SIGHUP, or the exit of a service.
///
/// # Errors
/// If something cannot start, or a service exits unexpectedly. The stack is stopped before this returns.
pub async fn up(settings: &Settings) -> Result<()> {
    let mut shutdown = ShutdownSignal::listen()?;
    let lock = DirectoryLock::acquire(&state_directory()?).await?;
    let page = settings.page()?;
    ports::check(settings, page.is_some())?;
    let mut stack = Stack { lock, cluster: None, services: Vec::new(), page: None };
    let outcome = stack.run(settings, page, &mut shutdown).await;
    print_line("Stopping...");
    let stopped = stack.stop(&mut shutdown).await;
    outcome.and(stopped)
}

/// The running parts of the stack, in start order.
struct Stack {
    lock: DirectoryLock,
    cluster: Option<Cluster>,
    services: Vec<Process>,
    page: Option<ServerHandle>,
}

/// The databases and secrets that the services use.
struct Workspace {
    auth: DatabaseUrls,
    tasks: DatabaseUrls,
    secrets: Secrets,
    /// The port of the private PostgreSQL, if it is used.
    port: Option<u16>,
    secrets_file: PathBuf,
}

impl Stack {
    async fn run(
        &mut self,
        settings: &Settings,
        page: Option<Page>,
        shutdown: &mut ShutdownSignal,
    ) -> Result<()> {
        // Not cancelled by a signal: PostgreSQL could continue to start with nothing left to stop it.
        let workspace = self.open_workspace(settings).await?;
        let work = async {
            migrate(Binary::AuthService, workspace.auth.owner.as_deref()).await?;
            migrate(Binary::TaskService, workspace.tasks.owner.as_deref()).await?;
            let mut mailbox = Settings::mail_directory()?.map(Mailbox::open);
            let mail = mailbox.as_ref().map(Mailbox::directory);
            self.start_services(settings, &workspace, mail).await?;
            let with_page = page.is_some();
            self.start_page(settings, page)?;
            print_line(&summary::text(settings, workspace.port, &workspace.secrets_file, mail, with_page)?);
            tokio::select! {
                end = self.first_exit() => end,
                () = mail::show(&mut mailbox) => Ok(()),
            }
        };
        tokio::select! {
            biased;
            () = shutdown.received() => Ok(()),
            outcome = work => outcome,
        }
    }

    /// Uses existing databases or starts the private PostgreSQL.
    async fn open_workspace(&mut self, settings: &Settings) -> Result<Workspace> {
        if std::env::var_os("DATABASE_URL").is_some() {
            print_line(
                "DATABASE_URL is ignored. Set AUTH_DATABASE_URL and TASKS_DATABASE_URL to use existing databases.",
            );
        }
        let (auth, tasks) = (settings.existing_auth()?, settings.existing_tasks()?);
        if let (Some(auth), Some(tasks)) = (&auth, &tasks) {
            let secrets_file = state_directory()?.join("secrets.env");
            let secrets = Secrets::load_or_create(&secrets_file)?;
            return Ok(Workspace {
                auth: auth.clone(),
                tasks: tasks.clone(),
                secrets,
                port: None,
                secrets_file,
            });
        }
        let cluster = Cluster::open(&state_directory()?.join("postgres"), OPTIONS).await?;
        print_line(&format!("Starting PostgreSQL in {}.", cluster.root().display()));
        let cluster = &*self.cluster.insert(cluster);
        let port = cluster.start(&cluster.lock().await?).await?;
        databases::make(cluster, port).await?;
        let private = |role: &str| DatabaseUrls {
            service: cluster.role_url(&format!("{role}_service"), port, role),
            owner: Some(cluster.role_url(&format!("{role}_owner"), port, role)),
        };
        Ok(Workspace {
            auth: auth.unwrap_or_else(|| private("auth")),
            tasks: tasks.unwrap_or_else(|| private("tasks")),
            secrets: cluster.secrets().clone(),
            port: Some(port),
            secrets_file: cluster.root().join("secrets.env"),
        })
    }

    /// Starts auth-service first, because task-service is not ready without its keys.
    async fn start_services(
        &mut self,
        settings: &Settings,
        workspace: &Workspace,
        mail: Option<&Path>,
    ) -> Result<()> {
        let mut auth = service_command(Binary::AuthService)?;
        settings.configure_auth(&mut auth, &workspace.auth, &workspace.secrets, mail);
        self.start(Binary::AuthService, auth, "auth ", &settings.local_url(settings.auth_port)).await?;
        let mut tasks = service_command(Binary::TaskService)?;
        settings.configure_tasks(&mut tasks, &workspace.tasks, &workspace.secrets);
        self.start(Binary::TaskService, tasks, "tasks", &settings.local_url(settings.tasks_port)).await
    }

    /// Starts a service and prints its output with a prefix.
    async fn start(
        &mut self,
        binary: Binary,
        command: Command,
        prefix: &'static str,
        url: &str,
    ) -> Result<()> {
        let show = move |_, line: &str| print_line(&format!("{prefix} | {line}"));
        self.services.push(Process::spawn(binary.name(), command, Some(Arc::new(show)))?);
        let Some(process) = self.services.last_mut() else { return Ok(()) };
        if let Some(id) = process.process_id() {
            self.lock.add(id)?;
        }
        wait_ready(process, url, START_TIMEOUT).await
    }

    /// Serves the page's static files in this process.
    fn start_page(&mut self, settings: &Settings, page: Option<Page>) -> Result<()> {
        let Some(page) = page else { return Ok(()) };
        let server = page.serve(settings.socket(settings.web_port))?;
        self.page = Some(server.handle());
        tokio::spawn(server);
        Ok(())
    }

    /// Waits until a service exits, which is always an error.
    async fn first_exit(&mut self) -> Result<()> {
        let Some((auth, rest)) = self.services.split_first_mut() else { return Ok(()) };
        let Some(tasks) = rest.first_mut() else { return Ok(()) };
        let (which, status) = tokio::select! {
            status = auth.finish() => (&*auth, status?),
            status = tasks.finish() => (&*tasks, status?),
        };
        Err(which.failure(&format!("exited unexpectedly ({status}); last lines of output")))
    }

    /// Stops the page and the services, then PostgreSQL. A second signal kills the services immediately.
    async fn stop(&mut self, shutdown: &mut ShutdownSignal) -> Result<()> {
        if let Some(page) = &self.page {
            page.stop(false).await;
        }
        for service in &self.services {
            service.signal(Signal::SIGTERM);
        }
        let gone = async {
            for service in &mut self.services {
                service.finish().await?;
            }
            Ok(())
        };
        let gone = tokio::select! {
            gone = gone => gone,
            () = shutdown.received() => Ok(()),
            () = tokio::time::sleep(STOP_TIMEOUT) => Ok(()),
        };
        for service in &mut self.services {
            service.kill().await?;
        }
        if let Some(cluster) = &self.cluster {
            cluster.stop(&cluster.lock().await?).await?;
        }
        gone
    }
}

/// Creates the command of a service. It has its own process group, so that Ctrl-C reaches only this process, which
/// then stops the service in order.
fn service_command(binary: Binary) -> Result<Command> {
    let mut command = Command::new(binary.path()?);
    command.arg("serve").process_group(0);
    if !std::io::stdout().is_terminal() {
        command.env("NO_COLOR", "1");
    }
    Ok(command)
}

async fn migrate(binary: Binary, owner_url: Option<&str>) -> Result<()> {
    let Some(owner_url) = owner_url else {
        print_line(&format!(
            "{}: no owner's URL is set, so the existing database is not migrated.",
            binary.name()
        ));
        return Ok(());
    };
    let mut command = Command::new(binary.path()?);
    withhold(&mut command);
    command
        .args(["migrate", "--allow-newer-schema"])
        .env("MIGRATION_DATABASE_URL", owner_url)
        .kill_on_drop(true);
    run(&format!("{} migrate", binary.name()), command).await
}

/// Ctrl-C (SIGINT), SIGTERM, or a closed terminal (SIGHUP).
struct ShutdownSignal {
    signals: [unix::Signal; 3],
}

impl ShutdownSignal {
    fn listen() -> Result<Self> {
        let listen = || -> std::io::Result<_> {
            Ok([
                unix::signal(SignalKind::interrupt())?,
                unix::signal(SignalKind::terminate())?,
                unix::signal(SignalKind::hangup())?,
            ])
        };
        Ok(Self { signals: listen().context("listen for", Path::new("signals"))? })
    }

    /// Waits for the next signal.
    async fn received(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
