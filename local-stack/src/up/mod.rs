//! The stack that `./dev up` runs.

mod claim;
mod mail;
mod ports;
mod settings;
mod summary;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::signal::unix::{self, SignalKind};

use self::claim::Claim;
use self::mail::Mailbox;
pub use self::settings::Settings;
use self::settings::{DatabaseUrls, withhold};
use crate::cluster::{Cluster, ClusterOptions};
use crate::command::run;
use crate::databases;
use crate::error::{Doing, Result};
use crate::page::Page;
use crate::process::Process;
use crate::secrets::Secrets;
use crate::service::wait_ready;
use crate::workspace::{Binary, state_directory};

/// What the developer made stays, whatever happens to the machine.
const OPTIONS: ClusterOptions = ClusterOptions { durable: true, max_connections: 100, disposable: false };

/// How long a service may take to become ready, its first signing key included.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// How long the services may take to stop before they are killed.
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// Starts everything, says where it is, and runs until Ctrl-C, SIGTERM, a closed terminal, or the end of a service.
///
/// # Errors
/// If something cannot start, or a service ends by itself. Whatever was started is stopped first.
pub async fn up(settings: &Settings) -> Result<()> {
    let mut interruption = Interruption::listen()?;
    let claim = Claim::take(&state_directory()?).await?;
    let page = settings.page()?;
    ports::check(settings, page.is_some())?;
    let mut stack = Stack { claim, cluster: None, services: Vec::new(), page: None };
    let outcome = stack.run(settings, page, &mut interruption).await;
    say("Stopping.");
    let stopped = stack.stop(&mut interruption).await;
    outcome.and(stopped)
}

/// What runs, in the order in which it was started.
struct Stack {
    claim: Claim,
    cluster: Option<Cluster>,
    services: Vec<Process>,
    page: Option<ServerHandle>,
}

