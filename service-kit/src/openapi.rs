//! The OpenAPI document and its viewer, both from memory.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, guard, web};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{HttpMethod, PathItem};

use crate::envelope::Rejection;
use crate::viewer::Viewer;

/// Serves `document` at `/openapi.json` and a viewer at `/docs/`. The viewer's files are part of the binary. It requests
/// `openapi.json` by a relative path, so that it works under any prefix of a gateway.
pub fn routes(document: &OpenApi) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    let json = web::Bytes::from(serde_json::to_vec(document).unwrap_or_default());
    let viewer = Viewer::new(&document.info.title);
    move |cfg| {
        for path in ["/openapi.json", "/docs/openapi.json"] {
            let json = json.clone();
            cfg.route(path, readable().to(move || document_answer(json.clone())));
        }
        cfg.route("/docs", readable().to(to_viewer));
        let files = web::resource("/docs/{file:.*}").guard(reads()).app_data(web::Data::new(viewer));
        cfg.service(files.to(viewer_file));
    }
}

/// A route for GET, and for HEAD, whose responses are sent without their bodies.
fn readable() -> actix_web::Route {
    web::route().guard(reads())
}

fn reads() -> impl guard::Guard {
    guard::Any(guard::Get()).or(guard::Head())
}

/// Answers OPTIONS on a documented path with the `Allow` header, and an unsupported method with 405 and the same header.
/// With `#[get]`-style handlers alone, the latter would get the 404 of the application.
pub fn method_not_allowed(document: &OpenApi) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    let resources: Vec<(String, String)> =
        document.paths.paths.iter().map(|(path, item)| (path.clone(), allowed(item))).collect();
    move |cfg| {
        for (path, allow) in resources {
            let options = allow.clone();
            let options = web::route().guard(guard::Options()).to(move || {
                let response =
                    HttpResponse::NoContent().insert_header((header::ALLOW, options.as_str())).finish();
                std::future::ready(response)
            });
            cfg.service(web::resource(path).route(options).default_service(web::to(move || {
                let mut response = HttpResponse::from_error(Rejection::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "METHOD_NOT_ALLOWED",
                    "This path has no such method",
                ));
                if let Ok(allow) = header::HeaderValue::from_str(&allow) {
                    response.headers_mut().insert(header::ALLOW, allow);
                }
                std::future::ready(response)
            })));
        }
    }
}

/// Returns the methods of a path, in the order of RFC 9110.
pub fn methods(item: &PathItem) -> Vec<HttpMethod> {
    [
        (HttpMethod::Get, &item.get),
        (HttpMethod::Head, &item.head),
        (HttpMethod::Post, &item.post),
        (HttpMethod::Put, &item.put),
        (HttpMethod::Delete, &item.delete),
        (HttpMethod::Patch, &item.patch),
    ]
    .into_iter()
    .filter(|(_, operation)| operation.is_some())
    .map(|(method, _)| method)
    .collect()
}

/// Returns the value of `Allow`. HEAD is added where there is GET; the document does not list it.
fn allowed(item: &PathItem) -> String {
    let mut names: Vec<&str> = methods(item).iter().map(method_name).collect();
    if names.first() == Some(&"GET") && !names.contains(&"HEAD") {
        names.insert(1, "HEAD");
    }
    names.push("OPTIONS");
    names.join(", ")
}

fn method_name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Head => "HEAD",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Trace => "TRACE",
    }
}

async fn viewer_file(name: web::Path<String>, viewer: web::Data<Viewer>) -> Result<HttpResponse, Rejection> {
    viewer.file(&name).ok_or_else(Rejection::not_found)
}

async fn document_answer(json: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(json)
}

/// Redirects by a relative path, to stay under the prefix of a gateway.
async fn to_viewer() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, "docs/")).finish()
}
