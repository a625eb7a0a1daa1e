//! A session that was extended has to be told to its device, whichever endpoint looked it up.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::SET_COOKIE;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::hand_over::session_headers;
use super::model::SessionToken;
use crate::state::State;

/// Left with a request whose session was extended.
#[derive(Clone)]
pub struct Extended {
    /// What the device holds.
    pub token: SessionToken,
}

/// Sends the session cookie again with the answer of a request that extended its session; unless the answer says
/// something of that cookie itself. For `actix_web::middleware::from_fn`.
///
/// # Errors
/// Those of the inner service.
pub async fn send_extended<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let extended = response.request().extensions().get::<Extended>().cloned();
    let Some(Extended { token }) = extended else { return Ok(response) };
    let Some(state) = response.request().app_data::<web::Data<State>>().cloned() else { return Ok(response) };
    let name = state.cookies.session_token_name();
    let says_already = response.headers().get_all(SET_COOKIE).any(|cookie| {
        cookie.as_bytes().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
    });
    if !says_already {
        // Only remembered sessions are extended.
        for (name, value) in session_headers(&state, response.request(), &token, true) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}
