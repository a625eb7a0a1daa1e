//! Template databases, from which tests' databases are cloned.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use tokio_postgres::Client;

use super::database::Database;
use super::services::auth_env;
use super::shape::Shape;
use super::shared::{drop_database, drop_leftovers, superuser};
use crate::cluster::Cluster;
use crate::connection;
use crate::databases;
use crate::error::{DatabaseContext, Error, IoContext, Result};
use crate::process::Environment;
use crate::service::{Service, run_to_end};
use crate::workspace::{Binary, build_binaries};

/// The SQLSTATEs for a missing database and a missing role: the template has not been prepared yet.
const NOT_PREPARED: [&str; 2] = ["3D000", "42704"];

/// The initial content of a test's database.
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

    /// The prefix of the roles' names, which is also the name of the database that the script creates for them.
    pub(super) fn role(self) -> &'static str {
        match self {
            Self::Auth | Self::EmptyAuth => "auth",
            Self::Tasks | Self::EmptyTasks => "tasks",
        }
    }
}

/// Creates a database from its template, preparing the cluster and the template if needed. Returns the cluster's port.
///
/// Takes no lock if everything is prepared, because each test waits for this.
pub(super) async fn clone_template(cluster: &Cluster, kind: Kind, name: &str) -> Result<u16> {
    let template = template_name(cluster, kind)?;
    for _ in 0..3 {
        let Ok(Some((client, port))) = superuser(cluster).await else {
            prepare(cluster, kind, &template).await?;
            continue;
        };
        drop_leftovers(&client).await?;
        match make_from(&client, &template, kind, name).await {
            Ok(()) => return Ok(port),
            Err(error) if NOT_PREPARED.iter().any(|code| connection::failed_with(&error, code)) => {
                prepare(cluster, kind, &template).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(Error::Refused(format!("the template database {template} was dropped right after it was created")))
}

/// Creates a database and grants access, which PostgreSQL does not copy from a template. A test compares the grants
/// with the original.
async fn make_from(client: &Client, template: &str, kind: Kind, name: &str) -> Result<()> {
    let role = kind.role();
    let create = format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {role}_owner");
    let grant = format!(
        "REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO {role}_owner, {role}_service"
    );
    // Waits until a standby has the database too, because a service may connect to the standby first.
    client.batch_execute("SET synchronous_commit = remote_apply").await.context("wait for a standby")?;
    client.batch_execute(&create).await.context(&format!("create the database {name}"))?;
    client.batch_execute(&grant).await.context(&format!("grant access to the database {name}"))
}

/// Starts the cluster and creates the template, unless another process has done so.
async fn prepare(cluster: &Cluster, kind: Kind, template: &str) -> Result<()> {
    if matches!(kind, Kind::Auth | Kind::Tasks) {
        build_binaries().await?;
    }
    let lock = cluster.lock().await?;
    let port = Shape::selected()?.start(cluster, &lock).await?;
    let client = connection::connect(&cluster.superuser_url(port, "postgres")).await?;
    let old = format!(
        r"SELECT datname FROM pg_database WHERE datname ~ '^(template|making)_{}_[0-9a-f]+$'",
        kind.name()
    );
    let old = client.query(&old, &[]).await.context("list the databases")?;
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
    // Its final name marks it as complete. Connections are disabled, because they would prevent cloning.
    let finish = format!("ALTER DATABASE {making} RENAME TO {template}");
    client.batch_execute(&finish).await.context(&format!("rename a database to {template}"))?;
    let close = format!("ALTER DATABASE {template} ALLOW_CONNECTIONS false");
    client.batch_execute(&close).await.context(&format!("disable connections to the database {template}"))
}

/// Creates the tables and, for auth-service, the first signing key, with the service's own binary.
async fn fill(kind: Kind, database: &Database) -> Result<()> {
    match kind {
        Kind::EmptyAuth | Kind::EmptyTasks => Ok(()),
        Kind::Tasks => {
            migrate(Binary::TaskService, database).await?;
            if Shape::selected()? == Shape::Citus { define_for_citus(database).await } else { Ok(()) }
        }
        Kind::Auth => {
            migrate(Binary::AuthService, database).await?;
            let mut service = Service::spawn(Binary::AuthService, auth_env(database)).await?;
            service.wait_ready().await?;
            service.terminate().await?;
            Ok(())
        }
    }
}

/// Replaces `act_as` as the owner does where the database is Citus.
pub(super) async fn define_for_citus(database: &Database) -> Result<()> {
    let path = crate::workspace::root()?.join("migrations/citus.sql");
    let sql = std::fs::read_to_string(&path).context("read", &path)?;
    let owner = connection::connect(&database.owner_url()).await?;
    owner.batch_execute(&sql).await.context("define act_as")
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

/// Returns the template's name, which changes with its content: the migrations, the script for databases and roles,
/// how auth-service stores its key, and the secrets that encrypt it.
fn template_name(cluster: &Cluster, kind: Kind) -> Result<String> {
    let root = crate::workspace::root()?;
    let mut hasher = DefaultHasher::new();
    for path in ["migrations", "auth-service/src/keys"] {
        hash_files(&root.join(path), &mut hasher)?;
    }
    cluster.secrets().key_encryption_keys().hash(&mut hasher);
    (Shape::selected()? == Shape::Citus).hash(&mut hasher);
    Ok(format!("template_{}_{:016x}", kind.name(), hasher.finish()))
}

/// Hashes the names and contents of all files in a directory tree.
fn hash_files(directory: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).context("read", directory),
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_files(&path, hasher)?;
        } else {
            path.hash(hasher);
            std::fs::read(&path).context("read", &path)?.hash(hasher);
        }
    }
    Ok(())
}
