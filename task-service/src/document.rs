//! What the OpenAPI document says besides the routes, which come from the handlers.

use utoipa::Modify;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};

/// Head of the document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Latchkey task service",
        description = "Tasks of the caller. Every path takes an access token of auth-service. Errors are \
                       `{\"code\", \"message\"}`."
    ),
    tags((name = "tasks", description = "The caller's tasks"), (name = "health", description = "For operators")),
    modifiers(&Bearer)
)]
pub struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}
