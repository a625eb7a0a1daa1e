//! The parts of the OpenAPI document that do not come from the handlers.

use utoipa::Modify;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};

/// The general parts of the document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "task-service API",
        description = "The tasks of the signed-in user.\n\n\
                       Every request needs an access token: execute **Get an access token** in the documentation of \
                       auth-service, and enter the token under **Authorize**. Where both services share an origin, \
                       signing in there is enough. To begin, execute **Create a task**: its id is filled in below. \
                       Errors are `{\"code\", \"message\"}`."
    ),
    tags(
        (name = "tasks", description = "The user's tasks"),
        (name = "health", description = "Health checks for operators")
    ),
    modifiers(&Bearer)
)]
pub struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let description = "An access token, which `GET /api/auth/token` of auth-service returns as `token`.";
        let mut scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(description))
            .build();
        // The viewer fetches the token by itself where both services share an origin.
        scheme.extensions = Some(Extensions::builder().add("x-token-url", "/api/auth/token").build());
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}
