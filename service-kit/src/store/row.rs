//! Rows of a result.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio_postgres::types::{FromSql, Type, WrongType};

use super::query_error::QueryError;

/// A column of a result.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) sql_type: Type,
}

/// A row of a result. Values are read in place: all rows of a response share the memory it was received in.
#[derive(Debug, Clone)]
pub struct Row {
    columns: Arc<[Column]>,
    body: Bytes,
    /// Where each value is in the body; `None` for null.
    values: Box<[Option<Range<usize>>]>,
}

/// Why a value could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ColumnError {
    /// The result has no such column.
    #[error("no column {0}")]
    Missing(String),
    /// The value is of another type, or null.
    #[error("column {0}")]
    Value(String, #[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The name or the number of a column.
pub trait ColumnIndex: std::fmt::Display {
    /// Finds the column among these names.
    fn find<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<usize>;
}

impl ColumnIndex for usize {
    fn find<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<usize> {
        (*self < names.count()).then_some(*self)
    }
}

impl ColumnIndex for &str {
    fn find<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Option<usize> {
        names.position(|name| name == *self)
    }
}

impl Row {
    /// # Errors
    /// If the row does not have as many values as there are columns.
    pub(crate) fn new(
        columns: &Arc<[Column]>,
        body: Bytes,
        values: Vec<Option<Range<usize>>>,
    ) -> Result<Self, QueryError> {
        if values.len() != columns.len() {
            return Err(QueryError::Protocol("a row has more or fewer values than the result has columns"));
        }
        Ok(Self { columns: Arc::clone(columns), body, values: values.into() })
    }

    /// Copies a row of the driver, which reads whole databases.
    ///
    /// # Errors
    /// Never: every column has some bytes or none.
    pub fn copy(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        let (mut columns, mut values, mut body) = (Vec::new(), Vec::new(), Vec::new());
        for (index, column) in row.columns().iter().enumerate() {
            columns.push(Column { name: column.name().to_owned(), sql_type: column.type_().clone() });
            let start = body.len();
            let value: Option<Raw<'_>> = row.try_get(index)?;
            values.push(value.map(|Raw(bytes)| {
                body.extend_from_slice(bytes);
                start..body.len()
            }));
        }
        Ok(Self { columns: columns.into(), body: body.into(), values: values.into() })
    }

    /// Reads a value.
    ///
    /// # Errors
    /// If there is no such column, or its value is of another type.
    pub fn try_get<'r, I: ColumnIndex, T: FromSql<'r>>(&'r self, column: I) -> Result<T, ColumnError> {
        let missing = || ColumnError::Missing(column.to_string());
        let index =
            column.find(self.columns.iter().map(|column| column.name.as_str())).ok_or_else(missing)?;
        let (Some(found), Some(value)) = (self.columns.get(index), self.values.get(index)) else {
            return Err(missing());
        };
        let invalid = |cause| ColumnError::Value(column.to_string(), cause);
        if !T::accepts(&found.sql_type) {
            return Err(invalid(Box::new(WrongType::new::<T>(found.sql_type.clone()))));
        }
        let raw = value.clone().and_then(|range| self.body.get(range));
        T::from_sql_nullable(&found.sql_type, raw).map_err(invalid)
    }
}

/// The bytes of a value of any type.
struct Raw<'r>(&'r [u8]);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let column = |name: &str, sql_type| Column { name: name.to_owned(), sql_type };
        let columns = [column("id", Type::INT4), column("name", Type::TEXT)];
        Row::new(&columns.into(), Bytes::from_static(&[0, 0, 0, 7]), vec![Some(0..4), None]).unwrap()
    }

    #[test]
    fn values_are_read_by_name_and_by_number() {
        let row = row();
        assert_eq!(row.try_get::<_, i32>("id").unwrap(), 7);
        assert_eq!(row.try_get::<_, i32>(0).unwrap(), 7);
        assert_eq!(row.try_get::<_, Option<&str>>(1).unwrap(), None);
    }

    #[test]
    fn what_is_not_there_or_of_another_type_is_an_error_that_names_the_column() {
        let row = row();
        let error = |outcome: Result<&str, ColumnError>| outcome.unwrap_err().to_string();
        assert_eq!(error(row.try_get("colour")), "no column colour");
        assert_eq!(error(row.try_get(2)), "no column 2");
        assert_eq!(error(row.try_get("id")), "column id");
        assert_eq!(error(row.try_get("name")), "column name");
        assert!(Row::new(&row.columns, Bytes::new(), vec![None]).is_err());
    }
}
