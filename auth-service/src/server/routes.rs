//! The routes of all features.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::diagnosis::{Diagnosis, Seen};
use crate::limits::rate_limit;
use crate::protocol::disabled_paths::refuse_disabled_paths;
use crate::protocol::{PREFIX, error_page};
use crate::{
    account, capabilities, email_otp, forward_auth, keys, magic_link, passwords, sessions, social,
    status_lists, tokens, two_factor,
};

/// Adds the documents that verifiers read, and the endpoints of the protocol.
pub fn features(cfg: &mut ServiceConfig<'_>) {
    cfg.configure(keys::well_known)
        .configure(tokens::well_known)
        .configure(status_lists::well_known)
        .service(
            utoipa_actix_web::scope(PREFIX)
                .configure(protocol)
                .default_service(web::to(not_found))
                .wrap(from_fn(sessions::sync_cookies))
                .wrap(from_fn(status_lists::refresh_after_changes))
                .wrap(from_fn(rate_limit))
                .wrap(from_fn(refuse_disabled_paths)),
        );
}

fn protocol(cfg: &mut ServiceConfig<'_>) {
    cfg.configure(passwords::routes)
        .configure(sessions::routes)
        .configure(account::routes)
        .configure(social::routes)
        .configure(two_factor::routes)
        .configure(magic_link::routes)
        .configure(email_otp::routes)
        .configure(keys::routes)
        .configure(capabilities::routes)
        .configure(forward_auth::routes)
        .service(error_page::error)
        .service(ok);
}

/// The paths of the protocol, without the prefix.
pub fn protocol_paths() -> Vec<String> {
    let scope = utoipa_actix_web::scope("").configure(protocol);
    let (_, document) = App::new().into_utoipa_app().service(scope).split_for_parts();
    document.paths.paths.into_keys().collect()
}

/// The response of a running service.
#[derive(Serialize, ToSchema)]
struct Ok {
    /// Always true.
    ok: bool,
    /// What the service sees of this request, if `auth-service doctor` sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seen: Option<Seen>,
}

/// Check that the service responds.
///
/// The health check of the Better Auth protocol.
#[utoipa::path(tag = "health", responses((status = 200, body = Ok, description = "The service responds")))]
#[get("/ok")]
async fn ok(request: HttpRequest, diagnosis: web::Data<Diagnosis>) -> HttpResponse {
    let seen = diagnosis.seen(&request);
    let mut response = HttpResponse::Ok();
    if seen.is_some() {
        response.insert_header((CACHE_CONTROL, "no-store"));
    }
    response.json(Ok { ok: true, seen })
}

/// Below `/api/auth`, an unknown path, a wrong method and a trailing slash all return an empty 404.
async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().finish()
}
