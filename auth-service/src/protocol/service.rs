//! The services that extractors and middleware need, out of the application's data.

use actix_web::dev::ServiceRequest;
use actix_web::{HttpRequest, web};

use crate::error::ApiError;

/// A request that knows the application's data.
pub trait AppData {
    /// The data of type `T` that the server registered.
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

/// The service `T` for an extractor or a middleware, which have no parameters of their own.
///
/// # Errors
/// [`ApiError::Internal`] if the server did not register it.
pub fn service<T: 'static>(request: &impl AppData) -> Result<&T, ApiError> {
    let missing = || ApiError::Internal(format!("not registered: {}", std::any::type_name::<T>()));
    request.data::<T>().map(web::Data::get_ref).ok_or_else(missing)
}
