//! The migrations of the `auth` database, part of the binary.

mod embedded {
    refinery::embed_migrations!("../migrations/auth");
}

/// Runs the migrations.
pub fn runner() -> refinery::Runner {
    embedded::migrations::runner()
}
