//! A separate database for each test.

use std::ops::Deref;

use tokio_postgres::Client;

use super::citus;
use super::database::Database;
use super::names::unique_name;
use super::outcome::{block_in_drop, must};
use super::shape::Shape;
use super::shared::{cluster, drop_database};
use super::template::{Kind, clone_template};
use crate::connection::connect;
use crate::error::Result;

/// A test's own database on the shared cluster. Dropping this drops the database, even with open connections.
pub struct TestDatabase {
    database: Database,
    held: Held,
}

/// What makes the database the test's own.
enum Held {
    /// It was created for the test and can be dropped over a connection to this URL.
    Created { maintenance_url: String },
    /// It is the one on Citus, locked by this connection.
    Locked { _lock: Client },
}

impl TestDatabase {
    /// Creates a database for auth-service: migrated, with a signing key, without users.
    ///
    /// # Panics
    /// If it cannot be created.
    pub async fn auth() -> Self {
        Self::of(Kind::Auth).await
    }

    /// Creates a database for task-service: migrated and empty.
    ///
    /// # Panics
    /// If it cannot be created.
    pub async fn tasks() -> Self {
        Self::of(Kind::Tasks).await
    }

    /// Creates a database for auth-service like an operator does: with roles and grants, without tables.
    ///
    /// # Panics
    /// If it cannot be created.
    pub async fn empty_auth() -> Self {
        Self::of(Kind::EmptyAuth).await
    }

    /// Creates a database for task-service like an operator does: with roles and grants, without tables.
    ///
    /// # Panics
    /// If it cannot be created.
    pub async fn empty_tasks() -> Self {
        Self::of(Kind::EmptyTasks).await
    }

    async fn of(kind: Kind) -> Self {
        must(Self::make(kind).await)
    }

    async fn make(kind: Kind) -> Result<Self> {
        let cluster = cluster().await?;
        let shape = Shape::selected()?;
        if let Some(url) = citus::coordinator()
            && shape == Shape::Citus
            && kind.role() == "tasks"
        {
            let (database, lock) = citus::claim(cluster, kind, &url).await?;
            return Ok(Self { database, held: Held::Locked { _lock: lock } });
        }
        let name = unique_name(kind.name());
        let port = clone_template(cluster, kind, &name).await?;
        let database = Database::on(cluster, port, kind.role(), &name);
        // From here on the database is dropped even on errors.
        let held = Held::Created { maintenance_url: cluster.superuser_url(port, "postgres") };
        let mut made = Self { database, held };
        made.database = shape.route(made.database.clone())?;
        Ok(made)
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Held::Created { maintenance_url: url } = &self.held else { return };
        let (url, name) = (url.clone(), self.database.name().to_owned());
        block_in_drop(async move { drop_database(&connect(&url).await?, &name).await });
    }
}
