//! The query of links in mail: its schema is checked first, then its redirect targets.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde_json::{Map, Value};

use super::fields::Fields;
use super::origin::TrustedOrigins;
use super::service::service;
use crate::error::ApiError;

/// The query that an endpoint expects.
pub trait QuerySchema: Sized + 'static {
    /// Reads the parameters and reports complaints to `fields`. With a complaint, the return value is ignored.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// A query that passed all checks of the protocol.
pub struct Query<T>(pub T);

impl<T: QuerySchema> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

fn read<T: QuerySchema>(request: &HttpRequest) -> Result<T, ApiError> {
    let origins: &TrustedOrigins = service(request)?;
    let object = object(request.query_string());
    let mut fields = Fields::new("query", &object, origins);
    let parsed = T::read(&mut fields);
    fields.accept(parsed)
}

/// Converts a query to an object. A parameter that occurs twice becomes an array.
fn object(query: &str) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = Value::from(value.into_owned());
        match object.get_mut(name.as_ref()) {
            None => drop(object.insert(name.into_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    object
}