/// Where the services find their databases.
struct Ground {
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
        interruption: &mut Interruption,
    ) -> Result<()> {
        // Not interrupted half-way: it could go on starting with nobody to stop it.
        let ground = self.lay_ground(settings).await?;
        let work = async {
            migrate(Binary::AuthService, ground.auth.owner.as_deref()).await?;
            migrate(Binary::TaskService, ground.tasks.owner.as_deref()).await?;
            let mut mailbox = Settings::mail_directory()?.map(Mailbox::open);
            let mail = mailbox.as_ref().map(Mailbox::directory);
            self.start_services(settings, &ground, mail).await?;
            let with_page = page.is_some();
            self.start_page(settings, page)?;
            say(&summary::text(settings, ground.port, &ground.secrets_file, mail, with_page)?);
            tokio::select! {
                end = self.first_end() => end,
                () = mail::show(&mut mailbox) => Ok(()),
            }
        };
        tokio::select! {
            biased;
            () = interruption.comes() => Ok(()),
            outcome = work => outcome,
        }
    }

    /// Finds or starts the databases.
    async fn lay_ground(&mut self, settings: &Settings) -> Result<Ground> {
        if std::env::var_os("DATABASE_URL").is_some() {
            say(
                "DATABASE_URL is not used here: AUTH_DATABASE_URL and TASKS_DATABASE_URL name existing databases.",
            );
        }
        let (auth, tasks) = (settings.existing_auth()?, settings.existing_tasks()?);
        if let (Some(auth), Some(tasks)) = (&auth, &tasks) {
            let secrets_file = state_directory()?.join("secrets.env");
            let secrets = Secrets::load_or_create(&secrets_file)?;
            return Ok(Ground {
                auth: auth.clone(),
                tasks: tasks.clone(),
                secrets,
                port: None,
                secrets_file,
            });
        }
        let cluster = Cluster::open(&state_directory()?.join("postgres"), OPTIONS).await?;
        say(&format!("Starting PostgreSQL in {}.", cluster.root().display()));
        let cluster = &*self.cluster.insert(cluster);
        let port = cluster.start(&cluster.lock().await?).await?;
        databases::make(cluster, port).await?;
        let private = |role: &str| DatabaseUrls {
            service: cluster.role_url(&format!("{role}_service"), port, role),
            owner: Some(cluster.role_url(&format!("{role}_owner"), port, role)),
        };
        Ok(Ground {
            auth: auth.unwrap_or_else(|| private("auth")),
            tasks: tasks.unwrap_or_else(|| private("tasks")),
            secrets: cluster.secrets().clone(),
            port: Some(port),
            secrets_file: cluster.root().join("secrets.env"),
        })
    }

    /// auth-service first: without its keys task-service is not ready.
    async fn start_services(
        &mut self,
        settings: &Settings,
        ground: &Ground,
        mail: Option<&Path>,
    ) -> Result<()> {
        let mut auth = service_command(Binary::AuthService)?;
        settings.configure_auth(&mut auth, &ground.auth, &ground.secrets, mail);
        self.start(Binary::AuthService, auth, "auth ", &settings.local_url(settings.auth_port)).await?;
        let mut tasks = service_command(Binary::TaskService)?;
        settings.configure_tasks(&mut tasks, &ground.tasks);
        self.start(Binary::TaskService, tasks, "tasks", &settings.local_url(settings.tasks_port)).await
    }

    /// Each line of a service is shown under its name.
    async fn start(
        &mut self,
        binary: Binary,
        command: Command,
        prefix: &'static str,
        url: &str,
    ) -> Result<()> {
        let show = move |line: &str| say(&format!("{prefix} | {line}"));
        self.services.push(Process::spawn(binary.name(), command, Some(Arc::new(show)))?);
        let Some(process) = self.services.last_mut() else { return Ok(()) };
        if let Some(id) = process.process_id() {
            self.claim.add(id)?;
        }
        wait_ready(process, url, START_PATIENCE).await
    }

    /// In this process: it is files alone, and nothing that could fail by itself.
    fn start_page(&mut self, settings: &Settings, page: Option<Page>) -> Result<()> {
        let Some(page) = page else { return Ok(()) };
        let server = page.serve(settings.socket(settings.web_port))?;
        self.page = Some(server.handle());
        tokio::spawn(server);
        Ok(())
    }

    /// Waits until a service ends by itself, which is an error however it ends.
    async fn first_end(&mut self) -> Result<()> {
        let Some((auth, rest)) = self.services.split_first_mut() else { return Ok(()) };
        let Some(tasks) = rest.first_mut() else { return Ok(()) };
        let (which, status) = tokio::select! {
            status = auth.finish() => (&*auth, status?),
            status = tasks.finish() => (&*tasks, status?),
        };
        Err(which.failure(&format!("it ended by itself ({status}); its last lines")))
    }

    /// First the page and the services, then what they stand on. Another signal makes it quick.
    async fn stop(&mut self, interruption: &mut Interruption) -> Result<()> {
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
            () = interruption.comes() => Ok(()),
            () = tokio::time::sleep(STOP_PATIENCE) => Ok(()),
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

/// A service's program, in a process group of its own: Ctrl-C reaches us alone, and we stop it in order.
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
        say(&format!("{}: its existing database is used as it is; no owner's URL was given.", binary.name()));
        return Ok(());
    };
    let mut command = Command::new(binary.path()?);
    withhold(&mut command);
    command.arg("migrate").env("MIGRATION_DATABASE_URL", owner_url).kill_on_drop(true);
    run(&format!("{} migrate", binary.name()), command).await
}

/// Ctrl-C, SIGTERM, or the end of the terminal.
struct Interruption {
    signals: [unix::Signal; 3],
}

impl Interruption {
    fn listen() -> Result<Self> {
        let listen = || -> std::io::Result<_> {
            Ok([
                unix::signal(SignalKind::interrupt())?,
                unix::signal(SignalKind::terminate())?,
                unix::signal(SignalKind::hangup())?,
            ])
        };
        Ok(Self { signals: listen().doing("listen for", Path::new("signals"))? })
    }

    /// Waits for the next of them.
    async fn comes(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Prints to standard output, which may be gone.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
