//! The migrations of the `tasks` database, part of the binary.

mod embedded {
    refinery::embed_migrations!("../migrations/tasks");
}

/// Returns what brings a database to the schema of this binary.
pub fn runner() -> refinery::Runner {
    embedded::migrations::runner()
}
