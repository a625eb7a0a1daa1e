//! Values in PostgreSQL's configuration files.

/// Quotes a value for PostgreSQL's configuration files.
pub(super) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}
