//! Statement parameters and their SQL types. An unprepared statement must declare the types.

use std::fmt::Debug;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::types::{Json, ToSql, Type};
use uuid::Uuid;

/// A value for `$1`, `$2` and so on. Its Rust type determines its SQL type.
pub trait Parameter: ToSql + Sync {
    /// The SQL type of the value.
    fn sql_type(&self) -> Type;
}

impl<T: SqlType> Parameter for T {
    fn sql_type(&self) -> Type {
        T::SQL_TYPE
    }
}

/// A Rust type with a fixed SQL type.
pub trait SqlType: ToSql + Sync {
    /// The type.
    const SQL_TYPE: Type;
}

/// A type that can be an array element.
pub trait Element: SqlType {
    /// The type of an array of it.
    const ARRAY: Type;
}

macro_rules! elements {
    ($($rust:ty => $sql:ident, $array:ident;)*) => {$(
        impl SqlType for $rust {
            const SQL_TYPE: Type = Type::$sql;
        }
        impl Element for $rust {
            const ARRAY: Type = Type::$array;
        }
    )*};
}

elements! {
    bool => BOOL, BOOL_ARRAY;
    i32 => INT4, INT4_ARRAY;
    i64 => INT8, INT8_ARRAY;
    &str => TEXT, TEXT_ARRAY;
    String => TEXT, TEXT_ARRAY;
    &[u8] => BYTEA, BYTEA_ARRAY;
    Vec<u8> => BYTEA, BYTEA_ARRAY;
    Uuid => UUID, UUID_ARRAY;
    &Uuid => UUID, UUID_ARRAY;
    Timestamp => TIMESTAMPTZ, TIMESTAMPTZ_ARRAY;
    Value => JSONB, JSONB_ARRAY;
    &Value => JSONB, JSONB_ARRAY;
}

impl<T: Serialize + Debug + Sync> SqlType for Json<T> {
    const SQL_TYPE: Type = Type::JSONB;
}

impl<T: SqlType> SqlType for Option<T> {
    const SQL_TYPE: Type = T::SQL_TYPE;
}

impl<T: Element> Element for Option<T> {
    const ARRAY: Type = T::ARRAY;
}

impl<T: Element> SqlType for Vec<T> {
    const SQL_TYPE: Type = T::ARRAY;
}

impl<T: Element> SqlType for &[T] {
    const SQL_TYPE: Type = T::ARRAY;
}

/// Returns the parameters in the form that the driver expects.
pub fn borrowed<'a>(
    parameters: &'a [&'a dyn Parameter],
) -> impl ExactSizeIterator<Item = &'a (dyn ToSql + Sync)> + Clone {
    parameters.iter().map(|parameter| *parameter as &(dyn ToSql + Sync))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rust_type_determines_the_sql_type() {
        let (text, bytes) = ("a", vec![1_u8]);
        let parameters: [&dyn Parameter; 6] =
            [&text, &bytes, &None::<&str>, &vec![Some("a")], &[1_i64].as_slice(), &vec![bytes.clone()]];
        let types: Vec<Type> = parameters.iter().map(|parameter| parameter.sql_type()).collect();
        let expected =
            [Type::TEXT, Type::BYTEA, Type::TEXT, Type::TEXT_ARRAY, Type::INT8_ARRAY, Type::BYTEA_ARRAY];
        assert_eq!(types, expected);
    }
}
