//! Which tables and columns a deployment has.

use super::names::{Names, quoted};
use crate::import_export::error::TransferError;
use crate::import_export::snapshot::Snapshot;

/// A table of the source.
pub struct Table<'a> {
    names: &'a Names,
    model: &'static str,
    /// The quoted name.
    pub name: String,
    columns: Vec<String>,
}

impl<'a> Table<'a> {
    /// Reads the names of the table's columns.
    pub async fn inspect(
        snapshot: &Snapshot<'_>,
        names: &'a Names,
        model: &'static str,
    ) -> Result<Self, TransferError> {
        let name = names.table(model);
        let columns = snapshot.columns(&name).await.map_err(TransferError::Source)?;
        if columns.is_empty() && names.is_set(model, None) {
            return Err(TransferError::Schema(format!("the source has no table {name}")));
        }
        Ok(Self { names, model, name, columns })
    }

    /// Whether the table exists.
    pub fn exists(&self) -> bool {
        !self.columns.is_empty()
    }

    /// The names of the columns, not quoted.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }

    /// The quoted name of a column that must exist.
    pub fn column(&self, column: &str) -> Result<String, TransferError> {
        let (name, model, table) = (self.names.column(self.model, column), self.model, &self.name);
        if !self.exists() {
            return Err(TransferError::Schema(format!(
                "the source has no table {table}. If it has another name, pass --table {model}=NAME"
            )));
        }
        if !self.columns.iter().any(|known| known == name) {
            return Err(TransferError::Schema(format!(
                "table {table} has no column {}. If it has another name, pass --column {model}.{column}=NAME",
                quoted(name)
            )));
        }
        Ok(quoted(name))
    }

    /// The quoted name of a column after `prefix`, or `default` if the deployment lacks the column.
    pub fn optional(&self, prefix: &str, column: &str, default: &str) -> Result<String, TransferError> {
        let name = self.names.column(self.model, column);
        if self.names.is_set(self.model, Some(column)) || self.columns.iter().any(|known| known == name) {
            return Ok(format!("{prefix}{}", self.column(column)?));
        }
        Ok(default.to_owned())
    }
}
