//! Makes every request end in a response: a panic in a 500, a body that does not arrive in a 408, an encoded body in a 415.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use tracing_actix_web::RequestId;

use crate::envelope::Rejection;
use crate::headers::Header;
use crate::traces::{self, Span};

/// Maximum duration of a request. Everything that a handler waits for has a shorter limit (the database, the hashing
/// queue), so only a body that arrives too slowly or not at all reaches this one.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The only content coding that request bodies may have.
const IDENTITY: &str = "identity";

/// Contains the id that the log lines of this request have.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware for `actix_web::middleware::from_fn`. Must be inside the tracing logger, so that a panic is logged with the
/// id of the request.
///
/// # Errors
/// The rejection to return if the handler panicked or timed out.
pub async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let id = request.extensions().get::<RequestId>().copied();
    let mut response = if has_encoded_body(request.headers()) {
        let mut refusal = request.error_response(encoded_body());
        // Tells the client how to send the body instead (RFC 7694).
        refusal.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(IDENTITY));
        refusal.map_into_right_body()
    } else {
        traced(request, next).await?.map_into_left_body()
    };
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
        response.headers_mut().insert(REQUEST_ID.clone(), id);
    }
    // A browser must not guess the type of a response.
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

async fn traced<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let span = traces::request::begin(&request);
    let outcome = call(request, next, &span).await;
    traces::request::end(span, &outcome);
    outcome
}

async fn call<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
    span: &Span,
) -> Result<ServiceResponse<B>, Error> {
    // State that a panic leaves inconsistent belongs to this request and is dropped with it.
    let answer = AssertUnwindSafe(span.follow(next.call(request))).catch_unwind();
    match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => {
            tracing::error!("request handler panicked");
            Err(Rejection::internal().into())
        }
        Err(_) => {
            let (status, code) = (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT");
            Err(Rejection::new(status, code, "The request took too long").into())
        }
    }
}

/// Whether the request has a body with a content coding. None is decoded: a few kilobytes can expand to gigabytes, and no
/// request body is large enough to be worth compressing.
fn has_encoded_body(headers: &HeaderMap) -> bool {
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    has_body
        && headers.get_all(header::CONTENT_ENCODING).any(|value| match Header::of(value) {
            Header::Absent => false,
            Header::Text(encodings) => {
                encodings.split(',').any(|encoding| !encoding.trim().eq_ignore_ascii_case(IDENTITY))
            }
            Header::Unreadable => true,
        })
}

fn encoded_body() -> Rejection {
    Rejection::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        "The body must be sent without a Content-Encoding",
    )
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test, web};

    use super::*;

    async fn panics() -> HttpResponse {
        panic!("a bug")
    }

    async fn hangs() -> HttpResponse {
        std::future::pending().await
    }

    #[actix_web::test]
    async fn a_panic_is_a_500_with_the_envelope() {
        let app = test::init_service(App::new().wrap(from_fn(guard)).route("/", web::get().to(panics))).await;
        let error = test::try_call_service(&app, test::TestRequest::get().to_request()).await.unwrap_err();
        assert_eq!(error.as_response_error().status_code(), 500);
        assert_eq!(error.as_error::<Rejection>(), Some(&Rejection::internal()));
    }

    #[actix_web::test]
    async fn a_request_that_never_ends_is_a_408() {
        let app = test::init_service(App::new().wrap(from_fn(guard)).route("/", web::get().to(hangs))).await;
        tokio::time::pause();
        let error = test::try_call_service(&app, test::TestRequest::get().to_request()).await.unwrap_err();
        assert_eq!(error.as_response_error().status_code(), 408);
    }

    #[actix_web::test]
    async fn a_body_with_a_content_coding_is_a_415() {
        let app = App::new().wrap(from_fn(guard)).route("/", web::post().to(HttpResponse::Ok));
        let app = test::init_service(app).await;
        let post = |encodings: &[&str]| {
            let request =
                test::TestRequest::post().insert_header((header::CONTENT_LENGTH, 1)).set_payload("1");
            let append = |request: test::TestRequest, encoding: &&str| {
                request.append_header((header::CONTENT_ENCODING, *encoding))
            };
            encodings.iter().fold(request, append).to_request()
        };
        for encodings in
            [&["gzip"][..], &["identity, br"], &["identity", "deflate"], &["aes128gcm"], &["identity,"]]
        {
            let response = test::call_service(&app, post(encodings)).await;
            assert_eq!(response.status(), 415, "{encodings:?}");
            assert_eq!(response.headers().get("accept-encoding").unwrap(), "identity");
            assert!(response.headers().contains_key("x-content-type-options"));
            let body = test::read_body(response).await;
            assert!(body.starts_with(br#"{"code":"UNSUPPORTED_MEDIA_TYPE""#), "{body:?}");
        }
        for encodings in [&[][..], &[""], &["identity"], &["Identity, IDENTITY"]] {
            assert_eq!(test::call_service(&app, post(encodings)).await.status(), 200, "{encodings:?}");
        }
        let without_body = test::TestRequest::post().insert_header((header::CONTENT_ENCODING, "gzip"));
        assert_eq!(test::call_service(&app, without_body.to_request()).await.status(), 200);
    }
}
