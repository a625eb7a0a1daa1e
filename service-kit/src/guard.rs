//! Every request ends in an answer: a panic in a 500, a body that never comes in a 408.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use tracing_actix_web::RequestId;

use crate::envelope::Rejection;

/// The longest a request may take. Everything we wait for has a shorter limit of its own (the database, the
/// hashing queue), so what reaches this one is a body that trickles in or stopped coming.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Carries the id that the log lines of this request have.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware for `actix_web::middleware::from_fn`; stands inside the tracing logger, so that what it makes of a
/// panic is logged with the request's id.
///
/// # Errors
/// The rejection to answer with, when the handler panicked or ran out of time.
pub async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = request.extensions().get::<RequestId>().copied();
    // The state a panic may leave behind belongs to this request alone and is dropped with it.
    let answer = AssertUnwindSafe(next.call(request)).catch_unwind();
    let mut response = match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
        Ok(Ok(answer)) => answer?,
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            return Err(Rejection::internal().into());
        }
        Err(_) => {
            return Err(Rejection::new(
                StatusCode::REQUEST_TIMEOUT,
                "REQUEST_TIMEOUT",
                "The request took too long",
            )
            .into());
        }
    };
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
        response.headers_mut().insert(REQUEST_ID.clone(), id);
    }
    // A browser must never guess at what a JSON answer is.
    response
        .headers_mut()
        .insert(actix_web::http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
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
}
