//! Access to the services for extractors and middleware.

use actix_web::dev::ServiceRequest;
use actix_web::{HttpRequest, web};

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
