//! Forward authentication: a reverse proxy sends each request of an application here to learn which user it is from.
//! nginx calls this `auth_request`, Caddy `forward_auth` and Traefik `ForwardAuth`.

mod handlers;
mod original;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `forward-auth`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::forward_auth);
}
