//! Template databases: what a test's database is cloned from.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use tokio_postgres::Client;

use super::database::Database;
use super::services::auth_env;
use super::shape::Shape;
use super::shared::{drop_database, superuser, sweep};
use crate::cluster::Cluster;
use crate::databases;
use crate::error::{Asking, Doing, Error, Result};
use crate::process::Environment;
use crate::service::{Service, run_to_end};
use crate::workspace::{Binary, build_binaries};

/// PostgreSQL's codes for "there is no such database" and "no such role": nobody has prepared the template yet.
const NOT_PREPARED: [&str; 2] = ["3D000", "42704"];

/// What a test wants to find in its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Auth,
    Tasks,
    EmptyAuth,
    EmptyTasks,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Tasks => "tasks",
            Self::EmptyAuth => "empty_auth",
            Self::EmptyTasks => "empty_tasks",
        }
    }

    /// The first part of its roles' names, and the name of the database that the script makes for them.
    pub(super) fn role(self) -> &'static str {
        match self {
            Self::Auth | Self::EmptyAuth => "auth",
            Self::Tasks | Self::EmptyTasks => "tasks",
        }
    }
}

/// Makes a database from its template, and what is missing for that first. Answers the cluster's port.
///
/// When all is there no lock is taken: this is what each test waits for.
pub(super) async fn clone_template(cluster: &Cluster, kind: Kind, name: &str) -> Result<u16> {
    let template = template_name(cluster, kind)?;
    for _ in 0..3 {
        let Ok(Some((client, port))) = superuser(cluster).await else {
            prepare(cluster, kind, &template).await?;
            continue;
        };
        sweep(&client).await?;
        match make_from(&client, &template, kind, name).await {
            Ok(()) => return Ok(port),
            Err(error) if NOT_PREPARED.iter().any(|code| databases::refused_with(&error, code)) => {
                prepare(cluster, kind, &template).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(Error::Refused(format!("the template database {template} disappears as soon as it is made")))
}

/// Who may connect is not copied by PostgreSQL, so it is said again here; a test holds it against the original.
async fn make_from(client: &Client, template: &str, kind: Kind, name: &str) -> Result<()> {
    let role = kind.role();
    let create = format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {role}_owner");
    let grant = format!(
        "REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO {role}_owner, {role}_service"
    );
    // A standby has it too, when it is made: a service may ask that first.
    client.batch_execute("SET synchronous_commit = remote_apply").await.asking("wait for a standby")?;
    client.batch_execute(&create).await.asking(&format!("make the database {name}"))?;
    client.batch_execute(&grant).await.asking(&format!("grant access to the database {name}"))
}

/// Starts the cluster and makes the template, unless another process has just done so.
async fn prepare(cluster: &Cluster, kind: Kind, template: &str) -> Result<()> {
    if matches!(kind, Kind::Auth | Kind::Tasks) {
        build_binaries().await?;
    }
    let lock = cluster.lock().await?;
    let port = Shape::chosen()?.start(cluster, &lock).await?;
    let client = databases::connect(&cluster.superuser_url(port, "postgres")).await?;
    let old = format!(
        r"SELECT datname FROM pg_database WHERE datname ~ '^(template|making)_{}_[0-9a-f]+$'",
        kind.name()
    );
    let old = client.query(&old, &[]).await.asking("list the databases")?;
    let old: Vec<String> = old.iter().filter_map(|row| row.try_get(0).ok()).collect();
    if old.iter().any(|name| name == template) {
        return Ok(());
    }
    for name in old {
        drop_database(&client, &name).await?;
    }
    databases::make(cluster, port).await?;
    let making = template.replacen("template", "making", 1);
    make_from(&client, kind.role(), kind, &making).await?;
    fill(kind, &Database::on(cluster, port, kind.role(), &making)).await?;
    // Its name says that it is finished. Nobody connects to it any more: that would be in the way of cloning.
    let finish = format!("ALTER DATABASE {making} RENAME TO {template}");
    client.batch_execute(&finish).await.asking(&format!("name the database {template}"))?;
    let close = format!("ALTER DATABASE {template} ALLOW_CONNECTIONS false");
    client.batch_execute(&close).await.asking(&format!("close the database {template}"))
}

/// Lets the service's own binary fill its database: with tables, and auth-service with its first key.
async fn fill(kind: Kind, database: &Database) -> Result<()> {
    match kind {
        Kind::EmptyAuth | Kind::EmptyTasks => Ok(()),
        Kind::Tasks => migrate(Binary::TaskService, database).await,
        Kind::Auth => {
            migrate(Binary::AuthService, database).await?;
            let mut service = Service::spawn(Binary::AuthService, auth_env(database)).await?;
            service.wait_ready().await?;
            service.terminate().await?;
            Ok(())
        }
    }
}

/// Runs a service's migrations.
pub(super) async fn migrate(binary: Binary, database: &Database) -> Result<()> {
    let env = Environment::from([("MIGRATION_DATABASE_URL".to_owned(), database.owner_url())]);
    let finished = run_to_end(binary, &["migrate"], env).await?;
    if finished.status.success() {
        return Ok(());
    }
    let output = [finished.stdout, finished.stderr].concat().join("\n");
    Err(Error::Command {
        program: format!("{} migrate", binary.name()),
        status: finished.status.to_string(),
        output,
    })
}

/// A name that changes whenever the template would: with the migrations, the script of databases and roles, how
/// auth-service stores its key, and the secrets this is encrypted under.
fn template_name(cluster: &Cluster, kind: Kind) -> Result<String> {
    let root = crate::workspace::root()?;
    let mut hasher = DefaultHasher::new();
    for path in ["migrations", "auth-service/src/keys"] {
        hash_files(&root.join(path), &mut hasher)?;
    }
    cluster.secrets().key_encryption_keys().hash(&mut hasher);
    Ok(format!("template_{}_{:016x}", kind.name(), hasher.finish()))
}

/// Names and contents of all files below a directory.
fn hash_files(directory: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).doing("read", directory),
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_files(&path, hasher)?;
        } else {
            path.hash(hasher);
            std::fs::read(&path).doing("read", &path)?.hash(hasher);
        }
    }
    Ok(())
}
