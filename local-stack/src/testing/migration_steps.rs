//! Applies migrations one by one to a database with rows in it.

use std::path::Path;

use serde_json::Value;
use tokio_postgres::Client;

use super::database::Database;
use super::outcome::must;
use crate::connection::connect;
use crate::error::{DatabaseContext, IoContext, Result};

const TABLES: &str = "SELECT relname::text FROM pg_class \
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'refinery_schema_history'";

/// A row, with the name of its table.
type Row = (String, Value);

/// Applies each migration up to `newest` with `migrate_to`, to a database with the rows that all earlier fixtures inserted,
/// and checks that these rows keep their values. `V1.sql` in `fixtures` inserts rows after the first migration, and so on.
/// `removes` tells which rows a migration deletes or changes on purpose, by its version, the table and the row.
///
/// # Panics
/// If a migration loses or changes a row, inserts fail, or a migration has no fixture.
pub async fn migrate_with_rows(
    database: &Database,
    fixtures: &Path,
    newest: u32,
    migrate_to: impl AsyncFn(u32),
    removes: impl Fn(u32, &str, &Value) -> bool,
) {
    let client = must(connect(&database.superuser_url()).await);
    for version in 1..=newest {
        let before = must(rows(&client).await);
        migrate_to(version).await;
        let after = must(rows(&client).await);
        let lost: Vec<&Row> = before
            .iter()
            .filter(|(table, row)| !removes(version, table, row))
            .filter(|(table, row)| !after.iter().any(|(other, kept)| table == other && keeps(kept, row)))
            .collect();
        assert!(lost.is_empty(), "V{version} loses or changes {lost:#?}");
        must(insert(&client, &fixtures.join(format!("V{version}.sql"))).await);
        assert!(must(rows(&client).await).len() >= after.len(), "the fixture of V{version} deletes rows");
    }
}

async fn insert(client: &Client, file: &Path) -> Result<()> {
    let sql = std::fs::read_to_string(file).context("read", file)?;
    client.batch_execute(&sql).await.context("insert rows")
}

async fn rows(client: &Client) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for table in client.query(TABLES, &[]).await.context("list the tables")? {
        let table: String = table.get(0);
        let select = format!("SELECT to_jsonb(rows)::text FROM {table} AS rows");
        for row in client.query(&select, &[]).await.context("read the rows")? {
            let row = serde_json::from_str(row.get(0)).unwrap_or_default();
            rows.push((table.clone(), row));
        }
    }
    Ok(rows)
}

/// Whether a row has all values of an earlier one, but for columns that are gone.
fn keeps(row: &Value, earlier: &Value) -> bool {
    let columns = earlier.as_object().into_iter().flatten();
    columns.into_iter().all(|(name, value)| row.get(name).is_none_or(|kept| kept == value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::keeps;

    #[test]
    fn a_row_is_kept_if_no_value_changed() {
        let earlier = json!({"id": 1, "name": "Alice"});
        assert!(keeps(&json!({"id": 1, "name": "Alice", "epoch": 0}), &earlier));
        assert!(keeps(&json!({"id": 1}), &earlier), "the column was dropped");
        assert!(!keeps(&json!({"id": 1, "name": null}), &earlier));
        assert!(!keeps(&json!({"id": 2, "name": "Alice"}), &earlier));
    }
}
