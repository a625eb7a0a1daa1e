//! The tasks of users.

mod blank;
pub mod cursor;
pub mod due_date;
pub mod fields;
mod handlers;
pub mod model;
mod refusals;
mod request;
mod service;
mod store;

use utoipa_actix_web::service_config::ServiceConfig;

pub use handlers::JSON_LIMIT;
pub(crate) use service::{Tasks, purge};

/// Adds the routes of tasks.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::list)
        .service(handlers::create)
        .service(handlers::get)
        .service(handlers::replace)
        .service(handlers::change)
        .service(handlers::delete)
        .service(handlers::complete);
}
