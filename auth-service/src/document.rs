//! What the OpenAPI document says besides the routes, which come from the handlers.

use utoipa::Modify;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};

/// Head of the document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Latchkey auth service",
        description = "Accounts, sessions and tokens, speaking the Better Auth protocol. Browsers are known by the \
                       session cookie, other clients by the session token as a bearer token."
    ),
    tags(
        (name = "credentials", description = "Signing up and in by e-mail and password"),
        (name = "users", description = "Who one is: name, picture, address, and leaving"),
        (name = "sessions", description = "Who is signed in"),
        (name = "tokens", description = "Access tokens for resource servers, and the keys that verify them"),
        (name = "capabilities", description = "What the service can do as it is configured"),
        (name = "health", description = "For operators")
    ),
    modifiers(&Sessions)
)]
pub struct Document;

struct Sessions;

impl Modify for Sessions {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_with(Components::new);
        let cookie = ApiKeyValue::new("better-auth.session_token");
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}
