//! Paths that a deployment disables.

use std::str::FromStr;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

use super::PREFIX;
use super::path_pattern::PathPattern;

/// The body of Better Auth's response, and its media type.
const NOT_FOUND: &str = "Not Found";
const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");

/// Paths that are disabled for all methods.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DisabledPaths(Vec<PathPattern>);

impl DisabledPaths {
    /// Whether `route`, a pattern of a route, is disabled.
    pub fn contain(&self, route: &str) -> bool {
        let path = route.strip_prefix(PREFIX);
        path.is_some_and(|path| self.0.iter().any(|disabled| disabled.covers(path)))
    }

    /// Returns the first entry that matches none of `paths`, the paths below the prefix.
    pub fn unknown(&self, paths: &[String]) -> Option<&PathPattern> {
        self.0.iter().find(|disabled| !paths.iter().any(|path| disabled.covers(path)))
    }
}

impl FromStr for DisabledPaths {
    type Err = String;

    /// Reads a comma-separated list, which may be empty.
    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let paths: Vec<PathPattern> = entries.map(str::parse).collect::<Result<_, _>>()?;
        match paths.iter().find(|path| path.as_str().contains(['*', '?'])) {
            Some(path) => Err(format!("{path}: patterns are not supported; list each path")),
            None => Ok(Self(paths)),
        }
    }
}

/// Middleware for the scope of the prefix. A disabled path returns 404 before the request is counted or its body is
/// read.
pub async fn refuse_disabled_paths<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if is_disabled(&request) {
        let response = HttpResponse::NotFound().insert_header((CONTENT_TYPE, PLAIN_TEXT)).body(NOT_FOUND);
        return Ok(request.into_response(response).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn is_disabled(request: &ServiceRequest) -> bool {
    let Some(disabled) = request.app_data::<web::Data<DisabledPaths>>() else { return false };
    if disabled.0.is_empty() {
        return false;
    }
    // The path that will be routed. Better Auth ignores trailing slashes too.
    let path = request.match_info().as_str().trim_end_matches('/');
    request.resource_map().match_pattern(path).is_some_and(|route| disabled.contain(&route))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_paths_that_there_are() {
        let disabled: DisabledPaths = " /sign-up/email,/reset-password/:token ,".parse().unwrap();
        for (route, expected) in [
            ("/api/auth/sign-up/email", true),
            ("/api/auth/reset-password/{token}", true),
            ("/api/auth/reset-password", false),
            ("/api/auth/sign-up", false),
            ("/sign-up/email", false),
            ("", false),
        ] {
            assert_eq!(disabled.contain(route), expected, "{route}");
        }
        let paths = ["/sign-up/email".to_owned()];
        assert_eq!(disabled.unknown(&paths).unwrap().as_str(), "/reset-password/:token");
        assert_eq!("".parse(), Ok(DisabledPaths::default()));
        for bad in ["sign-up/email", "/sign-up/*", "/a b"] {
            assert!(bad.parse::<DisabledPaths>().is_err(), "{bad}");
        }
    }
}
