//! The parts of the OpenAPI document that do not come from the handlers.

use service_kit::document::{self, CommonError};
use utoipa::Modify;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, Object, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, RefOr, Required, Schema};

use crate::error::ProtocolError;
use crate::protocol::PREFIX;

/// The head of the document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "auth-service API",
        description = "Accounts, sessions and access tokens. Speaks the Better Auth protocol.\n\n\
                       To begin, execute **Sign up** and then **Get an access token**. Browsers authenticate with the \
                       session cookie, which sign-up and sign-in set; other clients send the session token as a \
                       bearer token. Errors are `{\"message\", \"code\"}`."
    ),
    tags(
        (name = "credentials", description = "Sign-up, sign-in and passwords"),
        (name = "social", description = "Sign-in with identity providers, and the accounts that users have there"),
        (name = "second factors", description = "Codes besides the password, and the devices that go without"),
        (name = "sessions", description = "The current session, and signed-in devices"),
        (name = "tokens", description = "Access tokens for resource servers, and the keys that verify them"),
        (name = "users", description = "The user's name, picture and email, and account deletion"),
        (name = "capabilities", description = "The features that this deployment enables"),
        (name = "health", description = "Health checks for operators")
    ),
    components(schemas(ProtocolError)),
    modifiers(&Sessions)
)]
pub struct Document;

struct Sessions;

impl Modify for Sessions {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_with(Components::new);
        let cookie = ApiKeyValue::with_description(
            "better-auth.session_token",
            "Set by sign-up and sign-in. Browsers send it by themselves: there is nothing to enter here.",
        );
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let description = "The session token, which sign-up and sign-in return as `token`.";
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The pattern of an email, by the rule of Better Auth's schema library, which `Email` follows.
const EMAIL: &str =
    "^([A-Za-z0-9_'+-]+\\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]*\\.)+[A-Za-z]{2,}$";
/// PostgreSQL cannot store a NUL.
const NO_NUL: &str = "^[^\\u0000]*$";

const SECONDS: &str = "Seconds to wait before the next attempt";

/// Errors of every operation below the prefix.
const COMMON_ERRORS: [CommonError; 3] = [
    CommonError {
        status: "429",
        description: "Too many requests from this network. The body has no `code`",
        headers: &[("Retry-After", SECONDS), ("X-Retry-After", SECONDS)],
    },
    CommonError { status: "500", description: "INTERNAL_SERVER_ERROR: a bug, which is logged", headers: &[] },
    CommonError {
        status: "503",
        description: "SERVICE_UNAVAILABLE: the database is unavailable, or too many passwords wait to be hashed",
        headers: &[("Retry-After", SECONDS)],
    },
];

/// Errors of every operation below the prefix that has a body.
const BODY_ERRORS: [CommonError; 5] = [
    CommonError {
        status: "400",
        description: "BAD_REQUEST: the body is not JSON; VALIDATION_ERROR",
        headers: &[],
    },
    CommonError {
        status: "403",
        description: "MISSING_OR_NULL_ORIGIN, INVALID_ORIGIN, or the code of a redirect target that is not trusted",
        headers: &[],
    },
    CommonError {
        status: "408",
        description: "REQUEST_TIMEOUT: the body did not arrive in time",
        headers: &[],
    },
    CommonError {
        status: "413",
        description: "PAYLOAD_TOO_LARGE: the body is larger than 64 KiB",
        headers: &[],
    },
    CommonError {
        status: "415",
        description: "UNSUPPORTED_MEDIA_TYPE: the body is not JSON, or has a Content-Encoding",
        headers: &[],
    },
];

/// Errors of every operation below the prefix whose query has redirect targets.
const REDIRECT_ERRORS: [CommonError; 2] = [
    CommonError { status: "400", description: "VALIDATION_ERROR", headers: &[] },
    CommonError {
        status: "403",
        description: "The code of a redirect target that is not trusted",
        headers: &[],
    },
];

/// Operations whose body may be missing, by their ids: utoipa could say so only by accepting `null` too.
const OPTIONAL_BODIES: [&str; 1] = ["send_otp"];

/// Completes the document with the errors and parameters that the protocol defines, and not a handler.
pub fn complete(document: &mut OpenApi) {
    for (path, reads, operation) in document::operations(document) {
        complete_query(operation);
        let is_optional = operation.operation_id.as_deref().is_some_and(|id| OPTIONAL_BODIES.contains(&id));
        if let Some(RefOr::T(body)) = operation.request_body.as_mut().filter(|_| is_optional) {
            body.required = Some(Required::False);
        }
        if !path.starts_with(PREFIX) {
            continue;
        }
        document::replace_schema(operation, "Envelope", "ProtocolError");
        let redirects = operation.parameters.iter().flatten().any(is_redirect);
        let errors = COMMON_ERRORS
            .iter()
            .chain(BODY_ERRORS.iter().filter(|_| !reads))
            .chain(REDIRECT_ERRORS.iter().filter(|_| reads && redirects));
        for error in errors {
            document::add_error(operation, error, "ProtocolError");
        }
    }
    document::declare(document);
    for object in document::request_objects(document) {
        add_text_patterns(object);
    }
}

fn is_redirect(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(parameter) if ["callbackURL", "signIn"].contains(&parameter.name.as_str()))
}

/// A query parameter cannot be null: it is present or absent.
fn complete_query(operation: &mut Operation) {
    let parameters = operation.parameters.iter_mut().flatten();
    for parameter in parameters
        .filter_map(|parameter| if let RefOr::T(parameter) = parameter { Some(parameter) } else { None })
    {
        if let (ParameterIn::Query, Some(RefOr::T(Schema::Object(object)))) =
            (&parameter.parameter_in, &mut parameter.schema)
        {
            if let SchemaType::Array(types) = &object.schema_type
                && let Some(only) = types.iter().find(|schema_type| **schema_type != Type::Null)
            {
                object.schema_type = SchemaType::Type(only.clone());
            }
            if ["callbackURL", "newUserCallbackURL", "errorCallbackURL", "signIn", "token"]
                .contains(&parameter.name.as_str())
            {
                object.pattern = Some(NO_NUL.to_owned());
            }
        }
    }
}

/// Adds the patterns of texts. A password may contain any character.
fn add_text_patterns(object: &mut Object) {
    for (name, property) in &mut object.properties {
        let RefOr::T(Schema::Object(property)) = property else { continue };
        let is_text = match &property.schema_type {
            SchemaType::Type(only) => *only == Type::String,
            SchemaType::Array(types) => types.contains(&Type::String),
            SchemaType::AnyValue => false,
        };
        if is_text && !name.to_ascii_lowercase().contains("password") {
            let is_email = property.format == Some(SchemaFormat::KnownFormat(KnownFormat::Email));
            // The pattern is more exact than the format, which would refuse emails that the protocol accepts.
            property.format = property.format.take().filter(|_| !is_email);
            property.pattern = Some(if is_email { EMAIL } else { NO_NUL }.to_owned());
        }
    }
}
