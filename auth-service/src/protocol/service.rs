//! Access to the services for extractors and middleware.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::{FromRequest, HttpRequest, web};

use crate::error::ApiError;

/// A request with application data.
pub trait AppData {
    fn data<T: 'static>(&self) -> Option<&web::Data<T>>;
}

impl AppData for HttpRequest {
    fn data<T: 'static>(&self) -> Option<&web::Data<T>> {
        self.app_data()
    }
}

impl AppData for ServiceRequest {
    fn data<T: 'static>(&self) -> Option<&web::Data<T>> {
        self.app_data()
    }
}

/// Returns the service `T` for an extractor or middleware, which cannot take it as a parameter.
///
/// # Errors
/// [`ApiError::Internal`] if the server did not register it.
pub fn service<T: 'static>(request: &impl AppData) -> Result<&T, ApiError> {
    let missing = || ApiError::Internal(format!("not registered: {}", std::any::type_name::<T>()));
    request.data::<T>().map(web::Data::get_ref).ok_or_else(missing)
}

/// A feature that a deployment can turn off.
pub trait Feature: 'static {
    fn is_on(&self) -> bool;
}

/// The service of a feature that is on. If it is off, the endpoint responds as if it did not exist. A handler takes this
/// first, so that nothing else of the request is checked.
pub struct Enabled<T>(web::Data<T>);

impl<T> Deref for Enabled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Feature> FromRequest for Enabled<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match request.data::<T>() {
            Some(feature) if feature.is_on() => Ok(Self(feature.clone())),
            Some(_) | None => Err(ApiError::NoSuchEndpoint),
        })
    }
}
