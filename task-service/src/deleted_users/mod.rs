//! Deleting the tasks of users whom auth-service has deleted.
//!
//! auth-service announces a deleted user by a webhook. The tasks are deleted at once, and once more when the user's last
//! token has expired, because a request that was in flight may have added one. Meanwhile the user's requests are refused.
//! Only tasks from before that moment are deleted, so that an announcement that arrives again touches nothing that was
//! created later, should the id come back.

mod handlers;
mod model;
mod service;
mod store;

use actix_web::web::{Data, PayloadConfig, ServiceConfig, scope};

pub use self::service::DeletedUsers;

/// Adds the route of the webhook, if the service has a secret to verify it with.
pub fn routes(users: Option<Data<DeletedUsers>>) -> impl FnOnce(&mut ServiceConfig) {
    move |cfg| {
        if let Some(users) = users {
            let limit = PayloadConfig::new(handlers::BODY_LIMIT);
            cfg.service(scope("/webhooks").app_data(limit).app_data(users).service(handlers::receive));
        }
    }
}
