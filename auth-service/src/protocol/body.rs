//! Request bodies, checked in Better Auth's order: media type, JSON, the origin if there are cookies, redirect
//! targets, schema and, for endpoints that sign in, the origin without cookies.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest, web};
use serde_json::{Map, Value};
use service_kit::headers::{Header, for_display};

pub use super::fields::{Fields, kind};
use super::origin::TrustedOrigins;
use super::redirect::check_targets;
use super::service::service;
use crate::error::ApiError;
use crate::security_event::{SecurityEvent, SecurityLog};

/// Maximum size of a body in bytes. The longest valid fields, with every character escaped in JSON (12 bytes each),
/// stay below: name 100 characters, email 254, password 128, image 2048, callbackURL a few thousand.
const MAX_BODY: usize = 64 * 1024;
/// The media types that endpoints accept: JSON, and forms where a page may sign in with one.
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const FORM_OR_JSON: &str = "application/x-www-form-urlencoded, application/json";

/// The body that an endpoint expects.
pub trait Schema: Sized + 'static {
    /// Whether the endpoint signs in: its origin is checked without cookies too.
    const SIGNS_IN: bool;
    /// Whether the endpoint accepts forms.
    const ACCEPTS_FORMS: bool = Self::SIGNS_IN;
    /// The names that Better Auth's schema has for the type of the body. A body of another type gets one complaint for
    /// each. Empty: any type is accepted.
    const BODY_KINDS: &'static [&'static str];
    /// Whether the body may be missing.
    const IS_OPTIONAL: bool = false;
    /// Reads the fields and reports complaints to `fields`. With a complaint, the return value is ignored.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// A body that passed all checks of the protocol.
pub struct Body<T>(pub T);

/// The fields of a body of JSON or of a form, from whatever origin: for requests that other sites make browsers send, and
/// that change nothing.
pub struct ForeignForm(pub Map<String, Value>);

impl FromRequest for ForeignForm {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            let payload = payload.await.map_err(|error| ApiError::Internal(error.to_string()))?;
            match parse(&request, read(&request, payload).await?, true)? {
                Some(Value::Object(fields)) => Ok(Self(fields)),
                Some(_) | None => Ok(Self(Map::new())),
            }
        })
    }
}

/// The body of endpoints without fields. Any JSON is accepted and ignored.
pub struct NoFields;

impl Schema for NoFields {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &[];

    fn read(_: &mut Fields<'_>) -> Option<Self> {
        Some(Self)
    }
}

impl<T: Schema> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            let payload = payload.await.map_err(|error| ApiError::Internal(error.to_string()))?;
            let value = parse(&request, read(&request, payload).await?, T::ACCEPTS_FORMS)?;
            let checked = check::<T>(service(&request)?, &request, value.as_ref());
            if let Err(error) = &checked {
                record_refused_origin(service(&request)?, &request, error);
            }
            checked.map(Body)
        })
    }
}

fn check<T: Schema>(
    origins: &TrustedOrigins,
    request: &HttpRequest,
    value: Option<&Value>,
) -> Result<T, ApiError> {
    origins.check_cookies(request.headers())?;
    check_targets(origins, value, request.query_string())?;
    let fields = validate(value, origins)?;
    if T::SIGNS_IN {
        origins.check_sign_in(request.headers())?;
    }
    Ok(fields)
}

/// Records a request that was refused because of its origin, once a minute for each network and route.
fn record_refused_origin(log: &SecurityLog, request: &HttpRequest, error: &ApiError) {
    let reason = match error {
        ApiError::MissingOrigin => "missing_origin",
        ApiError::InvalidOrigin => "untrusted_origin",
        ApiError::CrossSiteNavigation => "cross_site_navigation",
        _ => return,
    };
    let event = SecurityEvent::OriginRefused.by(log.client(request)).reason(reason);
    log.throttled(event, &(log.network(request), request.match_pattern()));
}

async fn read(request: &HttpRequest, payload: web::Payload) -> Result<web::Bytes, ApiError> {
    // Refuses a large body before reading it. The HTTP parser refuses an invalid length, and a body without one is
    // counted below.
    if let Header::Text(length) = Header::read(request.headers(), CONTENT_LENGTH)
        && length.parse::<usize>().is_ok_and(|length| length > MAX_BODY)
    {
        return Err(ApiError::PayloadTooLarge);
    }
    match payload.to_bytes_limited(MAX_BODY).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // The client disconnected or sent an invalid transfer encoding, so the response may not be read.
        Ok(Err(_)) => Err(ApiError::InvalidJson),
        Err(_) => Err(ApiError::PayloadTooLarge),
    }
}

/// Parses the body; `None` if it is empty. The media type is only checked if there is a body.
fn parse(request: &HttpRequest, bytes: web::Bytes, accepts_forms: bool) -> Result<Option<Value>, ApiError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let given = request.headers().get(CONTENT_TYPE).map(for_display).unwrap_or_default();
    // Ignores the parameters, which may not be text.
    let media_type = given.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(JSON) {
        return serde_json::from_slice(&bytes).map(Some).map_err(|_| ApiError::InvalidJson);
    }
    if accepts_forms && media_type.eq_ignore_ascii_case(FORM) {
        let pairs = url::form_urlencoded::parse(&bytes);
        let object =
            pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect();
        return Ok(Some(Value::Object(object)));
    }
    let allowed = if accepts_forms { FORM_OR_JSON } else { JSON };
    Err(ApiError::UnsupportedMediaType { given: given.into_owned(), allowed })
}

fn validate<T: Schema>(value: Option<&Value>, origins: &TrustedOrigins) -> Result<T, ApiError> {
    let nothing = Map::new();
    let object = match value {
        Some(Value::Object(object)) => object,
        None if T::IS_OPTIONAL => &nothing,
        _ if T::BODY_KINDS.is_empty() => &nothing,
        other => {
            let received = kind(other);
            let complaint = |kind| format!("[body] Invalid input: expected {kind}, received {received}");
            let complaints: Vec<String> = T::BODY_KINDS.iter().map(complaint).collect();
            return Err(ApiError::Validation(complaints.join("; ")));
        }
    };
    let mut fields = Fields::new("body", object, origins);
    let parsed = T::read(&mut fields);
    fields.accept(parsed)
}
