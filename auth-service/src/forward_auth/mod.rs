//! Forward authentication: a reverse proxy asks with each request of an application whose request it is.
//! nginx calls this `auth_request`, Caddy `forward_auth`, Traefik `ForwardAuth`.

mod handlers;
mod original;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `forward-auth`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::forward_auth);
}
