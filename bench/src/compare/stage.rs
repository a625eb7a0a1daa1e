//! PostgreSQL for the comparison: one cluster with a database for each program.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use local_stack::databases::connect;
use local_stack::testing::{CountedDatabase, PrivateCluster, private_cluster};
use tokio_postgres::Client;

use super::usage::parent;

/// The databases of the peers.
pub const PEER_DATABASES: [&str; 3] = ["better_auth", "fastapi", "fastify"];

/// Settings that differ from PostgreSQL's defaults, and why.
const SETTINGS: [(&str, &str); 6] = [
    // The pools of all programs, and 64 connections of pgbench.
    ("max_connections", "250"),
    // Otherwise creates and updates would measure the disk. What the disk costs is the same for all programs.
    ("fsync", "off"),
    // These happen at times that differ between turns. Tables are vacuumed before each turn that writes.
    ("autovacuum", "off"),
    ("checkpoint_timeout", "1h"),
    ("max_wal_size", "8GB"),
    ("shared_buffers", "256MB"),
];

/// The users of the task API, and the tasks of each.
pub const USERS: usize = 16;
/// The numbers of tasks in their ids.
pub const TASKS: std::ops::Range<i32> = 1000..5000;
/// The beginning of the ids of these tasks.
pub const TASK_ID: &str = "01900000-0000-7000-8000-00000000";

const PEER_TABLE: &str = "
    CREATE TABLE tasks (
        user_id text NOT NULL CHECK (user_id ~ '^[A-Za-z0-9_-]{1,64}$'),
        id uuid NOT NULL,
        title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
        description text CHECK (char_length(description) <= 1000),
        is_completed boolean NOT NULL,
        priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
        due_date timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (user_id, id)
    );
    ALTER TABLE tasks OWNER TO peer";

const FILL: &str = "
    INSERT INTO tasks (user_id, id, title, description, is_completed, priority, due_date, created_at, updated_at)
    SELECT $1::text, ('01900000-0000-7000-8000-00000000' || n)::uuid, 'Task number ' || n,
           'Water the plants on the balcony and in the hall', n % 2 = 0, (ARRAY['low', 'medium', 'high'])[n % 3 + 1],
           CASE WHEN n % 4 = 0 THEN timestamptz '2027-01-01' END, '2026-01-01', '2026-01-01'
    FROM generate_series($2::int, $3::int) n";

/// Removes what a turn has created, and the dead rows of what it has changed.
pub const RESET_TASKS: &[&str] =
    &["DELETE FROM tasks WHERE id::text NOT LIKE '01900000-0000-7000-8000-%'", "VACUUM ANALYZE tasks"];

/// The cluster, and a directory for files. Dropping this removes both.
pub struct Stage {
    cluster: PrivateCluster,
    directory: PathBuf,
    postmaster: u32,
}

impl Stage {
    /// Creates the cluster and the peers' databases.
    pub async fn open() -> Self {
        let cluster = private_cluster().await;
        cluster.restart_with(&SETTINGS).await;
        let admin = connect(&cluster.auth().superuser_url()).await.unwrap();
        admin.batch_execute("CREATE ROLE peer LOGIN PASSWORD 'peer'").await.unwrap();
        for name in PEER_DATABASES {
            admin.batch_execute(&format!("CREATE DATABASE {name} OWNER peer")).await.unwrap();
        }
        let backend: i32 = admin.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
        let postmaster = parent(backend.unsigned_abs()).unwrap();
        let directory = std::env::temp_dir().join(format!("latchkey-bench-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Self { cluster, directory, postmaster }
    }

    /// The cluster with the databases of both services.
    pub fn cluster(&self) -> &PrivateCluster {
        &self.cluster
    }

    /// The first process of PostgreSQL.
    pub fn postmaster(&self) -> u32 {
        self.postmaster
    }

    /// A directory for files.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The URL of a peer's database.
    pub fn peer_url(&self, database: &str) -> String {
        let url = self.cluster.auth().superuser_url();
        let server = url.rsplit_once('@').unwrap().1.split_once('/').unwrap().0;
        format!("postgres://peer:peer@{server}/{database}")
    }

    /// The URL of a peer's database through a proxy that counts.
    pub fn counted_peer_url(&self, database: &str, proxy: &CountedDatabase) -> String {
        let server = proxy.service_url().rsplit_once('@').unwrap().1.split_once('/').unwrap().0;
        format!("postgres://peer:peer@{server}/{database}")
    }

    /// Connects to a database as superuser.
    pub async fn superuser(&self, database: &str) -> Arc<Client> {
        let url = self.cluster.auth().superuser_url();
        let (server, _) = url.rsplit_once('/').unwrap();
        Arc::new(connect(&format!("{server}/{database}")).await.unwrap())
    }

    /// Creates the same tasks of these users in the databases of task-service and its peers.
    pub async fn fill_tasks(&self, users: &[String]) {
        for database in ["tasks", "fastapi", "fastify"] {
            let client = self.superuser(database).await;
            if database != "tasks" {
                client.batch_execute(PEER_TABLE).await.unwrap();
            }
            let (first, last) = (TASKS.start, TASKS.end - 1);
            for user in users {
                client.execute(FILL, &[user, &first, &last]).await.unwrap();
            }
            client.batch_execute("VACUUM ANALYZE tasks").await.unwrap();
        }
    }

    /// The settings of PostgreSQL that are not the default.
    pub fn settings(&self) -> Vec<(String, String)> {
        SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
