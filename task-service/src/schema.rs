//! The schema of this service's database.

/// The migrations, part of the binary.
mod embedded {
    refinery::embed_migrations!("../migrations/tasks");
}

/// Returns the migrations that bring the database to the schema of this binary.
pub fn migrations() -> refinery::Runner {
    embedded::migrations::runner()
}
