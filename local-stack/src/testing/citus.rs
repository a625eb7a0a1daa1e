//! A database on Citus, for machines that have one.

use tokio_postgres::Client;
use url::Url;

use super::database::Database;
use super::template::{Kind, define_for_citus, migrate};
use crate::cluster::Cluster;
use crate::connection::connect;
use crate::error::{DatabaseContext, Error, Result};
use crate::workspace::{Binary, build_binaries};

/// The environment variable with the URL of a superuser on the coordinator, e.g.
/// `postgres://postgres:secret@127.0.0.1:5432/tasks?sslmode=disable`. The database has the extension and its workers, and the
/// roles of migrations/databases.sql exist. Tests set the passwords of the roles and drop what `tasks_owner` owns.
const VARIABLE: &str = "LATCHKEY_CITUS_URL";

/// Waits while another test uses the database, of which there is one.
const LOCK: &str = "SET lock_timeout = '5min'; SELECT pg_advisory_lock(hashtext('latchkey tests'))";
/// Removes what an earlier test left: connections, tables and functions.
const CLEAR: &str = "
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename IN ('tasks_owner', 'tasks_service');
    DO $$
    DECLARE
        statement text;
    BEGIN
        FOR statement IN
            SELECT format('DROP TABLE IF EXISTS %s CASCADE', oid::regclass) FROM pg_class
            WHERE relowner = 'tasks_owner'::regrole AND relkind IN ('r', 'p') AND NOT relispartition
            UNION ALL
            SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
            WHERE proowner = 'tasks_owner'::regrole
        LOOP
            EXECUTE statement;
        END LOOP;
    END
    $$";
/// The steps of docs/SCALING.md. Citus distributes no table with triggers.
const DISTRIBUTE: [&str; 8] = [
    "DROP TRIGGER tasks_inserted ON tasks",
    "DROP TRIGGER tasks_deleted ON tasks",
    "DROP TRIGGER tasks_moved ON tasks",
    "DROP TRIGGER tasks_truncated ON tasks",
    "BEGIN",
    "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
    "SELECT create_distributed_table('tasks', 'user_id')",
    "ALTER TABLE tasks FORCE ROW LEVEL SECURITY",
];

/// Returns the URL of the coordinator, if the environment names one.
pub(super) fn coordinator() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|url| !url.is_empty())
}

/// Prepares the database for one test: empty or, for [`Kind::Tasks`], migrated and distributed. It belongs to that test until
/// the client is dropped.
pub(super) async fn claim(cluster: &Cluster, kind: Kind, url: &str) -> Result<(Database, Client)> {
    let url = Url::parse(url).map_err(|error| Error::Refused(format!("{VARIABLE}: {error}")))?;
    let superuser = connect(url.as_str()).await?;
    superuser.batch_execute(LOCK).await.context("lock the database on Citus")?;
    superuser.batch_execute(CLEAR).await.context("clear the database on Citus")?;
    for role in ["tasks_owner", "tasks_service"] {
        let password = cluster.secrets().role_password(role);
        let statement = format!("ALTER ROLE {role} PASSWORD '{password}'");
        superuser.batch_execute(&statement).await.context("set a password on Citus")?;
    }
    let database = Database::at(cluster, kind.role(), &url)?;
    if kind == Kind::Tasks {
        build_binaries().await?;
        migrate(Binary::TaskService, &database).await?;
        distribute(&database).await?;
        let name = database.name();
        let propagate =
            format!("ALTER ROLE tasks_service IN DATABASE {name} SET citus.propagate_set_commands = 'local'");
        superuser.batch_execute(&propagate).await.context("pass the owner on to workers")?;
    }
    Ok((database, superuser))
}

async fn distribute(database: &Database) -> Result<()> {
    let owner = connect(&database.owner_url()).await?;
    // One by one: Citus forwards several statements in one string as they are.
    for statement in DISTRIBUTE.into_iter().chain(["COMMIT"]) {
        owner.batch_execute(statement).await.context(statement)?;
    }
    define_for_citus(database).await
}
